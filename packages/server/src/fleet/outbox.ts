import { toStoredJson } from '../codecs/stored-json.js';
import type { Clock } from '../turns/clock.js';

/** Characters after which a further envelope is begun; brokers take at least twice as many bytes. */
const FULL = 131_072;

/** The messages for one lane, by envelope. */
interface Waiting {
  readonly envelopes: string[][];
  /** Of the last envelope. */
  length: number;
}

/** Collects the messages of one turn, so that those on one lane travel together. */
export class Outbox {
  readonly #clock: Clock;
  readonly #publish: (lane: string, text: string) => void;
  #waiting = new Map<string, Waiting>();
  #isScheduled = false;

  constructor(clock: Clock, publish: (lane: string, text: string) => void) {
    this.#clock = clock;
    this.#publish = publish;
  }

  add(lane: string, topic: string, message: unknown): void {
    const part = toStoredJson([topic, message]);
    let waiting = this.#waiting.get(lane);
    if (waiting === undefined) {
      waiting = { envelopes: [[]], length: 0 };
      this.#waiting.set(lane, waiting);
    } else if (waiting.length + part.length > FULL) {
      waiting.envelopes.push([]);
      waiting.length = 0;
    }
    waiting.envelopes.at(-1)!.push(part);
    waiting.length += part.length;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#clock.soon(() => this.flush());
  }

  /** Sends what waits, lane by lane. */
  flush(): void {
    // A broker in this process delivers at once, and the answer is added while this goes on.
    const waiting = this.#waiting;
    this.#waiting = new Map();
    this.#isScheduled = false;
    for (const [lane, { envelopes }] of waiting) {
      for (const parts of envelopes) this.#publish(lane, `[${parts.join()}]`);
    }
  }
}

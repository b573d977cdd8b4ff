import { toStoredJson } from '../codecs/stored-json.js';
import type { Clock } from '../turns/clock.js';

/** Characters after which an envelope is sent; brokers take at least four times as many bytes. */
const FULL = 131_072;

/** Collects the messages of one turn, so that those on one lane travel together. */
export class Outbox {
  readonly #clock: Clock;
  readonly #publish: (lane: string, text: string) => void;
  readonly #waiting = new Map<string, { parts: string[]; length: number }>();
  #isScheduled = false;

  constructor(clock: Clock, publish: (lane: string, text: string) => void) {
    this.#clock = clock;
    this.#publish = publish;
  }

  add(lane: string, topic: string, message: unknown): void {
    const part = toStoredJson([topic, message]);
    let waiting = this.#waiting.get(lane);
    if (waiting === undefined) {
      waiting = { parts: [], length: 0 };
      this.#waiting.set(lane, waiting);
    } else if (waiting.length + part.length > FULL) {
      this.#publish(lane, `[${waiting.parts.join()}]`);
      waiting.parts = [];
      waiting.length = 0;
    }
    waiting.parts.push(part);
    waiting.length += part.length;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#clock.soon(() => this.flush());
  }

  /** Sends what waits, lane by lane. */
  flush(): void {
    this.#isScheduled = false;
    for (const [lane, { parts }] of this.#waiting) this.#publish(lane, `[${parts.join()}]`);
    this.#waiting.clear();
  }
}

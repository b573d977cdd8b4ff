import { ConnectionLostError } from '@asyngular/errors';
import { decodeEnvelope, identifyEnvelope } from '../../src/envelope.js';
import type { Appended } from '../../src/index.js';
import type { TransportAppend } from '../../src/transport.js';

/** What a service may do with an append instead of storing it and saying so at once. */
export type Fault = 'refuses it' | 'is away' | 'loses it' | 'loses the answer';

/** It may be taken if it comes again. */
export class AwayError extends Error {}

/** The log of a channel. */
export interface AppendLog {
  readonly payloads: string[];
  append(data: Uint8Array, oldest: Uint8Array): Appended;
}

/** Knows repeats as JetStream does: by their ids, all of them; what comes is stored in whatever order. */
export class RememberingLog implements AppendLog {
  readonly payloads: string[] = [];
  readonly #offsets = new Map<string, number>();

  append(data: Uint8Array): Appended {
    const { node, sequence } = identifyEnvelope(data);
    const id = `${node} ${sequence}`;
    const offset = this.#offsets.get(id) ?? this.payloads.push(payloadOf(data));
    this.#offsets.set(id, offset);
    return appendedAt(offset);
  }
}

/** Knows repeats as the script for Redis does: those of what has had no answer yet. */
export class ForgetfulLog implements AppendLog {
  readonly payloads: string[] = [];
  /** By node. */
  readonly #recent = new Map<string, { sequence: number; offset: number }[]>();

  append(data: Uint8Array, oldest: Uint8Array): Appended {
    const { node, sequence } = identifyEnvelope(data);
    const recent = this.#recent.get(node) ?? [];
    const repeated = recent.find((it) => it.sequence === sequence);
    if (repeated) return appendedAt(repeated.offset);
    if ((recent.at(-1)?.sequence ?? 0) > sequence) throw new Error('a later one is in the log');
    const from = identifyEnvelope(oldest).sequence;
    const offset = this.payloads.push(payloadOf(data));
    const kept = recent.filter((it) => it.sequence >= from);
    this.#recent.set(node, [...kept, { sequence, offset }]);
    return appendedAt(offset);
  }
}

function payloadOf(data: Uint8Array): string {
  return String(decodeEnvelope(Buffer.from(data))?.payload);
}

function appendedAt(offset: number): Appended {
  return { position: { epoch: 'e', offset, tag: 0 }, duplicate: false };
}

/** One node's connection: calls arrive and answers come in order, each when the test wants it. */
export class AppendConnection {
  /** The most calls that were without an answer together. */
  mostInFlight = 0;
  readonly #log: AppendLog;
  readonly #calls = new Set<TransportAppend>();
  readonly #holes = new Set<TransportAppend>();
  #sent: TransportAppend[] = [];
  #answers: (() => void)[] = [];
  #unanswered: TransportAppend[] = [];

  constructor(log: AppendLog) {
    this.#log = log;
  }

  get isIdle(): boolean {
    return this.#calls.size === 0;
  }

  /** A call was not taken, and its publisher does not know yet. */
  get hasHole(): boolean {
    return this.#holes.size > 0;
  }

  append(call: TransportAppend): void {
    this.#calls.add(call);
    this.#sent.push(call);
    this.mostInFlight = Math.max(this.mostInFlight, this.#calls.size);
  }

  /** The service handles the next call. */
  handle(fault?: Fault): void {
    const call = this.#sent.shift();
    if (!call) return;
    const settle = (how: () => void) => () => {
      this.#calls.delete(call);
      how();
      queueMicrotask(() => this.#holes.delete(call));
    };
    const fail = (error: Error) => this.#answers.push(settle(() => call.onFailed(error)));
    if (fault && fault !== 'loses the answer') this.#holes.add(call);
    if (fault === 'refuses it') fail(new Error('full'));
    else if (fault === 'is away') fail(new AwayError('away'));
    else if (fault === 'loses it') this.#unanswered.push(call);
    else {
      try {
        const appended = this.#log.append(call.data, call.oldest);
        // Behind a hole an answer always comes: otherwise nobody could tell that there is something behind it.
        if (fault && !this.hasHole) this.#unanswered.push(call);
        else this.#answers.push(settle(() => call.onStored(appended)));
      } catch (error) {
        fail(error as Error);
      }
    }
  }

  /** The next answer arrives. */
  answer(): void {
    this.#answers.shift()?.();
  }

  /** The oldest call that gets no answer is given up. */
  timeOut(): void {
    const call = this.#unanswered.shift();
    if (!call) return;
    this.#calls.delete(call);
    call.onFailed(new AwayError('no answer'));
    queueMicrotask(() => this.#holes.delete(call));
  }

  /** What is on its way is lost. */
  cut(): void {
    for (const call of this.#calls) call.onFailed(new ConnectionLostError('cut'));
    this.#calls.clear();
    this.#holes.clear();
    this.#sent = [];
    this.#answers = [];
    this.#unanswered = [];
  }
}

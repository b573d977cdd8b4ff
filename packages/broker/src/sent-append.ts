import type { AppendLane } from './append-lane.js';
import type { Appended, LogPolicy } from './log.js';
import type { TransportAppend } from './log-transport.js';
import type { PendingPublish } from './publish-queue.js';

/** What is to be appended, and has no answer yet. */
export type PendingAppend = PendingPublish<Appended>;

/** The appends of one channel over one connection. */
export interface Lane extends AppendLane<PendingAppend> {
  pauseMs?: number;
}

/** What is done with answers. */
export interface AnswerEvents {
  onStored(sent: SentAppend, appended: Appended): void;
  onFailed(sent: SentAppend, error: Error): void;
}

/** What was given to a transport once: an answer that comes late is one to this, and not to what was sent after it. */
export class SentAppend implements TransportAppend {
  readonly entry: PendingAppend;
  readonly data: Uint8Array;
  readonly policy: LogPolicy;
  readonly oldest: Uint8Array;
  readonly lane: Lane;
  /** Of the connection that it was sent on. */
  readonly generation: number;
  /** It had been sent before. */
  readonly isRepeat: boolean;
  readonly #events: AnswerEvents;

  constructor(events: AnswerEvents, sent: Omit<SentAppend, 'channel' | 'id' | keyof AnswerEvents>) {
    this.#events = events;
    this.entry = sent.entry;
    this.data = sent.data;
    this.policy = sent.policy;
    this.oldest = sent.oldest;
    this.lane = sent.lane;
    this.generation = sent.generation;
    this.isRepeat = sent.isRepeat;
  }

  get channel(): string {
    return this.entry.channel;
  }

  get id(): string | undefined {
    return this.entry.id;
  }

  onStored(appended: Appended): void {
    this.#events.onStored(this, appended);
  }

  onFailed(error: Error): void {
    this.#events.onFailed(this, error);
  }
}

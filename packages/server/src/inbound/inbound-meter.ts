import type { BacklogMeter, StreamOptions, UnreadConsumer } from '@asyngular/streams';
import type { BacklogAccount, BacklogHolder } from '../backlogs/backlog-account.js';
import { weigh } from '../backlogs/weigh.js';
import { deadlines } from '../turns/deadlines.js';

/** Whose backlog is measured. Reading should stop, or may go on, when it is called. */
export interface MeterOwner {
  /** The socket's id. */
  readonly id: string;
  readonly backlogs: {
    readonly account: BacklogAccount;
    reportUnread(consumer: UnreadConsumer, owner: string): void;
    reportStuck(socketId: string, messages: number): void;
  };
  pauseReading(): void;
  resumeReading(): void;
  /** Drops everything that waits, and the socket with it. */
  shed(error: Error): void;
  /** A callback of the application threw. */
  reportError(error: unknown): void;
}

/** How much waits for one socket at which reading pauses. */
export interface MeterMarks {
  readonly inboundHighWaterMark: number;
  readonly inboundHighWaterMarkBytes: number;
}

/** What is smaller is not weighed: its size on the wire will do. */
const LIGHT_BYTES = 16_384;

/** How long nothing may be consumed, while reading is paused, before that is worth a warning, in ms. */
const PATIENCE_MS = 10_000;

/**
 * Counts what a socket has received and nobody has consumed yet, over all its streams and queues.
 * At either high-water mark reading pauses, so that TCP pushes back on the sender; at half of both it
 * resumes. Nothing accepted is dropped, unless all sockets and streams together hold more than the server's
 * account allows. Also the options of the socket's streams, of which there is then no object per socket.
 * Source: docs/security.md.
 */
export class InboundMeter implements BacklogMeter, BacklogHolder, StreamOptions {
  messages = 0;
  bytes = 0;
  #paused = false;
  /** Whether anything was consumed since somebody looked last, while reading is paused. */
  #isConsumed = false;
  readonly #marks: MeterMarks;
  readonly #owner: MeterOwner;
  #account: BacklogAccount | undefined;

  constructor(marks: MeterMarks, owner: MeterOwner) {
    this.#marks = marks;
    this.#owner = owner;
    this.#account = owner.backlogs.account;
  }

  get meter(): this {
    return this;
  }

  get streamName(): string {
    return this.#owner.id;
  }

  get backlogSize(): number {
    return this.bytes;
  }

  getBackpressure(): number {
    return this.messages;
  }

  onUnreadConsumer(consumer: UnreadConsumer): void {
    this.#owner.backlogs.reportUnread(consumer, `socket ${this.#owner.id}`);
  }

  onCallbackError(error: unknown): void {
    this.#owner.reportError(error);
  }

  shed(error: Error): void {
    this.#owner.shed(error);
  }

  /** What `value` counts as that came as `size` bytes. In memory it can be much more than it was then. */
  costOf(size: number, value: unknown): number {
    return this.bytes + size < LIGHT_BYTES ? size : Math.max(size, weigh(value));
  }

  add(size: number): void {
    this.messages++;
    this.bytes += size;
    this.#account?.add(size, this, 'socket');
    const { inboundHighWaterMark, inboundHighWaterMarkBytes } = this.#marks;
    if (this.#paused) return;
    if (this.messages < inboundHighWaterMark && this.bytes < inboundHighWaterMarkBytes) return;
    this.#paused = true;
    this.#isConsumed = false;
    deadlines.add(PATIENCE_MS, look, this);
    this.#owner.pauseReading();
  }

  remove(size: number): void {
    this.messages--;
    this.bytes -= size;
    this.#account?.remove(size, this);
    if (!this.#paused) return;
    this.#isConsumed = true;
    const { inboundHighWaterMark, inboundHighWaterMarkBytes } = this.#marks;
    if (this.messages > inboundHighWaterMark / 2 || this.bytes > inboundHighWaterMarkBytes / 2)
      return;
    this.#paused = false;
    this.#owner.resumeReading();
  }

  /** Called by the deadline: reports once per pause that nothing is consumed at all. */
  look(): void {
    if (!this.#paused || this.#account === undefined) return;
    if (!this.#isConsumed) {
      this.#owner.backlogs.reportStuck(this.#owner.id, this.messages);
      return;
    }
    this.#isConsumed = false;
    deadlines.add(PATIENCE_MS, look, this);
  }

  /** The socket is over. What loops and handlers have not done with yet stays in the account. */
  close(): void {
    if (this.messages > 0) this.#account?.keep(this, 'closed socket');
    else this.leave();
  }

  /** Nothing of the socket counts in the account any more. */
  leave(): void {
    this.#account?.forget(this);
    this.#account = undefined;
  }
}

function look(meter: InboundMeter): void {
  meter.look();
}

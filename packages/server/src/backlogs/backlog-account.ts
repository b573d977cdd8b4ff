import { BacklogLimitError } from '@asyngular/errors';

/** Where packets wait: in the backlog of one loop, or in everything that one socket has sent. */
export interface BacklogHolder {
  /** The loop's stream, or the socket's id. */
  readonly streamName: string | undefined;
  /** The sizes of all that waits, in bytes. */
  readonly backlogSize: number;
  /** How many packets wait. */
  getBackpressure(): number;
  /** Frees the memory; `error` says why. The next reader gets it. */
  shed(error: Error): void;
}

/** What the account calls when it has ended somebody's backlog. */
export type OnShed = (error: BacklogLimitError) => void;

/** What a packet costs beside its size: its place in the backlog, and the object around its data. */
const PACKET_BYTES = 128;

/** Nobody with less than this is looked at: that much is there in passing. */
const SMALL_BYTES = 16_384;

/**
 * What waits in all streams of a server, in bytes. Beyond the limit the longest backlogs go, until the rest
 * takes half of it: the backlog that is in the way of all others pays. Source: docs/security.md.
 */
export class BacklogAccount {
  messages = 0;
  /** Sizes and the packets' own cost. */
  bytes = 0;
  readonly #limitBytes: number;
  readonly #onShed: OnShed;
  /** Those with much, and what they are to a reader of the warning. */
  readonly #large = new Map<BacklogHolder, string>();
  #isShedding = false;

  constructor(limitBytes: number, onShed: OnShed) {
    this.#limitBytes = limitBytes;
    this.#onShed = onShed;
  }

  /** A packet came to wait in `holder`, which counts it already. `kind` is what the warning calls it. */
  add(size: number, holder: BacklogHolder, kind: string): void {
    this.messages++;
    this.bytes += size + PACKET_BYTES;
    if (weightOf(holder) > SMALL_BYTES) {
      this.#large.set(holder, kind);
    }
    if (this.bytes <= this.#limitBytes || this.#isShedding) return;
    this.#isShedding = true;
    // Not at once: the stream is in the midst of its write.
    queueMicrotask(() => this.#shed());
  }

  /** A packet left `holder`. */
  remove(size: number, holder: BacklogHolder): void {
    this.messages--;
    this.bytes -= size + PACKET_BYTES;
    if (this.#large.size > 0 && weightOf(holder) <= SMALL_BYTES / 2) this.#large.delete(holder);
  }

  /** `holder` counts as large while anything of it waits: it may vanish with what nobody will ever read. */
  keep(holder: BacklogHolder, kind: string): void {
    this.#large.set(holder, kind);
  }

  /** Takes out what still waits in `holder`, which is not counted any more. */
  forget(holder: BacklogHolder): void {
    this.messages -= holder.getBackpressure();
    this.bytes -= weightOf(holder);
    this.#large.delete(holder);
  }

  #shed(): void {
    // What it came to, which each warning names, although several may be needed.
    const totalBytes = this.bytes;
    while (this.bytes > this.#limitBytes / 2) {
      let worst: BacklogHolder | undefined;
      for (const holder of this.#large.keys()) {
        if (worst === undefined || weightOf(holder) > weightOf(worst)) worst = holder;
      }
      if (worst === undefined) break;
      const error = this.#errorFor(worst, this.#large.get(worst) as string, totalBytes);
      // Whatever `shed` does, the holder is out; otherwise this would not end.
      this.#large.delete(worst);
      worst.shed(error);
      this.#onShed(error);
    }
    this.#isShedding = false;
  }

  #errorFor(holder: BacklogHolder, kind: string, totalBytes: number): BacklogLimitError {
    const count = holder.getBackpressure();
    return new BacklogLimitError(
      `The longest backlog, of ${kind} ${holder.streamName ?? ''} (${count} messages, about ` +
        `${weightOf(holder)} bytes), was dropped, because all backlogs together took ${totalBytes} bytes ` +
        `and maxBacklogBytesTotal is ${this.#limitBytes}; read faster, give the consumer a highWaterMark ` +
        'with an overflow policy, or raise the option',
      count,
    );
  }
}

function weightOf(holder: BacklogHolder): number {
  return holder.backlogSize + holder.getBackpressure() * PACKET_BYTES;
}

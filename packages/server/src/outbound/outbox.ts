import type { Connection, FrameEngine, PreparedFrame, Recipient } from '../engine/engine.js';
import type { FlushList } from './flush-list.js';
import { HeldFrames } from './held-frames.js';
import type { BudgetMember, OutboundBudget } from './outbound-budget.js';
import type { OverflowPolicyOf } from './overflow-policy.js';

/** What a blocked connection is given at a time once it accepts again: the rest can still be dropped. */
const SLICE_BYTES = 131_072;

/** Bounds shared by all outboxes of a server, in bytes. */
export interface OutboxLimits {
  readonly highWaterMark: number;
  readonly hardLimit: number;
  readonly budget: OutboundBudget;
  readonly policyOf: OverflowPolicyOf;
  /** Some channel's policy drops publications. */
  readonly mayDrop: boolean;
  readonly joinFrames: FrameEngine['join'];
}

/** Told what becomes of the unsent bytes. */
export interface OutboxOwner {
  /** They exceed the socket's hard limit, or the server's budget. */
  onOutboxOverflow(limit: 'outboundLimit' | 'maxBufferedBytesTotal'): void;
  /** They have risen above the high-water mark; once until `onOutboxDrain`. */
  onOutboxBackpressure(): void;
  /** They have fallen to half the high-water mark. */
  onOutboxDrain(): void;
  /** The kernel has accepted more of them. */
  onOutboxProgress(): void;
  /** A publication was dropped. */
  onOutboxDrop(): void;
}

/**
 * Everything one socket is about to send, in call order: responses, transmits, invokes, publications
 * and heartbeats share this one queue, so none overtakes another. Frames wait in `#frames` for the end
 * of the turn; once the connection takes no more they wait in `#held`, where a policy can drop them.
 *
 * Invariant: nothing is in `#frame` or `#frames` while `#held` is set. Between `flush()` and
 * `forgetSent()` of one turn `#sent` holds the frames just sent, for comparison with the next socket's.
 */
export class Outbox implements BudgetMember, Recipient {
  accountedBytes = 0;
  /** The first frame of this turn; most turns have no other, and need no array. */
  #frame: PreparedFrame | undefined;
  /** All frames of this turn, from the second on. */
  #frames: PreparedFrame[] | undefined;
  /** Set while the connection is blocked. */
  #held: HeldFrames | undefined;
  /** Bytes in `#frame`, `#frames` or `#held`. */
  #bytes = 0;
  /** Bytes that may be queued without a closer look. */
  #room: number;
  /** Bytes of frames that the outbound middleware is looking at. */
  #reservedBytes = 0;
  #listed = false;
  #above = false;
  #sent: PreparedFrame[] | undefined;
  #joined: PreparedFrame | undefined;
  readonly connection: Connection;
  readonly #flushList: FlushList;
  readonly #limits: OutboxLimits;
  readonly #owner: OutboxOwner;

  constructor(
    connection: Connection,
    flushList: FlushList,
    limits: OutboxLimits,
    owner: OutboxOwner,
  ) {
    this.connection = connection;
    this.#flushList = flushList;
    this.#limits = limits;
    this.#owner = owner;
    this.#room = limits.highWaterMark;
  }

  /** Bytes not accepted by the kernel yet: queued here or in the connection. */
  get bufferedBytes(): number {
    return this.#bytes + this.#reservedBytes + this.connection.bufferedBytes;
  }

  /** The unsent bytes have exceeded the high-water mark and not fallen to half of it since. */
  get isAbove(): boolean {
    return this.#above;
  }

  /** Queues a frame; `channel` marks a publication, which the overflow policy may drop. */
  push(frame: PreparedFrame, channel?: string): void {
    const bytes = this.#bytes + frame.byteLength;
    if (bytes > this.#room) {
      this.#pushBeyond(frame, channel);
      return;
    }
    this.#bytes = bytes;
    if (this.#held !== undefined) {
      this.#held.add(frame, channel);
      this.#account();
      return;
    }
    this.#add(frame);
    if (!this.#listed) {
      this.#listed = true;
      this.#flushList.add(this);
    }
  }

  /**
   * Writes what is queued, and tells whether it did: not while the connection is blocked. `previous`
   * wrote just before in the same turn.
   */
  flush(previous?: Outbox): boolean {
    const frame = this.take(previous);
    if (frame === undefined) return false;
    this.write(frame);
    return true;
  }

  /** What is to be written, as one frame; `undefined`: nothing. The caller writes it in this turn. */
  take(previous?: Outbox): PreparedFrame | undefined {
    this.#listed = false;
    const frames = this.#frames;
    let joined = this.#frame;
    if (joined === undefined) return undefined;
    if (frames !== undefined) {
      // biome-ignore lint/complexity/useOptionalChain: an optional chain may not hold a private name
      joined = (previous && previous.#sharedWith(frames)) ?? this.#limits.joinFrames(frames);
      this.#sent = frames;
      this.#joined = joined;
      this.#frames = undefined;
    }
    this.#frame = undefined;
    this.#bytes = 0;
    return joined;
  }

  write(frame: PreparedFrame): void {
    if (!this.connection.sendPrepared(frame)) this.block();
  }

  #add(frame: PreparedFrame): void {
    if (this.#frame === undefined) this.#frame = frame;
    else if (this.#frames === undefined) this.#frames = [this.#frame, frame];
    else this.#frames.push(frame);
  }

  /** Ends the turn's comparison; see the class. */
  forgetSent(): void {
    this.#sent = undefined;
    this.#joined = undefined;
  }

  /** The kernel has accepted everything that the connection held. */
  drained(): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#owner.onOutboxProgress();
    let accepted = true;
    while (accepted && held.count > 0) accepted = this.#sendHeld(held, SLICE_BYTES);
    if (accepted) this.#unblock();
    else this.#room = this.#limits.highWaterMark - this.connection.bufferedBytes;
    this.#account();
    this.#judge();
  }

  /** Hands everything to the connection, blocked or not: the socket is about to close. */
  flushAll(): void {
    this.flush();
    this.forgetSent();
    const held = this.#held;
    if (held === undefined) return;
    while (held.count > 0) this.#sendHeld(held, Number.POSITIVE_INFINITY);
    this.#account();
  }

  /** Drops everything queued: the socket is gone or too slow. */
  clear(): void {
    this.#frame = undefined;
    this.#frames = undefined;
    this.#bytes = 0;
    this.#reservedBytes = 0;
    this.#unblock();
    this.forgetSent();
    if (this.accountedBytes > 0) this.#limits.budget.update(this, 0);
  }

  /** Counts frames that wait for the outbound middleware; negative when they have passed it. */
  reserve(bytes: number): void {
    this.#reservedBytes += bytes;
    if (bytes > 0 && this.#reservedBytes > this.#limits.highWaterMark) this.#judge();
  }

  /** Called by the budget: this socket has the most unsent bytes of all. */
  shed(): void {
    this.#owner.onOutboxOverflow('maxBufferedBytesTotal');
  }

  /** The joined frame of this outbox if it sent exactly these frames in this turn. */
  #sharedWith(frames: readonly PreparedFrame[]): PreparedFrame | undefined {
    const sent = this.#sent;
    if (sent === undefined || sent.length !== frames.length) return undefined;
    for (let i = sent.length - 1; i >= 0; i--) if (sent[i] !== frames[i]) return undefined;
    return this.#joined;
  }

  /** A frame that would exceed the high-water mark. */
  #pushBeyond(frame: PreparedFrame, channel: string | undefined): void {
    const held = this.#held;
    if (held === undefined) {
      // Much was queued within one turn: let the kernel take what it can before judging the socket.
      this.#add(frame);
      this.flush();
      this.forgetSent();
      return;
    }
    if (
      channel !== undefined &&
      this.#limits.mayDrop &&
      this.bufferedBytes + frame.byteLength > this.#limits.highWaterMark &&
      !this.#makeRoom(held, channel, frame.byteLength)
    ) {
      return;
    }
    held.add(frame, channel);
    this.#bytes += frame.byteLength;
    this.#account();
    this.#judge();
  }

  /** The connection takes no more for now. */
  block(): void {
    if (this.#held !== undefined) return;
    this.#held = new HeldFrames(this.#limits.mayDrop);
    this.#room = this.#limits.highWaterMark - this.connection.bufferedBytes;
    this.#account();
    this.#judge();
  }

  #unblock(): void {
    this.#held = undefined;
    this.#room = this.#limits.highWaterMark;
  }

  #sendHeld(held: HeldFrames, maxBytes: number): boolean {
    const frames = held.take(maxBytes);
    for (const frame of frames) this.#bytes -= frame.byteLength;
    const joined = frames.length === 1 ? frames[0]! : this.#limits.joinFrames(frames);
    return this.connection.sendPrepared(joined);
  }

  #account(): void {
    this.#limits.budget.update(this, this.#held === undefined ? 0 : this.bufferedBytes);
  }

  #judge(): void {
    const { highWaterMark, hardLimit } = this.#limits;
    const bytes = this.bufferedBytes;
    if (bytes > hardLimit) {
      this.#owner.onOutboxOverflow('outboundLimit');
    } else if (this.#above ? bytes <= highWaterMark / 2 : bytes > highWaterMark) {
      this.#above = !this.#above;
      if (this.#above) this.#owner.onOutboxBackpressure();
      else this.#owner.onOutboxDrain();
    }
  }

  /** Applies the channel's policy above the high-water mark; `false` drops the publication at hand. */
  #makeRoom(held: HeldFrames, channel: string, byteLength: number): boolean {
    const { policyOf, highWaterMark } = this.#limits;
    switch (policyOf(channel)) {
      case 'drop-newest':
        this.#owner.onOutboxDrop();
        return false;
      case 'latest':
        held.dropChannel(channel, (dropped) => this.#dropped(dropped));
        return true;
      case 'drop-oldest':
        while (this.bufferedBytes + byteLength > highWaterMark) {
          const ages = (other: string) => policyOf(other) === 'drop-oldest';
          if (!held.dropOldest(ages, (dropped) => this.#dropped(dropped))) break;
        }
        return true;
      default:
        return true;
    }
  }

  #dropped(frame: PreparedFrame): void {
    this.#bytes -= frame.byteLength;
    this.#owner.onOutboxDrop();
  }
}

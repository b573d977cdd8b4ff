import type { Connection, Engine, PreparedFrame } from './engine/engine.js';
import type { FlushList } from './flush-list.js';

/**
 * What happens to publications for a socket whose unsent bytes exceed its high-water mark:
 * `disconnect` queues them until the hard limit closes the socket; `drop-newest` discards the
 * publication at hand; `drop-oldest` and `latest` discard the queued publications of its channel in
 * favour of it. Other packets are never dropped.
 */
export type OverflowPolicy = 'disconnect' | 'drop-newest' | 'drop-oldest' | 'latest';

/** Bounds shared by all outboxes of a server, in bytes. */
export interface OutboxLimits {
  readonly highWaterMark: number;
  readonly hardLimit: number;
  readonly policyOf: (channel: string) => OverflowPolicy;
  readonly joinFrames: Engine['join'];
}

/** Called when the unsent bytes exceed the hard limit. */
export interface OutboxOwner {
  onOutboxOverflow(): void;
  onOutboxDrain(): void;
}

/**
 * Everything one socket is about to send, in call order: responses, transmits, invokes, publications
 * and heartbeats share this one queue, so none overtakes another. Frames wait here, where a policy
 * can still drop them, while the connection is above its own high-water mark.
 *
 * Invariant: `#frames` holds unsent frames except between `flush()` and `forgetSent()` of one turn,
 * when it holds the frames just sent (`#sent`) for comparison with the next socket's.
 */
export class Outbox {
  #frames: PreparedFrame[] = [];
  /** Channel of each frame, `undefined` for what is not a publication. Made when first needed. */
  #channels: (string | undefined)[] | undefined;
  #bytes = 0;
  #listed = false;
  #blocked = false;
  #above = false;
  #sent: PreparedFrame[] | undefined;
  #joined: PreparedFrame | undefined;
  readonly #connection: Connection;
  readonly #flushList: FlushList;
  readonly #limits: OutboxLimits;
  readonly #owner: OutboxOwner;

  constructor(
    connection: Connection,
    flushList: FlushList,
    limits: OutboxLimits,
    owner: OutboxOwner,
  ) {
    this.#connection = connection;
    this.#flushList = flushList;
    this.#limits = limits;
    this.#owner = owner;
  }

  /** Bytes not accepted by the kernel yet: queued here or in the connection. */
  get bufferedBytes(): number {
    return this.#bytes + this.#connection.bufferedBytes;
  }

  /** Queues a frame; `channel` marks a publication, which the overflow policy may drop. */
  push(frame: PreparedFrame, channel?: string): void {
    if (channel !== undefined && this.#above && !this.#makeRoom(channel)) return;
    this.#frames.push(frame);
    if (this.#channels !== undefined) this.#channels.push(channel);
    else if (this.#above) this.#trackChannels(channel);
    this.#bytes += frame.byteLength;
    if (this.#bytes > this.#limits.highWaterMark) this.#overHighWaterMark();
    if (!this.#listed && !this.#blocked) {
      this.#listed = true;
      this.#flushList.add(this);
    }
  }

  /**
   * Writes what is queued, and tells whether it did: not while the connection is blocked. `previous`
   * wrote just before in the same turn.
   */
  flush(previous?: Outbox): boolean {
    this.#listed = false;
    const frames = this.#frames;
    if (this.#blocked || frames.length === 0) return false;
    let joined: PreparedFrame;
    if (frames.length === 1) joined = frames[0]!;
    // biome-ignore lint/complexity/useOptionalChain: an optional chain may not hold a private name
    else joined = (previous && previous.#sharedWith(frames)) ?? this.#limits.joinFrames(frames);
    this.#frames = [];
    this.#channels = undefined;
    this.#bytes = 0;
    this.#sent = frames;
    this.#joined = joined;
    if (!this.#connection.sendPrepared(joined)) {
      this.#blocked = true;
      this.#above = this.#connection.bufferedBytes > this.#limits.highWaterMark;
    }
    return true;
  }

  /** Ends the turn's comparison; see the class. */
  forgetSent(): void {
    this.#sent = undefined;
    this.#joined = undefined;
  }

  /** The connection accepts frames again. */
  drained(): void {
    this.#blocked = false;
    this.flush();
    this.forgetSent();
    if (this.#above && !this.#blocked) {
      this.#above = false;
      this.#owner.onOutboxDrain();
    }
  }

  /** Hands everything to the connection, blocked or not: the socket is about to close. */
  flushAll(): void {
    this.#blocked = false;
    this.flush();
    this.forgetSent();
  }

  /** Drops everything queued: the socket is gone or too slow. */
  clear(): void {
    this.#frames = [];
    this.#channels = undefined;
    this.#bytes = 0;
    this.forgetSent();
  }

  /** The joined frame of this outbox if it sent exactly these frames in this turn. */
  #sharedWith(frames: readonly PreparedFrame[]): PreparedFrame | undefined {
    const sent = this.#sent;
    if (sent === undefined || sent.length !== frames.length) return undefined;
    for (let i = sent.length - 1; i >= 0; i--) if (sent[i] !== frames[i]) return undefined;
    return this.#joined;
  }

  /** Much was queued within one turn: let the kernel take what it can before judging the socket. */
  #overHighWaterMark(): void {
    if (!this.#blocked) {
      this.flush();
      this.forgetSent();
    }
    this.#above = this.bufferedBytes > this.#limits.highWaterMark;
    if (this.bufferedBytes > this.#limits.hardLimit) this.#owner.onOutboxOverflow();
  }

  #trackChannels(channel: string | undefined): void {
    this.#channels = new Array(this.#frames.length).fill(undefined);
    this.#channels[this.#frames.length - 1] = channel;
  }

  /** Applies the channel's policy above the high-water mark; `false` drops the frame at hand. */
  #makeRoom(channel: string): boolean {
    switch (this.#limits.policyOf(channel)) {
      case 'disconnect':
        return true;
      case 'drop-newest':
        return false;
      case 'drop-oldest':
      case 'latest':
        this.#dropQueued(channel);
        return true;
    }
  }

  #dropQueued(channel: string): void {
    const channels = this.#channels;
    if (!channels) return;
    let kept = 0;
    for (let i = 0; i < channels.length; i++) {
      const frame = this.#frames[i]!;
      if (channels[i] === channel) {
        this.#bytes -= frame.byteLength;
        continue;
      }
      this.#frames[kept] = frame;
      channels[kept++] = channels[i];
    }
    this.#frames.length = kept;
    channels.length = kept;
  }
}

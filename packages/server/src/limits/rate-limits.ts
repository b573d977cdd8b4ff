import { closeCodes, type Packet, protocolEvents, ResourceLimitError } from '@asyngular/protocol';
import { type RateLimit, REFUSED, TAKEN_LOW, TokenBucket } from './token-bucket.js';

/** Limits of one socket, or of all sockets of one address. None by default. */
export interface RateLimits {
  /** Messages of any kind; each packet of a batch counts, and so does a pong. */
  messages?: RateLimit | undefined;
  /** Publications by the client. */
  publishes?: RateLimit | undefined;
  /** Calls of the application's procedures. */
  calls?: RateLimit | undefined;
  /** Subscriptions. */
  subscribes?: RateLimit | undefined;
  /** Entering and leaving channels, and changes of the state there; not what a subscription brings along. */
  presence?: RateLimit | undefined;
}

/** Limits of all clients of one address together. */
export interface AddressRateLimits extends RateLimits {
  /** Upgrade requests; those beyond get HTTP 429. */
  handshakes?: RateLimit | undefined;
}

/** Whose rate it is: one socket's, or that of all sockets of its address. */
export type RateScope = 'socket' | 'address';

/** The kinds of {@link AddressRateLimits}. */
export type RateKind = keyof AddressRateLimits;

/** One bucket per limited kind. */
export class Buckets {
  readonly #buckets = new Map<RateKind, TokenBucket>();

  constructor(limits: AddressRateLimits, nowMs: number) {
    for (const [kind, limit] of Object.entries(limits)) {
      if (limit !== undefined) this.#buckets.set(kind as RateKind, new TokenBucket(limit, nowMs));
    }
  }

  get(kind: RateKind): TokenBucket | undefined {
    return this.#buckets.get(kind);
  }

  areFull(nowMs: number): boolean {
    for (const bucket of this.#buckets.values()) if (!bucket.isFull(nowMs)) return false;
    return true;
  }
}

/** A socket, as its rate limiter sees it. */
export interface LimitedSession {
  /** A rate is about to exceed its limit. */
  warnOfLimit(limit: RateKind, scope: RateScope): void;
  countLimit(limit: 'rateLimits'): void;
  emitError(error: unknown): void;
  close(code: number, reason: string): void;
}

/**
 * The token buckets that one socket draws from: its own and those of its address. A bucket three
 * quarters empty announces itself by a `limit` event; an empty one closes the socket with 1008.
 */
export class RateLimiter {
  readonly #session: LimitedSession;
  readonly #own: Buckets | undefined;
  readonly #shared: Buckets | undefined;

  constructor(session: LimitedSession, own: Buckets | undefined, shared: Buckets | undefined) {
    this.#session = session;
    this.#own = own;
    this.#shared = shared;
  }

  /** Messages that arrived; `false`: the socket has been closed. */
  admitMessages(count: number): boolean {
    return this.#admit('messages', count);
  }

  /** A packet by its kind; `false`: the socket has been closed. */
  admitPacket(packet: Packet): boolean {
    if (packet.event === undefined) return true;
    if (packet.event === protocolEvents.publish) return this.#admit('publishes', 1);
    if (packet.event === protocolEvents.subscribe) return this.#admit('subscribes', 1);
    if (packet.event === protocolEvents.presence) return this.#admit('presence', 1);
    if (packet.event === protocolEvents.history) return this.#admit('calls', 1);
    if (packet.cid === undefined || packet.event.charCodeAt(0) === 35 /* # */) return true;
    return this.#admit('calls', 1);
  }

  #admit(kind: keyof RateLimits, count: number): boolean {
    const nowMs = performance.now();
    return (
      this.#draw(this.#own, 'socket', kind, count, nowMs) &&
      this.#draw(this.#shared, 'address', kind, count, nowMs)
    );
  }

  #draw(
    buckets: Buckets | undefined,
    scope: RateScope,
    kind: keyof RateLimits,
    count: number,
    nowMs: number,
  ): boolean {
    const result = buckets?.get(kind)?.take(count, nowMs);
    if (result === TAKEN_LOW) this.#session.warnOfLimit(kind, scope);
    if (result !== REFUSED) return true;
    const session = this.#session;
    const message = `Too many ${kind} from this ${scope}`;
    session.countLimit('rateLimits');
    session.emitError(new ResourceLimitError(message));
    session.close(closeCodes.policyViolation, message);
    return false;
  }
}

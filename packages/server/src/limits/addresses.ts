import { isIPv6 } from 'node:net';
import { type AddressRateLimits, Buckets } from './rate-limits.js';

/** Addresses kept before those that mean nothing any more are looked for. */
const MIN_SWEEP = 1_024;

/** What is known of one client address. */
export class AddressEntry {
  readonly key: string;
  buckets: Buckets | undefined;
  /** Upgrades and sockets whose handshake is unfinished. */
  pending = 0;
  /** Sockets, in whatever state. */
  sockets = 0;

  constructor(key: string, buckets: Buckets | undefined) {
    this.key = key;
    this.buckets = buckets;
  }

  isIdle(nowMs: number): boolean {
    return this.pending === 0 && this.sockets === 0 && (this.buckets?.areFull(nowMs) ?? true);
  }
}

/**
 * Clients by address, kept while they are connected or their rates are not back to normal. An IPv6
 * client counts as its /64 network, which is what one customer gets.
 */
export class Addresses {
  readonly #entries = new Map<string, AddressEntry>();
  #limits: AddressRateLimits | undefined;
  #sweepAt = MIN_SWEEP;

  constructor(limits: AddressRateLimits | undefined) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Other limits for all addresses, which begin with full buckets. */
  limit(limits: AddressRateLimits | undefined): void {
    this.#limits = limits;
    const nowMs = performance.now();
    for (const entry of this.#entries.values()) {
      entry.buckets = limits && new Buckets(limits, nowMs);
    }
  }

  entry(address: string): AddressEntry {
    const key = addressKey(address);
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      const nowMs = performance.now();
      if (this.#entries.size >= this.#sweepAt) this.#sweep(nowMs);
      entry = new AddressEntry(key, this.#limits && new Buckets(this.#limits, nowMs));
      this.#entries.set(key, entry);
    }
    return entry;
  }

  /** Forgets idle addresses; their number doubles before the next time, so that it costs little. */
  #sweep(nowMs: number): void {
    for (const [key, entry] of this.#entries) if (entry.isIdle(nowMs)) this.#entries.delete(key);
    this.#sweepAt = Math.max(MIN_SWEEP, this.#entries.size * 2);
  }
}

/** What an address is counted as: IPv4 whole (also when mapped into IPv6), IPv6 by its first 64 bits. */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped) return mapped[1]!;
  if (!isIPv6(address)) return address;
  const [front, back] = address.toLowerCase().split('%')[0]!.split('::') as [string, string?];
  const head = front === '' ? [] : front.split(':');
  const tail = back === undefined || back === '' ? [] : back.split(':');
  const gap = back === undefined ? [] : Array<string>(Math.max(0, 8 - head.length - tail.length));
  const groups = [...head, ...gap.fill('0'), ...tail].slice(0, 4);
  return `${groups.map((group) => group.replace(/^0+(?=.)/, '')).join(':')}::/64`;
}

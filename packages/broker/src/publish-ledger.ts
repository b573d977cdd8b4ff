import type { Lane } from './broker-transport.js';
import type { ChainLink } from './envelope.js';

interface LedgerEntry {
  sequence: number;
  sentAt: number;
}

/**
 * The publishing side of loss detection: numbers what this node sends and remembers, per channel, the
 * last number, so that every message can name its predecessor.
 *
 * Invariant: `#unsettled` holds the channels whose last message has no tail marker after it.
 */
export class PublishLedger {
  readonly #entries = new Map<Lane, LedgerEntry>();
  readonly #unsettled = new Set<string>();
  readonly #maxChannels: number;
  #sequence = 0;

  constructor(maxChannels: number) {
    this.#maxChannels = maxChannels;
  }

  /** The next link of the lane's chain. A `tail` settles the channel, anything else unsettles it. */
  next(lane: Lane, now: number, isTail = false): ChainLink {
    const sequence = ++this.#sequence;
    const entry = this.#entries.get(lane);
    const link = {
      sequence,
      previous: entry?.sequence ?? 0,
      previousAgeMs: entry ? now - entry.sentAt : 0,
    };
    // Deleting first keeps the map in order of use, oldest in front.
    if (entry) this.#entries.delete(lane);
    this.#entries.set(lane, { sequence, sentAt: now });
    if (lane !== null) {
      if (isTail) this.#unsettled.delete(lane);
      else this.#unsettled.add(lane);
    }
    return link;
  }

  /** The number of the last message on the lane; `undefined` if there was none for long. */
  lastOn(lane: Lane): number | undefined {
    return this.#entries.get(lane)?.sequence;
  }

  /** A tail marker could not be sent: the channel needs another one. */
  unsettle(channel: string): void {
    this.#unsettled.add(channel);
  }

  /** Channels whose last message is at least `quietMs` old and has no tail marker; at most `limit`. */
  quietChannels(now: number, quietMs: number, limit: number): string[] {
    const quiet: string[] = [];
    for (const channel of this.#unsettled) {
      const entry = this.#entries.get(channel);
      if (entry && now - entry.sentAt < quietMs) continue;
      quiet.push(channel);
      if (quiet.length >= limit) break;
    }
    return quiet;
  }

  /** The least recently used channel when there are too many; it needs a tail marker before `forget`. */
  excessChannel(): string | undefined {
    if (this.#entries.size <= this.#maxChannels) return undefined;
    for (const lane of this.#entries.keys()) if (lane !== null) return lane;
    return undefined;
  }

  forget(channel: string): void {
    this.#entries.delete(channel);
    this.#unsettled.delete(channel);
  }

  /** Drops what has been settled and quiet for long: its next message starts a new chain. */
  forgetOlderThan(limit: number): void {
    for (const [lane, entry] of this.#entries) {
      if (entry.sentAt >= limit) return;
      if (lane !== null && !this.#unsettled.has(lane)) this.#entries.delete(lane);
    }
  }

  get channelCount(): number {
    return this.#entries.size;
  }
}

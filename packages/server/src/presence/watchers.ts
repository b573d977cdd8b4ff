import { addHash, hashOf, removeHash } from './name-hash.js';

/** A set of channel names, with a summary that tells it from others. */
export class ChannelSet {
  readonly #hashes = new Map<string, number>();
  /** The sum of the names' hashes. */
  hash = 0;

  get size(): number {
    return this.#hashes.size;
  }

  /** The names with their hashes. */
  get hashes(): ReadonlyMap<string, number> {
    return this.#hashes;
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#hashes.keys();
  }

  has(channel: string): boolean {
    return this.#hashes.has(channel);
  }

  add(channel: string): boolean {
    if (this.#hashes.has(channel)) return false;
    const hash = hashOf(channel);
    this.#hashes.set(channel, hash);
    this.hash = addHash(this.hash, hash);
    return true;
  }

  delete(channel: string): boolean {
    const hash = this.#hashes.get(channel);
    if (hash === undefined) return false;
    this.#hashes.delete(channel);
    this.hash = removeHash(this.hash, hash);
    return true;
  }
}

/** Which other servers watch which channels. */
export class Watchers {
  readonly #byServer = new Map<string, ChannelSet>();
  readonly #counts = new Map<string, number>();

  /** Whether somebody on another server watches the channel. */
  isWatched(channel: string): boolean {
    return this.#counts.has(channel);
  }

  get isEmpty(): boolean {
    return this.#counts.size === 0;
  }

  add(server: string, channel: string): void {
    let channels = this.#byServer.get(server);
    if (channels === undefined) {
      channels = new ChannelSet();
      this.#byServer.set(server, channels);
    }
    if (channels.add(channel)) this.#counts.set(channel, (this.#counts.get(channel) ?? 0) + 1);
  }

  remove(server: string, channel: string): void {
    if (this.#byServer.get(server)?.delete(channel)) this.#uncount(channel);
  }

  forget(server: string): void {
    for (const channel of this.#byServer.get(server) ?? []) this.#uncount(channel);
    this.#byServer.delete(server);
  }

  /** How many channels a server watches as far as this one knows, and the sum of their hashes. */
  summary(server: string): readonly [count: number, hash: number] {
    const channels = this.#byServer.get(server);
    return [channels?.size ?? 0, channels?.hash ?? 0];
  }

  #uncount(channel: string): void {
    const count = this.#counts.get(channel)! - 1;
    if (count === 0) this.#counts.delete(channel);
    else this.#counts.set(channel, count);
  }
}

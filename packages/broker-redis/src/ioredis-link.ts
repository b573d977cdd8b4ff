import type { Redis } from 'ioredis';
import {
  type LinkEvents,
  type PublisherLink,
  type SubscriberLink,
  toLinkError,
} from './redis-link.js';

/** Channels per SUBSCRIBE command: one reply each, without one endless command line. */
const SUBSCRIBE_CHUNK = 500;

/** One ioredis client as a publisher or as a subscriber. */
export class IoredisLink implements PublisherLink, SubscriberLink {
  readonly #client: Redis;
  readonly #isSharded: boolean;
  readonly #isBorrowed: boolean;
  #events: LinkEvents | undefined;

  constructor(client: Redis, isSharded: boolean, isBorrowed: boolean) {
    this.#client = client;
    this.#isSharded = isSharded;
    this.#isBorrowed = isBorrowed;
  }

  start(events: LinkEvents): void {
    this.#events = events;
    const client = this.#client;
    client.on('ready', this.#clientOnReady);
    client.on('close', this.#clientOnClose);
    client.on('error', this.#clientOnError);
    client.on(this.#isSharded ? 'smessageBuffer' : 'messageBuffer', this.#clientOnMessage);
    if (client.status === 'ready') queueMicrotask(this.#clientOnReady);
    else if (client.status === 'wait') client.connect().catch(() => {});
  }

  async publish(key: string, data: Uint8Array): Promise<void> {
    const payload = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    try {
      if (this.#isSharded) await this.#client.spublish(key, payload);
      else await this.#client.publish(key, payload);
    } catch (error) {
      throw toLinkError(error);
    }
  }

  async subscribe(keys: readonly string[]): Promise<void> {
    const replies: Promise<unknown>[] = [];
    for (let start = 0; start < keys.length; start += SUBSCRIBE_CHUNK) {
      const chunk = keys.slice(start, start + SUBSCRIBE_CHUNK);
      replies.push(
        this.#isSharded ? this.#client.ssubscribe(...chunk) : this.#client.subscribe(...chunk),
      );
    }
    try {
      await Promise.all(replies);
    } catch (error) {
      throw toLinkError(error);
    }
  }

  async unsubscribe(key: string): Promise<void> {
    try {
      if (this.#isSharded) await this.#client.sunsubscribe(key);
      else await this.#client.unsubscribe(key);
    } catch (error) {
      throw toLinkError(error);
    }
  }

  async ping(): Promise<void> {
    try {
      await this.#client.ping();
    } catch (error) {
      throw toLinkError(error);
    }
  }

  reset(): void {
    // `disconnect()` ends the socket politely, which one that hangs never finishes.
    this.#client.stream?.destroy();
  }

  async close(): Promise<void> {
    const client = this.#client;
    client.off('ready', this.#clientOnReady);
    client.off('close', this.#clientOnClose);
    client.off(this.#isSharded ? 'smessageBuffer' : 'messageBuffer', this.#clientOnMessage);
    if (this.#isBorrowed) {
      client.off('error', this.#clientOnError);
      return;
    }
    // Errors of the last moments concern nobody, but must have a listener.
    this.#events = undefined;
    if (client.status === 'ready') await client.quit().catch(() => {});
    client.disconnect();
  }

  readonly #clientOnReady = (): void => this.#events?.onReady();

  readonly #clientOnClose = (): void => this.#events?.onLost('the connection to Redis was closed');

  readonly #clientOnError = (error: Error): void => this.#events?.onWarning(error);

  readonly #clientOnMessage = (key: Buffer, data: Buffer): void =>
    this.#events?.onMessage(key.toString(), data);
}

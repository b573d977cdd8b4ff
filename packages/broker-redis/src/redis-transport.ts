import {
  type BrokerTransport,
  ConnectionLostError,
  type Lane,
  type TransportEvents,
  within,
} from '@asyngular/broker/transport';
import { channelKey } from './channel-key.js';
import type { PublisherLink, RedisLink, SubscriberLink } from './redis-link.js';
import { RedisLog } from './redis-log.js';

/** How long a server that takes no writes is left alone before the next connection, in ms. */
const NOT_WRITABLE_PAUSE_MS = 1_000;

export interface RedisTransportOptions {
  readonly address: string;
  /** Begins every name in Redis. */
  readonly prefix: string;
  readonly publisher: PublisherLink;
  readonly subscriber: SubscriberLink;
  readonly isSharded: boolean;
  readonly isCluster: boolean;
  /** See `RedisLogHost.keepsOrder`. */
  readonly keepsOrder: boolean;
}

/** Moves envelopes over Redis publish/subscribe: one link to publish, one to subscribe. */
export class RedisTransport implements BrokerTransport {
  readonly name = 'redis';
  readonly address: string;
  // Redis sends a message to every subscriber, its publisher included. A heartbeat that comes back shows
  // what PING cannot: that both connections lead to servers which still belong together.
  readonly echoes = true;
  readonly log: RedisLog;
  readonly #prefix: string;
  readonly #publisher: PublisherLink;
  readonly #subscriber: SubscriberLink;
  /** Redis channels asked for, by the name that comes back with every message. */
  readonly #lanes = new Map<string, Lane>();
  readonly #ready = new Set<RedisLink>();
  #events: TransportEvents | undefined;
  #resetTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: RedisTransportOptions) {
    const { address, prefix, publisher, subscriber } = options;
    this.address = address;
    this.#prefix = prefix;
    this.#publisher = publisher;
    this.#subscriber = subscriber;
    this.log = new RedisLog({
      ...options,
      isUp: () => this.#isUp,
      onEntry: (channel, entry) => this.#events?.onEntry(channel, entry),
      onWarning: (error) => this.#events?.onWarning(error),
      onScriptsLost: () => this.#onScriptsLost(),
      onNotWritable: (reason) => this.#onNotWritable(reason),
    });
  }

  open(events: TransportEvents): void {
    this.#events = events;
    this.#start(this.#publisher, false);
    this.#start(this.#subscriber, true);
  }

  send(lane: Lane, data: Uint8Array): Promise<void> {
    if (!this.#isUp)
      return Promise.reject(new ConnectionLostError('There is no connection to Redis'));
    return this.#publisher.publish(channelKey(this.#prefix, lane), data);
  }

  async subscribe(lanes: readonly Lane[]): Promise<void> {
    if (!this.#isUp) throw new ConnectionLostError('There is no connection to Redis');
    // The control lane is what a new connection begins with.
    if (lanes[0] === null) await this.#publisher.probe();
    const keys = lanes.map((lane) => {
      const key = channelKey(this.#prefix, lane);
      this.#lanes.set(key, lane);
      return key;
    });
    await this.#subscriber.subscribe(keys);
  }

  async unsubscribe(lane: Lane): Promise<void> {
    const key = channelKey(this.#prefix, lane);
    if (this.#lanes.delete(key) && this.#isUp) await this.#subscriber.unsubscribe(key);
  }

  async probe(): Promise<void> {
    await Promise.all([this.#publisher.probe(), this.#subscriber.ping()]);
  }

  reset(reason: string): void {
    this.#onLost(this.#subscriber, true, reason);
    this.#onLost(this.#publisher, false, reason);
    this.#publisher.reset();
    this.#subscriber.reset();
  }

  async close(graceMs: number): Promise<void> {
    const endMs = performance.now() + graceMs;
    // A client that was handed in keeps its other subscriptions, but not ours.
    if (this.#isUp) {
      const keys = [...this.#lanes.keys(), ...this.log.liveKeys()];
      const given = keys.map((key) => this.#subscriber.unsubscribe(key));
      await within(Promise.allSettled(given), graceMs / 2);
    }
    this.#events = undefined;
    this.#ready.clear();
    this.#lanes.clear();
    this.log.close();
    clearTimeout(this.#resetTimer);
    const restMs = Math.max(0, endMs - performance.now());
    await Promise.all([this.#subscriber.close(restMs), this.#publisher.close(restMs)]);
  }

  get #isUp(): boolean {
    return this.#ready.size === 2;
  }

  #start(link: RedisLink, lossy: boolean): void {
    link.start({
      onReady: () => this.#onReady(link),
      onLost: (reason, error) => this.#onLost(link, lossy, reason, error),
      onAttemptFailed: (error) => this.#events?.onAttemptFailed(error),
      onMessage: (key, data) => {
        const lane = this.#lanes.get(key);
        if (lane === undefined) this.log.receive(key, data);
        else this.#events?.onMessage(lane, data);
      },
    });
  }

  #onReady(link: RedisLink): void {
    if (!this.#events || this.#ready.has(link)) return;
    this.#ready.add(link);
    if (this.#isUp) this.#events.onConnected();
  }

  /**
   * As good as a lost connection: what was sent and not answered has failed or is about to, and is sent again in
   * its order once everything is in place. The connection itself stays; it may be used for other work.
   */
  #onScriptsLost(): void {
    if (!this.#ready.has(this.#publisher)) return;
    this.#publisher.forgetScripts();
    this.#onLost(
      this.#publisher,
      false,
      'Redis has forgotten the scripts (SCRIPT FLUSH, failover)',
    );
    queueMicrotask(() => this.#onReady(this.#publisher));
  }

  /** A primary that was demoted or is starting; its successor is found by connecting again. */
  #onNotWritable(reason: string): void {
    if (!this.#ready.has(this.#publisher)) return;
    this.#onLost(this.#publisher, false, `Redis takes no writes: ${reason}`);
    clearTimeout(this.#resetTimer);
    this.#resetTimer = setTimeout(() => this.#publisher.reset(), NOT_WRITABLE_PAUSE_MS);
  }

  #onLost(link: RedisLink, lossy: boolean, reason: string, error?: Error): void {
    if (link === this.#publisher) this.log.publisherLost();
    if (this.#ready.delete(link)) this.#events?.onDisconnected(reason, lossy, error);
  }
}

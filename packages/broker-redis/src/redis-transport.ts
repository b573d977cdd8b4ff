import {
  type BrokerTransport,
  ConnectionLostError,
  type Lane,
  type TransportEvents,
  within,
} from '@asyngular/broker/transport';
import { channelKey } from './channel-key.js';
import type { PublisherLink, RedisLink, SubscriberLink } from './redis-link.js';

/** Moves envelopes over Redis publish/subscribe: one link to publish, one to subscribe. */
export class RedisTransport implements BrokerTransport {
  readonly name = 'redis';
  readonly address: string;
  // Redis sends a message to every subscriber, its publisher included. A heartbeat that comes back shows
  // what PING cannot: that both connections lead to servers which still belong together.
  readonly echoes = true;
  readonly #prefix: string;
  readonly #publisher: PublisherLink;
  readonly #subscriber: SubscriberLink;
  /** Redis channels asked for, by the name that comes back with every message. */
  readonly #lanes = new Map<string, Lane>();
  readonly #ready = new Set<RedisLink>();
  #events: TransportEvents | undefined;

  constructor(
    address: string,
    prefix: string,
    publisher: PublisherLink,
    subscriber: SubscriberLink,
  ) {
    this.address = address;
    this.#prefix = prefix;
    this.#publisher = publisher;
    this.#subscriber = subscriber;
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
    await Promise.all([this.#publisher.ping(), this.#subscriber.ping()]);
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
      const given = [...this.#lanes.keys()].map((key) => this.#subscriber.unsubscribe(key));
      await within(Promise.allSettled(given), graceMs / 2);
    }
    this.#events = undefined;
    this.#ready.clear();
    this.#lanes.clear();
    const restMs = Math.max(0, endMs - performance.now());
    await Promise.all([this.#subscriber.close(restMs), this.#publisher.close(restMs)]);
  }

  get #isUp(): boolean {
    return this.#ready.size === 2;
  }

  #start(link: RedisLink, lossy: boolean): void {
    link.start({
      onReady: () => {
        if (this.#ready.has(link)) return;
        this.#ready.add(link);
        if (this.#isUp) this.#events?.onConnected();
      },
      onLost: (reason, error) => this.#onLost(link, lossy, reason, error),
      onAttemptFailed: (error) => this.#events?.onAttemptFailed(error),
      onMessage: (key, data) => {
        const lane = this.#lanes.get(key);
        if (lane !== undefined) this.#events?.onMessage(lane, data);
      },
    });
  }

  #onLost(link: RedisLink, lossy: boolean, reason: string, error?: Error): void {
    if (this.#ready.delete(link)) this.#events?.onDisconnected(reason, lossy, error);
  }
}

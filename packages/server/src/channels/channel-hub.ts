import type { Broker, BrokerMessage, PublishOrigin } from '@asyngular/broker';
import { BrokerError } from '@asyngular/protocol';
import type { Codecs } from '../codecs/codecs.js';
import type { FrameEngine } from '../engine/engine.js';
import type { ChannelTraffic, PatternTraffic } from '../metrics/channel-traffic.js';
import { Publication } from '../outbound/publication.js';
import { deadlines } from '../turns/deadlines.js';
import { BrokerInterest } from './broker-interest.js';
import type { ChannelSource, Subscriber } from './channel-source.js';
import { type Heard, KeptPublications } from './kept-publications.js';
import { isPublicationOn } from './publication-check.js';

/** What the hub needs of the server; read at call time, because engines and codecs can be swapped. */
export interface HubOwner {
  readonly engine: FrameEngine;
  readonly codecs: Codecs;
  readonly broker: Broker;
  /** Counts what passes through. */
  readonly traffic: ChannelTraffic;
  /** Hands a publication to the exchange's own loops. */
  deliverToExchange(channel: string, data: unknown, size: number): void;
  /** First local subscriber of a channel came, or the last one left. */
  onChannel(event: 'subscribe' | 'unsubscribe', channel: string): void;
  /** Something was published on this server. */
  onPublish(channel: string, data: unknown, size: number): void;
  emitWarning(warning: unknown): void;
}

/** Pause between warnings of messages that are not publications. */
const FOREIGN_WARNING_MS = 60_000;

/** How long somebody who comes from another server may be on the way. */
const KEEP_MS = 10_000;

/** A channel without any. */
const nobody: ReadonlySet<Subscriber> = new Set();

/**
 * Who gets what is published: local sockets and the exchange, by channel. Keeps the broker subscribed
 * to the channels somebody here wants.
 *
 * Order: a publication made here reaches local subscribers while `publish()` runs, sockets in the order
 * they subscribed, then the exchange; so they see a publisher's messages in its order and before its
 * publish is confirmed. Those of other servers are delivered as they arrive, in each publisher's order.
 * Two servers may see messages of different publishers in different orders.
 */
export class ChannelHub {
  readonly #owner: HubOwner;
  readonly #source: ChannelSource;
  readonly #interest: BrokerInterest;
  readonly #subscribers = new Map<string, Set<Subscriber>>();
  readonly #exchange = new Set<string>();
  /** Set while somebody is on the way here from another server. */
  #kept: KeptPublications | undefined;
  #isClosed = false;
  /** When the next message that is not a publication is worth a warning, in monotonic ms. */
  #foreignWarningAt = 0;

  /** `source`: where publications of other servers come from. */
  constructor(owner: HubOwner, lingerMs: number, source: ChannelSource = owner.broker) {
    this.#owner = owner;
    this.#source = source;
    this.#interest = new BrokerInterest(source, lingerMs);
  }

  /** Channels with at least one local subscriber. */
  channels(): string[] {
    return [...this.eachChannel()];
  }

  /** The same one by one, without a list of them all. */
  *eachChannel(): Iterable<string> {
    yield* this.#subscribers.keys();
    for (const name of this.#exchange) if (!this.#subscribers.has(name)) yield name;
  }

  get channelCount(): number {
    let count = this.#subscribers.size;
    for (const name of this.#exchange) if (!this.#subscribers.has(name)) count++;
    return count;
  }

  hasSubscriber(channel: string): boolean {
    return this.#subscribers.has(channel) || this.#exchange.has(channel);
  }

  subscribersOf(channel: string): ReadonlySet<Subscriber> {
    return this.#subscribers.get(channel) ?? nobody;
  }

  /** All sockets that are subscribed to something on the channels that count, each once. */
  allSubscribers(counts: (channel: string) => boolean): ReadonlySet<Subscriber> {
    const all = new Set<Subscriber>();
    for (const [channel, some] of this.#subscribers) {
      if (counts(channel)) for (const subscriber of some) all.add(subscriber);
    }
    return all;
  }

  /** Adds a socket at once; the result settles when the broker has confirmed the channel. */
  add(channel: string, subscriber: Subscriber): void | Promise<void> {
    let subscribers = this.#subscribers.get(channel);
    if (subscribers === undefined) {
      subscribers = new Set();
      this.#subscribers.set(channel, subscribers);
      if (!this.#exchange.has(channel)) this.#owner.onChannel('subscribe', channel);
    }
    subscribers.add(subscriber);
    return this.#interest.acquire(channel);
  }

  /** Until when a subscriber that is in already has to wait. */
  confirmation(channel: string): void | Promise<void> {
    return this.#interest.confirmation(channel);
  }

  /** Removes a socket; nothing more is delivered to it. */
  remove(channel: string, subscriber: Subscriber): void {
    const subscribers = this.#subscribers.get(channel);
    if (!subscribers?.delete(subscriber)) return;
    this.#source.left?.(channel, subscriber);
    if (subscribers.size > 0) return;
    this.#subscribers.delete(channel);
    this.#left(channel);
  }

  addExchange(channel: string): void | Promise<void> {
    if (!this.#exchange.has(channel)) {
      this.#exchange.add(channel);
      if (!this.#subscribers.has(channel)) this.#owner.onChannel('subscribe', channel);
    }
    return this.#interest.acquire(channel);
  }

  removeExchange(channel: string): void {
    if (this.#exchange.delete(channel)) this.#left(channel);
  }

  exchangeChannels(): ReadonlySet<string> {
    return this.#exchange;
  }

  /**
   * Publishes: encodes once, delivers to local subscribers at once, hands the same encoding to the
   * broker. The result settles when the broker has accepted it, or rejects with a `BrokerError`; local
   * subscribers have it in either case. Throws when the data has no encoding. `origin` is the client that
   * publishes, if it is one: once it has left, what the broker has not accepted is dropped; its `except` does not get it.
   */
  publish(channel: string, data: unknown, origin?: PublishOrigin): undefined | Promise<undefined> {
    const message = this.#owner.codecs.encodePublication(channel, data);
    this.#owner.onPublish(channel, data, message.length);
    const traffic = this.#owner.traffic.of(channel);
    traffic.publications++;
    this.#deliver(channel, message, origin?.except, traffic);
    if (this.#exchange.has(channel)) this.#owner.deliverToExchange(channel, data, message.length);
    const accepted = this.#owner.broker.publish(channel, message, origin);
    if (this.#kept !== undefined) this.#keepOwn(this.#kept, channel, message, origin?.except);
    return accepted?.then(nothing, (cause: unknown) =>
      Promise.reject(refusedPublish(channel, cause)),
    );
  }

  /** A publication of another server process; anything else is dropped, with a warning now and then. */
  receive(channel: string, { payload, node, sequence, except }: BrokerMessage): void {
    if (!isPublicationOn(channel, payload, this.#owner.codecs.first)) {
      this.#warnOfForeign(channel, node);
      return;
    }
    this.#kept?.add(channel, { node, sequence, message: payload, except });
    this.#deliver(channel, payload, except, this.#owner.traffic.of(channel));
    if (!this.#exchange.has(channel)) return;
    let data: unknown;
    try {
      data = new Publication(channel, payload, this.#owner).copyData();
    } catch (error) {
      this.#owner.emitWarning(error);
      return;
    }
    this.#owner.deliverToExchange(channel, data, payload.length);
  }

  /**
   * Keeps what is published from now on for somebody who comes from another server, for ten seconds at most. Settles when
   * publications of the other servers come.
   */
  keep(channel: string): void | Promise<void> {
    this.#kept ??= new KeptPublications();
    const asked = this.#kept.begin(channel);
    if (asked === undefined) return undefined;
    deadlines.add(KEEP_MS, this.#endKeeping, { channel, asked });
    return this.#interest.acquire(channel);
  }

  /**
   * What somebody lacks who has come from another server, where it has had `heard`: its publications, oldest first, or
   * `undefined` if that cannot be known. To be called in the turn in which it becomes a subscriber.
   */
  missed(channel: string, heard: Heard): Publication[] | undefined {
    return this.#kept
      ?.beyond(channel, heard)
      ?.map(({ message, except }) => this.#publicationOf(channel, message, except));
  }

  /** The broker is away: what is missing cannot be told from what is kept any more. */
  forgetKept(): void {
    for (const channel of this.#kept?.channels() ?? []) this.#drop(channel);
  }

  /** The broker is being closed: nothing is given back one by one. */
  close(): void {
    this.#isClosed = true;
    this.#interest.close();
  }

  #deliver(
    channel: string,
    message: string | Uint8Array,
    except: string | undefined,
    traffic: PatternTraffic,
  ): void {
    const subscribers = this.#subscribers.get(channel);
    if (subscribers === undefined) return;
    traffic.deliveries += subscribers.size;
    const publication = this.#publicationOf(channel, message, except);
    for (const subscriber of subscribers) subscriber.deliver(publication);
  }

  #publicationOf(
    channel: string,
    message: string | Uint8Array,
    except: string | undefined,
  ): Publication {
    return new Publication(
      channel,
      message,
      this.#owner,
      except === undefined ? except : { except },
    );
  }

  /** The broker has numbered it by now. */
  #keepOwn(
    kept: KeptPublications,
    channel: string,
    message: string | Uint8Array,
    except: string | undefined,
  ): void {
    if (!kept.has(channel)) return;
    const { broker } = this.#owner;
    const sequence = broker.heard?.(channel)?.get(broker.node);
    if (sequence === undefined) this.#drop(channel);
    else kept.add(channel, { node: broker.node, sequence, message, except });
  }

  readonly #endKeeping = ({ channel, asked }: { channel: string; asked: number }): void => {
    if (this.#kept?.end(channel, asked)) this.#onDropped(channel);
  };

  #drop(channel: string): void {
    if (this.#kept?.drop(channel)) this.#onDropped(channel);
  }

  #onDropped(channel: string): void {
    if (this.#kept?.size === 0) this.#kept = undefined;
    if (!this.#isClosed && !this.hasSubscriber(channel)) this.#interest.release(channel);
  }

  #warnOfForeign(channel: string, node: string): void {
    const now = performance.now();
    if (now < this.#foreignWarningAt) return;
    this.#foreignWarningAt = now + FOREIGN_WARNING_MS;
    this.#owner.emitWarning(
      new BrokerError(
        `Node ${node} of the broker sent something on the ${channel} channel that is not a publication ` +
          'on it, and it was dropped. Either something else writes to the broker, or that server has another codec. ' +
          `Further ones are dropped silently for ${FOREIGN_WARNING_MS / 1_000} s`,
      ),
    );
  }

  #left(channel: string): void {
    if (this.hasSubscriber(channel)) return;
    this.#owner.onChannel('unsubscribe', channel);
    if (this.#kept?.has(channel) !== true) this.#interest.release(channel);
  }
}

function nothing(): undefined {}

/** What became of a publication that the broker did not take. */
export function refusedPublish(channel: string, cause: unknown): BrokerError {
  return new BrokerError(`Failed to publish to the ${channel} channel - ${cause}`, { cause });
}

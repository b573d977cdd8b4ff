import type { Broker } from '@asyngular/broker';
import type { Codec } from '@asyngular/protocol';
import type { Engine } from './engine/engine.js';
import type { OutboundPacket } from './outbound.js';
import type { Session } from './session.js';

/** One publication on its way to local subscribers, encoded once. */
export class Publication {
  readonly channel: string;
  readonly message: string | Uint8Array;
  readonly #codec: Codec;

  constructor(channel: string, message: string | Uint8Array, codec: Codec) {
    this.channel = channel;
    this.message = message;
    this.#codec = codec;
  }

  /** The packet, decoded anew: nobody else holds the result. */
  get packet(): OutboundPacket {
    return this.#codec.decode(this.message) as OutboundPacket;
  }

  /** The payload, decoded anew. */
  copyData(): unknown {
    return (this.packet.data as { data?: unknown } | undefined)?.data;
  }
}

/** What the hub needs of the server; read at call time, because engines and codecs can be swapped. */
export interface HubOwner {
  readonly engine: Engine;
  readonly codec: Codec;
  readonly broker: Broker;
  /** Hands a publication to the exchange's own loops. */
  deliverToExchange(channel: string, data: unknown, size: number): void;
  /** First local subscriber of a channel came, or the last one left. */
  onChannel(event: 'subscribe' | 'unsubscribe', channel: string): void;
}

/** Stands for the exchange among a channel's subscribers. */
const noSessions: ReadonlySet<Session> = new Set();

/**
 * Who gets what is published: local sockets and the exchange, by channel. Keeps the broker subscribed
 * to exactly the channels somebody here wants.
 */
export class ChannelHub {
  readonly #owner: HubOwner;
  readonly #sessions = new Map<string, Set<Session>>();
  readonly #exchange = new Set<string>();

  constructor(owner: HubOwner) {
    this.#owner = owner;
  }

  /** Channels with at least one local subscriber. */
  channels(): string[] {
    const names = new Set(this.#sessions.keys());
    for (const name of this.#exchange) names.add(name);
    return [...names];
  }

  get channelCount(): number {
    return this.channels().length;
  }

  sessionsOf(channel: string): ReadonlySet<Session> {
    return this.#sessions.get(channel) ?? noSessions;
  }

  /** Adds a socket at once; the result settles when the broker has confirmed the channel. */
  add(channel: string, session: Session): void | Promise<void> {
    let sessions = this.#sessions.get(channel);
    if (sessions === undefined) {
      sessions = new Set();
      this.#sessions.set(channel, sessions);
    }
    sessions.add(session);
    return this.#joined(channel, sessions.size === 1 && !this.#exchange.has(channel));
  }

  /** Removes a socket at once; the result settles when the broker has let the channel go. */
  remove(channel: string, session: Session): void | Promise<void> {
    const sessions = this.#sessions.get(channel);
    if (!sessions?.delete(session)) return;
    if (sessions.size > 0) return;
    this.#sessions.delete(channel);
    return this.#left(channel);
  }

  addExchange(channel: string): void | Promise<void> {
    if (this.#exchange.has(channel)) return;
    this.#exchange.add(channel);
    return this.#joined(channel, !this.#sessions.has(channel));
  }

  removeExchange(channel: string): void | Promise<void> {
    if (this.#exchange.delete(channel)) return this.#left(channel);
  }

  exchangeChannels(): ReadonlySet<string> {
    return this.#exchange;
  }

  /**
   * Publishes: encodes once, delivers to local subscribers at once, hands the same encoding to the
   * broker. The result settles when the broker has accepted it. Throws when the data has no encoding.
   */
  publish(channel: string, data: unknown): void | Promise<void> {
    const message = this.#owner.codec.encode({ event: '#publish', data: { channel, data } });
    this.#deliver(channel, message);
    if (this.#exchange.has(channel)) this.#owner.deliverToExchange(channel, data, message.length);
    return this.#owner.broker.publish(channel, message);
  }

  /** A publication of another server process. */
  receive(channel: string, message: string | Uint8Array): void {
    this.#deliver(channel, message);
    if (this.#exchange.has(channel)) {
      const data = new Publication(channel, message, this.#owner.codec).copyData();
      this.#owner.deliverToExchange(channel, data, message.length);
    }
  }

  #deliver(channel: string, message: string | Uint8Array): void {
    const sessions = this.#sessions.get(channel);
    if (sessions === undefined) return;
    const frame = this.#owner.engine.prepare(message);
    const publication = new Publication(channel, message, this.#owner.codec);
    for (const session of sessions) session.deliver(frame, publication);
  }

  #pending = new Map<string, Promise<void>>();

  #joined(channel: string, isFirst: boolean): void | Promise<void> {
    // Later subscribers wait for the first one's confirmation too.
    if (!isFirst) return this.#pending.get(channel);
    this.#owner.onChannel('subscribe', channel);
    const confirmed = this.#owner.broker.subscribe(channel);
    if (confirmed === undefined) return;
    const pending = confirmed.finally(() => {
      if (this.#pending.get(channel) === pending) this.#pending.delete(channel);
    });
    this.#pending.set(channel, pending);
    return pending;
  }

  #left(channel: string): void | Promise<void> {
    if (this.#sessions.has(channel) || this.#exchange.has(channel)) return;
    this.#owner.onChannel('unsubscribe', channel);
    return this.#owner.broker.unsubscribe(channel);
  }
}

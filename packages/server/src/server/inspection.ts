import type { Broker } from '@asyngular/broker';
import type { RuntimeContract } from '@asyngular/protocol';
import type { Subscriber } from '../channels/channel-source.js';
import { assertChannelName } from '../channels/reserved-names.js';
import { refusedUserChannel, USER_CHANNEL } from '../channels/user-channel.js';
import type { FleetServer, FleetTopic, FleetTopicHandler } from '../fleet/types.js';
import type { Publication } from '../outbound/publication.js';
import type { PresenceSnapshot } from '../presence/types.js';
import type { AGServerSocket } from '../socket/server-socket.js';
import { sessionOf } from '../socket/socket-streams.js';
import { type AGServer, coreOf } from './server.js';
import type { ServerCore } from './server-core.js';

/** A channel with a subscriber on this server. */
export interface InspectedChannel {
  readonly name: string;
  /** Sockets of this server. */
  readonly sockets: number;
  /** Whether loops of the exchange read it. */
  readonly hasExchange: boolean;
}

/** A publication as a watcher gets it. */
export interface WatchedPublication {
  readonly data: unknown;
  /** As the broker has it. */
  readonly byteLength: number;
}

/**
 * What the inspector reads of a server beside what is public. Nothing is computed or counted but while somebody asks, and
 * reading never changes what the server does.
 */
export class ServerInspection {
  readonly #core: ServerCore;
  /** How many watch a channel. */
  readonly #watchers = new Map<string, number>();

  constructor(core: ServerCore) {
    this.#core = core;
  }

  /** Id of this server at the broker, which all servers of the fleet know it by. */
  get id(): string {
    return this.#core.broker.node;
  }

  get broker(): Broker {
    return this.#core.broker;
  }

  /** The contract that the server checks by; its sections are schemas if it was made from some. */
  get contract(): RuntimeContract | undefined {
    return this.#core.options.contract;
  }

  /** The live servers, this one first, as `server.fleet` has them, also where the option `fleet` is off. */
  servers(): readonly FleetServer[] {
    const { fleet } = this.#core;
    return [fleet.self(), ...fleet.membership.servers.values()];
  }

  /** A way to talk to the inspectors of other servers; see `Fleet`. */
  topic<Message>(name: string, handler: FleetTopicHandler<Message>): FleetTopic<Message> {
    return this.#core.fleet.topic(name, handler);
  }

  /** Calls when a server of the fleet has left or is silent. Returns the function that ends it. */
  onServerGone(callback: (id: string) => void): () => void {
    return this.#core.fleet.membership.listen({ onGoodbye: callback, onSilent: callback });
  }

  /** When the socket's handshake was complete, in ms since the epoch. */
  sinceOf(socket: AGServerSocket): number {
    return Math.round(performance.timeOrigin + sessionOf(socket).openedAt);
  }

  /** Channels with a subscriber here. May be read over several turns; what comes and goes meanwhile may be missing. */
  channelNames(): Iterable<string> {
    return this.#core.hub.eachChannel();
  }

  channel(name: string): InspectedChannel {
    const { hub, exchange } = this.#core;
    const hasExchange = exchange.isSubscribed(name);
    // Where there is a log the exchange is among the subscribers of the hub, as watchers always are.
    const others = (hasExchange && this.hasHistory(name) ? 1 : 0) + (this.#watchers.get(name) ?? 0);
    return { name, sockets: hub.subscribersOf(name).size - others, hasExchange };
  }

  /** The first sockets that are subscribed to a channel, in the order in which they did. */
  socketsOn(channel: string, limit: number): AGServerSocket[] {
    const sockets: AGServerSocket[] = [];
    for (const subscriber of this.#core.hub.subscribersOf(channel)) {
      if (sockets.length === limit) break;
      if ('socket' in subscriber) sockets.push(subscriber.socket as AGServerSocket);
    }
    return sockets;
  }

  hasHistory(channel: string): boolean {
    return this.#core.recovery?.isRecoverable(channel) === true;
  }

  hasPresence(channel: string): boolean {
    return this.#core.members?.has(channel) === true;
  }

  /** Who is in a channel with presence, on all servers. */
  async presence(channel: string): Promise<PresenceSnapshot | undefined> {
    const { members } = this.#core;
    if (!members?.has(channel)) return undefined;
    const watch = members.presence.watch(channel, { onChanges() {} });
    try {
      await watch.ready;
      return watch.snapshot();
    } finally {
      watch.close();
    }
  }

  /** Calls for each publication that a client or the application makes on this server; `undefined` ends it. */
  countPublications(count: ((channel: string) => void) | undefined): void {
    this.#core.onPublication = count;
  }

  /**
   * Subscribes to a channel beside everybody else, past middleware, for publications of all servers. Rejects for names
   * that are no channel of the application, and when the broker refuses. Call the function it resolves to when they are
   * wanted no more.
   */
  async watchChannel(
    channel: string,
    onPublication: (publication: WatchedPublication) => void,
  ): Promise<() => void> {
    const { hub, recovery, users } = this.#core;
    assertChannelName(channel);
    if (channel === USER_CHANNEL && users !== undefined) throw refusedUserChannel();
    const watcher = new Watcher(onPublication);
    let hasEnded = false;
    const end = () => {
      if (hasEnded) return;
      hasEnded = true;
      this.#count(channel, -1);
      hub.remove(channel, watcher);
    };
    this.#count(channel, 1);
    try {
      if (recovery?.isRecoverable(channel)) {
        const subscribed = await recovery.subscribe(channel, watcher, { rewind: 0 });
        subscribed?.begin();
      } else await hub.add(channel, watcher);
    } catch (error) {
      end();
      throw error;
    }
    return end;
  }

  /** Writes a line to the server's log. */
  log(line: string): void {
    this.#core.log.info(line);
  }

  emitWarning(warning: unknown): void {
    this.#core.emitWarning(warning);
  }

  #count(channel: string, change: 1 | -1): void {
    const count = (this.#watchers.get(channel) ?? 0) + change;
    if (count === 0) this.#watchers.delete(channel);
    else this.#watchers.set(channel, count);
  }
}

/** Gets publications beside the sockets. What it does with them is bounded elsewhere, so it is never slow. */
class Watcher implements Subscriber {
  readonly isSlow = false;
  readonly #onPublication: (publication: WatchedPublication) => void;

  constructor(onPublication: (publication: WatchedPublication) => void) {
    this.#onPublication = onPublication;
  }

  deliver(publication: Publication): void {
    const { message } = publication;
    this.#onPublication({
      // Decoded only when it is looked at.
      get data() {
        return publication.copyData();
      },
      byteLength: message.length,
    });
  }

  closeSlow(): void {}
  interrupted(): void {}
}

const inspections = new WeakMap<ServerCore, ServerInspection>();

/** The one inspection of a server; see `ServerInspection`. */
export function inspectionOf(server: AGServer): ServerInspection {
  const core = coreOf(server);
  let inspection = inspections.get(core);
  if (inspection === undefined) {
    inspection = new ServerInspection(core);
    inspections.set(core, inspection);
  }
  return inspection;
}

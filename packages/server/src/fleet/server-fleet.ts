import type {
  Broker,
  BrokerInterruptionEvent,
  BrokerMessage,
  BrokerStatus,
} from '@asyngular/broker';
import { BrokerError } from '@asyngular/protocol';
import { BrokerInterest } from '../channels/broker-interest.js';
import { isReservedName } from '../channels/reserved-names.js';
import { fromStoredJson } from '../codecs/stored-json.js';
import { type Clock, processClock } from '../turns/clock.js';
import { parseFleetMessage, writeBeat } from './fleet-messages.js';
import { laneOf, laneTo, laneToAll, readLane } from './lane-names.js';
import { Membership } from './membership.js';
import { Outbox } from './outbox.js';
import type { Fleet, FleetFacts, FleetServer, FleetTopic, FleetTopicHandler } from './types.js';

/** The topic of the servers themselves. */
const SELF = 'fleet';
/** Pause between warnings of one kind. */
const WARNING_MS = 60_000;

/** What may go wrong again and again. */
type Trouble = 'joining' | 'sending' | 'foreign messages';

/** What the fleet needs of its server. */
export interface FleetHost {
  readonly broker: Broker;
  /** What the next heartbeat says. */
  facts(): FleetFacts;
  emitWarning(warning: unknown): void;
}

export interface FleetSettings {
  /** A server that is not heard for so long, in ms, is down; heartbeats come three times as often. */
  readonly serverTimeoutMs: number;
  /** How long a lane that nobody here wants any more stays subscribed, in ms. */
  readonly lingerMs: number;
}

/** The other servers over a broker: heartbeats, and topics on lanes that no client can name. */
export class ServerFleet implements Fleet {
  readonly membership: Membership;
  readonly #host: FleetHost;
  readonly #clock: Clock;
  readonly #since: number;
  readonly #topics = new Map<string, FleetTopicHandler<unknown>>();
  readonly #interest: BrokerInterest;
  readonly #outbox: Outbox;
  readonly #joinAgainMs: number;
  #isConnected = false;
  #hasJoined = false;
  #isClosed = false;
  #cancelJoining: (() => void) | undefined;
  readonly #warnedAt = new Map<Trouble, number>();

  constructor(host: FleetHost, settings: FleetSettings, clock: Clock = processClock) {
    const { broker } = host;
    this.#host = host;
    this.#clock = clock;
    this.#joinAgainMs = settings.serverTimeoutMs;
    this.#since = clock.wallNow();
    this.#interest = new BrokerInterest(broker, settings.lingerMs);
    this.#outbox = new Outbox(clock, (lane, text) => this.#publish(lane, text));
    this.membership = new Membership(broker.node, settings.serverTimeoutMs, clock, (isHello, to) =>
      this.#sendBeat(isHello, to),
    );
  }

  /** This server, as it describes itself to the others. */
  self(): FleetServer {
    return { id: this.membership.id, since: this.#since, ...this.#host.facts() };
  }

  topic<Message>(name: string, handler: FleetTopicHandler<Message>): FleetTopic<Message> {
    // A handler gets only what its own parser has made.
    const isFirst = this.#topics.size === 0;
    this.#topics.set(name, handler as FleetTopicHandler<unknown>);
    // A broker that is connected already did so before anybody wanted to know of others.
    if (isFirst && this.#isConnected) this.onBrokerStatus('connected');
    return {
      sendToAll: (message) => this.#send(laneToAll, name, message),
      sendTo: (id, message) => this.#send(laneTo(id), name, message),
      sendToLane: (lane, message) => this.#send(laneOf(name, lane), name, message),
      hear: (lane) => (this.#isAlone ? undefined : this.#interest.acquire(laneOf(name, lane))),
      unhear: (lane) => this.#interest.release(laneOf(name, lane)),
    };
  }

  /** The broker's status has changed. */
  onBrokerStatus(to: BrokerStatus): void {
    this.#isConnected = to === 'connected';
    if (this.#topics.size === 0) return;
    if (to !== 'connected') {
      this.membership.freeze();
      return;
    }
    if (this.#isAlone) this.membership.beAlone();
    else if (this.#hasJoined) this.membership.thaw();
    else void this.#join();
  }

  /** A message on a lane. */
  receive(lane: string, { payload, node }: BrokerMessage): void {
    if (this.#topics.size === 0) return;
    const parts = readParts(payload);
    if (parts === undefined) {
      this.#warnOfForeign(lane, node);
      return;
    }
    for (const [topic, value] of parts) {
      if (topic === SELF) this.#receiveOfFleet(lane, node, value);
      else this.#receiveOfTopic(lane, node, topic, value);
    }
  }

  /** Messages of other servers may have been lost on a lane or, without one, on all of them. */
  onInterruption({ channel, node }: BrokerInterruptionEvent): void {
    // After a lost connection everybody is asked anyway.
    if (channel === undefined && node === undefined) return;
    if (channel !== undefined && !isReservedName(channel)) return;
    this.membership.lose(node, channel === undefined ? undefined : readLane(channel)?.name);
  }

  /** Tells the others what has changed here, before the next heartbeat. */
  announce(): void {
    if (this.#topics.size > 0) this.#sendBeat(false, undefined);
  }

  /** Says goodbye, after everything that waits to be sent. */
  close(): void {
    if (!this.membership.isFrozen) {
      this.#send(laneToAll, SELF, { type: 'bye' });
      this.#outbox.flush();
    }
    this.#isClosed = true;
    this.#cancelJoining?.();
    this.membership.close();
    this.#interest.close();
  }

  /** No other server can be reached, ever. */
  get #isAlone(): boolean {
    return this.#host.broker.isAlone === true;
  }

  /** Hears the others before they hear of this one. */
  async #join(): Promise<void> {
    this.#cancelJoining?.();
    this.#hasJoined = true;
    try {
      await Promise.all([
        this.#interest.acquire(laneToAll),
        this.#interest.acquire(laneTo(this.membership.id)),
      ]);
    } catch (error) {
      if (this.#isClosed) return;
      this.#hasJoined = false;
      const { message } = error as Error;
      this.#warn('joining', `This server cannot hear others, and tries again: ${message}`, error);
      this.#cancelJoining = this.#clock.after(this.#joinAgainMs, () =>
        this.onBrokerStatus(this.#host.broker.status),
      );
      return;
    }
    if (!this.#isClosed && this.#host.broker.status === 'connected') this.membership.thaw();
  }

  #sendBeat(isHello: boolean, to: string | undefined): void {
    const beat = writeBeat({ since: this.#since, ...this.#host.facts() }, isHello);
    this.#send(to === undefined ? laneToAll : laneTo(to), SELF, beat);
  }

  #send(lane: string, topic: string, message: unknown): void {
    if (this.#isAlone || this.membership.isFrozen) return;
    this.#outbox.add(lane, topic, message);
  }

  #publish(lane: string, text: string): void {
    // What has waited until the broker was away is out of date when it is back.
    if (this.membership.isFrozen) return;
    Promise.resolve(this.#host.broker.publish(lane, text)).catch((error: unknown) => {
      const { message } = error as Error;
      this.#warn('sending', `A message for other servers was not sent: ${message}`, error);
    });
  }

  #receiveOfFleet(lane: string, node: string, value: unknown): void {
    const message = parseFleetMessage(value);
    if (message === undefined) this.#warnOfForeign(lane, node);
    else if (message.type === 'bye') this.membership.hearGoodbye(node);
    else {
      const isDirect = lane !== laneToAll;
      this.membership.hearBeat(node, message.server, { isHello: message.isHello, isDirect });
    }
  }

  #receiveOfTopic(lane: string, node: string, topic: string, value: unknown): void {
    if (!this.membership.hear(node)) return;
    // Servers of another version may talk about what is unknown here.
    const handler = this.#topics.get(topic);
    if (handler === undefined) return;
    const message = handler.parse(value);
    if (message === undefined) this.#warnOfForeign(lane, node);
    else handler.onMessage(message, node);
  }

  #warnOfForeign(lane: string, node: string): void {
    this.#warn(
      'foreign messages',
      `Node ${node} of the broker sent something on ${lane} that is not a message of a server, and it was ignored; does ` +
        'another program write to the broker, or another version of the server?',
    );
  }

  #warn(trouble: Trouble, message: string, cause?: unknown): void {
    const now = this.#clock.now();
    const warnedAt = this.#warnedAt.get(trouble) ?? Number.NEGATIVE_INFINITY;
    if (now < warnedAt + WARNING_MS) return;
    this.#warnedAt.set(trouble, now);
    this.#host.emitWarning(
      new BrokerError(
        `${message}. Further ones are not reported for ${WARNING_MS / 1_000} s`,
        cause === undefined ? undefined : { cause },
      ),
    );
  }
}

/** Topics and their messages; `undefined` if the payload is nothing of this kind. */
function readParts(payload: BrokerMessage['payload']): [string, unknown][] | undefined {
  if (typeof payload !== 'string') return undefined;
  let parts: unknown;
  try {
    parts = fromStoredJson(payload);
  } catch {
    return undefined;
  }
  return Array.isArray(parts) && parts.every(isPart) ? parts : undefined;
}

function isPart(part: unknown): part is [string, unknown] {
  return Array.isArray(part) && part.length === 2 && typeof part[0] === 'string';
}

import { setMaxListeners } from 'node:events';
import type { IncomingMessage } from 'node:http';
import {
  type Codec,
  closeCodes,
  decodeReason,
  dehydrateError,
  InvalidActionError,
  protocolEvents,
} from '@asyngular/protocol';
import { closeError, PRESENCE_EXTENSION, parsePresenceOffer } from '@asyngular/protocol/internal';
import type { AuthOwner } from '../auth/auth-owner.js';
import { SocketAuthentication } from '../auth/authentication.js';
import { weigh } from '../backlogs/weigh.js';
import { type Arrival, writeHeard } from '../channels/arrival.js';
import type { InterruptionDetails } from '../channels/channel-source.js';
import type { Heard } from '../channels/kept-publications.js';
import type { Connection, ConnectionHandler } from '../engine/engine.js';
import type { SharedEvent, SocketEvents } from '../events/socket-events.js';
import type { WarningDetails } from '../events/warning-details.js';
import { answerToFailure } from '../inbound/failed-call.js';
import { Inbound } from '../inbound/inbound.js';
import type { InboundSession } from '../inbound/inbound-session.js';
import { HELD_BY_OUTBOX } from '../inbound/reading.js';
import { hearsOfInterruptions } from '../inbound/recovery-wire.js';
import { ServedCalls } from '../inbound/served-calls.js';
import type { WaitingCalls } from '../inbound/waiting-calls.js';
import type { AddressEntry } from '../limits/addresses.js';
import type { LimitName } from '../limits/limits.js';
import type { LimitedSession, RateKind, RateLimiter, RateScope } from '../limits/rate-limits.js';
import { type MembersSession, SessionMembers } from '../members/session-members.js';
import { type LaneOwner, SocketLanes } from '../middleware/socket-lanes.js';
import { Outbound } from '../outbound/outbound.js';
import type { OutboundOwner } from '../outbound/outbound-owner.js';
import type { Publication } from '../outbound/publication.js';
import type { HandlerLane } from './handler-lanes.js';
import { Heartbeat, type HeartbeatOwner } from './heartbeat.js';
import { endByClient, endSession, shedSession } from './session-end.js';
import { SessionMessages } from './session-messages.js';
import type { SessionServer } from './session-server.js';

/** For how long a client that has gone elsewhere is reached here, too: until then it may not have arrived. */
const ELSEWHERE_MS = 1_000;

/**
 * The connection side of one {@link AGServerSocket}: its state, its two directions and what has to
 * end with it. Idle sockets are many, so everything that not every socket needs is made on demand.
 */
export class Session
  extends SessionMessages
  implements
    ConnectionHandler,
    AuthOwner,
    HeartbeatOwner,
    InboundSession,
    OutboundOwner,
    LimitedSession,
    MembersSession,
    LaneOwner
{
  readonly core: SessionServer;
  readonly inbound: Inbound;
  readonly outbound: Outbound;
  readonly connection: Connection;
  readonly request: IncomingMessage;
  readonly auth: SocketAuthentication;
  readonly heartbeat: Heartbeat;
  id: string;
  /** What both sides agreed to speak, where they agreed to another codec than the first (P17). */
  agreedCodec: Codec | undefined;
  userId: string | undefined;
  /** What the client calls itself over all its connections, when it has agreed to the extension `people` (P18.1). */
  publisherName: string | undefined;
  /** Names this socket is subscribed to, in order; the hub knows it under each of them. */
  subscriptions: Set<string> | undefined;
  #lanes: SocketLanes | undefined;
  /** Its place among the unfinished handshakes, with its deadline. */
  handshakeSlot: { release(): void } | undefined;
  /** Set when rates are limited. */
  limiter: RateLimiter | undefined;
  /** The client's address, when something is limited per address. */
  address: AddressEntry | undefined;
  /** The runs of `server.handle()` registrations that have a limit, by name. */
  handlerLanes: Map<string, HandlerLane> | undefined;
  #abort: AbortController | undefined;
  waitingCalls: WaitingCalls | undefined;
  historyRead: Promise<void> | undefined;
  openedAt = 0;
  formerId: string | undefined;
  arrival: Arrival | undefined;
  /** When the client went to another server, by `performance.now()`. */
  departedAt = Number.POSITIVE_INFINITY;
  #members: SessionMembers | undefined;

  constructor(core: SessionServer, connection: Connection, request: IncomingMessage, id: string) {
    super();
    this.core = core;
    this.connection = connection;
    this.request = request;
    this.id = id;
    this.inbound = new Inbound(this);
    this.outbound = new Outbound(this);
    this.auth = new SocketAuthentication(this);
    this.heartbeat = new Heartbeat(this);
  }

  get codec(): Codec {
    return this.agreedCodec ?? this.core.codecs.first;
  }

  /** Its runs of middleware functions; made on first use. */
  get lanes(): SocketLanes {
    this.#lanes ??= new SocketLanes(this);
    return this.#lanes;
  }

  get existingLanes(): SocketLanes | undefined {
    return this.#lanes;
  }

  get serving(): ServedCalls {
    this.served ??= new ServedCalls(this);
    return this.served;
  }

  get speaksPresence(): boolean {
    return this.core.members !== undefined && this.extensions?.has(PRESENCE_EXTENSION) === true;
  }

  /** Where it is a member, and what it watches; made on first use, by those who speak of presence. */
  get members(): SessionMembers {
    if (this.#members === undefined) {
      const { client = '' } = parsePresenceOffer(this.extensions?.get(PRESENCE_EXTENSION));
      const identity = { client, was: this.formerId };
      this.#members = new SessionMembers(this.core.members!, this, identity);
    }
    return this.#members;
  }

  get existingMembers(): SessionMembers | undefined {
    return this.#members;
  }

  /** Aborted when the socket closes; made on first use. */
  get signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController();
      // One listener per handler that runs is no leak, however many run at once; calls are limited.
      setMaxListeners(0, this.#abort.signal);
      if (this.isClosed) this.#abort.abort();
    }
    return this.#abort.signal;
  }

  onMessage(message: string | Buffer): void {
    if (this.state !== 'closed') this.inbound.receive(message);
  }

  onDrain(): void {
    this.outbound.outbox.drained();
  }

  onClose(code: number, reason: string): void {
    this.core.closing.remove(this.connection);
    endByClient(this, code, reason);
  }

  onError(error: Error, limit?: LimitName): void {
    if (limit) this.countLimit(limit);
    if (this.state !== 'closed') this.emitError(error);
  }

  /** One of the bounds was reached by this socket. */
  countLimit(limit: LimitName): void {
    this.core.limits.add(limit);
  }

  /** A rate is about to exceed its limit. */
  warnOfLimit(limit: RateKind, scope: RateScope): void {
    this.announce('limit', { limit, scope });
  }

  /** Emits an event of the socket, and its twin on the server. */
  announce<Name extends SharedEvent>(name: Name, data: SocketEvents[Name]): void {
    // Most sockets are listened to for one or two of these, and to weigh a token is work.
    if (this.socket.getListenerConsumerCount(name) === 0 && !this.core.hears(name)) return;
    const size = weigh(data);
    this.socket.announce(name, data, size);
    this.core.announce(name, this, data, size);
  }

  /** A socket problem: `error` on the socket, then the same object as `warning` on the server. */
  emitError(error: unknown, about?: WarningDetails): void {
    this.socket.announce('error', { error: error as Error }, weigh(error));
    this.core.emitWarning(error, { socket: this.socket, ...about });
    this.core.backlogs.slowDown(this, 'warning');
  }

  /** What its own publications leave it out by. Names that clients choose do not begin so. */
  get exceptId(): string {
    return this.publisherName ?? `#${this.id}`;
  }

  /** Delivers one publication; the fast path of fan-out. */
  deliver(publication: Publication): void {
    const { except } = publication;
    if (except !== undefined && except === this.exceptId) this.outbound.passOver(publication);
    else this.outbound.publish(publication);
  }

  /** Its unsent bytes are above the high-water mark. */
  get isSlow(): boolean {
    return this.outbound.outbox.isAbove;
  }

  /** Channels with a log wait for its outbox, and go on when that has room. */
  onPressure(isSlow: boolean): void {
    this.core.recovery?.onPressure(this, this.subscriptions ?? [], isSlow);
    if (!isSlow) this.#members?.goOn();
  }

  /** Tells the client that publications may be missing, if it named an extension that has such packets. */
  interrupted(details: InterruptionDetails): void {
    if (!this.isOpen || !hearsOfInterruptions(this.extensions, details)) return;
    this.outbound.send({ event: protocolEvents.interruption, data: details });
  }

  /** The handshake is complete: from now on this is one of the server's clients. */
  open(): void {
    this.handshakeSlot?.release();
    this.handshakeSlot = undefined;
    this.state = 'open';
    this.openedAt = performance.now();
    this.core.promote(this);
  }

  /** Leaves a channel. Returns an error when the socket is not subscribed to it. */
  unsubscribe(channel: string): InvalidActionError | undefined {
    if (!this.subscriptions?.delete(channel)) {
      return new InvalidActionError(
        `Socket ${this.id} tried to unsubscribe from a channel which it is not subscribed to`,
      );
    }
    this.core.hub.remove(channel, this);
    this.#members?.forget(channel);
    this.announce('unsubscribe', { channel });
    return undefined;
  }

  get hasDeparted(): boolean {
    return this.departedAt < Number.POSITIVE_INFINITY;
  }

  /** The client has other connections, and is reached over one of them. */
  get isElsewhere(): boolean {
    return this.arrival?.isSettled === false || this.departedAt + ELSEWHERE_MS < performance.now();
  }

  /** The client gets its publications over another connection now. It stays subscribed in name until it closes this one. */
  depart(): object {
    this.departedAt = performance.now();
    const { hub, broker } = this.core;
    const heard = new Map<string, Heard>();
    for (const channel of this.subscriptions ?? []) {
      const numbers = broker.heard?.(channel);
      if (numbers !== undefined) heard.set(channel, numbers);
      hub.remove(channel, this);
    }
    this.#members?.unwatchAll();
    return writeHeard(heard);
  }

  catchUp(channel: string): void {
    const heard = this.arrival?.take(channel);
    if (heard === undefined) return;
    const missed = heard ? this.core.hub.missed(channel, heard) : undefined;
    if (missed === undefined) {
      const { startedAt } = this.arrival!;
      this.interrupted({ channel, since: startedAt, until: Date.now(), reason: 'moved' });
    }
    for (const publication of missed ?? []) this.deliver(publication);
  }

  /** The error that the client gets when the application fails to judge it as a member. */
  answerToFailure(channel: string, error: unknown): unknown {
    return dehydrateError(answerToFailure(this, 'The change of presence', { channel }, error));
  }

  holdReading(): void {
    this.inbound.hold(HELD_BY_OUTBOX);
  }

  releaseReading(): void {
    this.inbound.release(HELD_BY_OUTBOX);
  }

  /**
   * Closes the socket: its state changes and its events are emitted at once, what was sent before
   * still goes out, then the close frame. `code` must be legal; the reason is cut to 123 bytes.
   */
  close(code: number, reason = ''): void {
    if (this.isClosed || this.inbound.sayGoodbye()) return;
    this.end(code, reason, () => {
      this.outbound.flushAll();
      this.core.closing.close(this.connection, code, reason);
    });
  }

  /** Closes with 4011 without sending what is queued. */
  closeSlow(): void {
    if (this.isClosed) return;
    this.outbound.clear();
    this.end(closeCodes.slowConsumer, '', () => {
      this.core.closing.closeSoon(this.connection, closeCodes.slowConsumer);
    });
  }

  /** Closes with 1008 and drops what it has sent: together with what waits elsewhere it is too much. */
  shed(error: Error): void {
    shedSession(this, error);
  }

  /**
   * Closes with 1001 once everything sent is out, and goes on taking what the client had sent before it
   * learned of it, except calls: those reject at the client, which may repeat them elsewhere.
   */
  leave(): void {
    if (this.isClosed || this.isLeaving) return;
    this.isLeaving = true;
    this.inbound.hearOut();
    if (this.isClosed) return;
    this.outbound.flushAll();
    this.outbound.close();
    this.heartbeat.stop();
    this.connection.close(closeCodes.goingAway, '');
  }

  /** Drops the connection; the client sees 1006. */
  terminate(): void {
    this.connection.terminate();
    this.end(closeCodes.abnormal, '');
  }

  /**
   * The socket is over, by whichever side; runs once. `release` acts on the connection. An empty reason
   * becomes the table's text for the code, which is what the client makes of it, too.
   */
  end(code: number, given: unknown, release?: () => void): void {
    if (this.isClosed) return;
    const wasOpen = this.isOpen;
    this.state = 'closed';
    release?.();
    this.outbound.clear();
    this.#abort?.abort();
    this.served?.end();
    const reason = given === '' ? decodeReason(code, '') : given;
    endSession(this, wasOpen, code, reason, closeError(code, reason || undefined));
  }
}

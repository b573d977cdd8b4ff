import type { Broker } from '@asyngular/broker';
import type { Codec, InvalidActionError, ResponsePacket } from '@asyngular/protocol';
import type { ServedCall } from '@asyngular/protocol/internal';
import type { Backlogs } from '../backlogs/backlogs.js';
import type { ChannelHub } from '../channels/channel-hub.js';
import type { Subscriber } from '../channels/channel-source.js';
import type { PublishFailures } from '../channels/publish-failures.js';
import type { ServerContract } from '../contract/server-contract.js';
import type { Connection } from '../engine/engine.js';
import type { HandshakeServer, HandshakeSession } from '../handshake/handshake-session.js';
import type { LimitName } from '../limits/limits.js';
import type { RateLimiter } from '../limits/rate-limits.js';
import type { MemberChannels } from '../members/member-channels.js';
import type { SessionMembers } from '../members/session-members.js';
import type { CallMeter } from '../metrics/call-meter.js';
import type { CallOutcome } from '../metrics/call-outcomes.js';
import type { ChannelTraffic } from '../metrics/channel-traffic.js';
import type { MiddlewareFunctions } from '../middleware/middleware.js';
import type { RecoverableChannels } from '../recovery/recoverable-channels.js';
import type { SharedTime } from '../turns/shared-time.js';
import type { ExposeErrors } from './failed-call.js';
import type { InboundMeter } from './inbound-meter.js';
import type { ServedCalls, ServedCallsOwner } from './served-calls.js';
import type { WaitingCalls } from './waiting-calls.js';

/** Functions that an application has registered by name, for all sockets. */
export interface HandlerTable {
  /** Runs the handler of that name, if there is one. `call` is the one to answer, `size` its bytes. */
  run(
    session: InboundSession,
    name: string,
    data: unknown,
    size: number,
    call?: ServedCall,
  ): boolean;
  has(name: string): boolean;
  names(): Iterable<string>;
}

/** What the packets that sockets receive need of the server. */
export interface InboundServer extends HandshakeServer {
  readonly options: HandshakeServer['options'] &
    ServedCallsOwner['core']['options'] & {
      readonly inboundHighWaterMark: number;
      readonly inboundHighWaterMarkBytes: number;
      readonly maxBatchLength: number;
      readonly maxBatchPacketsPerTurn: number;
      readonly maxBatchTimePerTurn: number;
      readonly maxNameLength: number;
      readonly exposeErrors: ExposeErrors;
      readonly maxPendingCalls: number;
      readonly answerUnhandled: boolean;
      readonly protocolVersion?: 1 | 2 | undefined;
    };
  readonly server: HandshakeServer['server'] & {
    readonly allowClientPublish: boolean;
    readonly socketChannelLimit: number;
    readonly strictHandshake: boolean;
    getListenerConsumerCount(event: 'connection'): number;
  };
  readonly middleware: Pick<MiddlewareFunctions, 'handshake' | 'inboundRaw' | 'inbound'>;
  /** Of a turn, for all sockets that have sent much. */
  readonly sharedTime: SharedTime;
  /** What waits in all streams. */
  readonly backlogs: Backlogs;
  readonly counters: {
    handshakes: number;
    invalidMessages: number;
    unhandledCalls: number;
    unhandledTransmits: number;
  };
  /** Their calls. */
  readonly calls: CallMeter<CallOutcome>;
  /** What clients may send; `undefined`: anything. */
  readonly contract: ServerContract | undefined;
  readonly hub: ChannelHub;
  readonly traffic: ChannelTraffic;
  readonly broker: Pick<Broker, 'caughtUp' | 'heard'>;
  readonly publishFailures: PublishFailures;
  /** Channels with history; `undefined`: there are none. */
  readonly recovery: RecoverableChannels | undefined;
  /** Who sockets belong to; `undefined`: the application does not say. */
  readonly users: object | undefined;
  /** Channels that show who is there; `undefined`: there are none. */
  readonly members: MemberChannels | undefined;
  readonly procedureHandlers: HandlerTable | undefined;
  readonly receiverHandlers: HandlerTable | undefined;
  /** A client's call as an object for user code. */
  createRequest(session: InboundSession, id: number, procedure: string, data: unknown): unknown;
}

/** Where the application reads what a socket receives. */
export interface InboundSocket {
  getListenerConsumerCount(event: 'message'): number;
  getReceiverConsumerCount(receiver: string): number;
  getProcedureConsumerCount(procedure: string): number;
  getAllProceduresConsumerStatsList(): { readonly stream?: string }[];
  deliverMessage(event: 'raw' | 'message', message: string | Buffer): void;
  deliverTransmit(receiver: string, data: unknown, size: number): void;
  deliverInvoke(request: unknown, procedure: string, size: number): void;
}

/** What the inbound side of a socket needs of its session. */
export interface InboundSession extends HandshakeSession, Subscriber {
  readonly core: InboundServer;
  readonly socket: InboundSocket;
  readonly connection: Pick<Connection, 'pause' | 'resume' | 'close'>;
  /** Counts what waits to be consumed. */
  readonly inbound: {
    readonly meter: InboundMeter;
    delay(until: Promise<void>): Promise<void>;
    expectAnswer(): void;
  };
  /** Aborted when the socket closes. */
  readonly signal: AbortSignal;
  /** What the connection speaks now. */
  readonly codec: Codec;
  readonly isOpen: boolean;
  /** Who the socket belongs to, by the option `userId`. */
  readonly userId: string | undefined;
  /** What its own publications leave it out by. */
  readonly exceptId: string;
  /** A close frame has been sent by `leave()`: messages under way are still taken, calls are not. */
  readonly isLeaving: boolean;
  /** Set when rates are limited. */
  readonly limiter: RateLimiter | undefined;
  readonly heartbeat: HandshakeSession['heartbeat'] & {
    heard: boolean;
    pong(version: 1 | 2): void;
  };
  /** Whether both sides named the extension `presence`. */
  readonly speaksPresence: boolean;
  /** Where it is a member, and what it watches; only for those who speak of presence. */
  readonly members: SessionMembers;
  /** Names this socket is subscribed to, in order. */
  subscriptions: Set<string> | undefined;
  /** Calls of the client that wait for an answer of user code. */
  unansweredCalls: number;
  /** Those of them, and the streams that answer others; made with the first. */
  readonly served: ServedCalls | undefined;
  readonly serving: ServedCalls;
  /** A read of a channel's log is under way. */
  historyRead: Promise<void> | undefined;
  /** Calls that nobody handles yet. */
  waitingCalls: WaitingCalls | undefined;
  /** When the handshake was complete, by `performance.now()`. */
  readonly openedAt: number;
  /** Calls of the server that wait for an answer of the client. */
  readonly callsInFlight: number;
  /** The client's calls include some that have streams or bodies. */
  readonly hasStreams: boolean;
  /** The client may withdraw calls, or give them credit. */
  readonly awaitsControl: boolean;
  unsubscribe(channel: string): InvalidActionError | undefined;
  /** The client has gone to another server: it gets no publications any more. Returns what it has had of which channel. */
  depart(): object;
  readonly hasDeparted: boolean;
  /** Delivers what the client lacks of a channel that it has just subscribed to, if it comes from another server. */
  catchUp(channel: string): void;
  /** Whether the response answers a call in flight. */
  settleCall(response: ResponsePacket): boolean;
  /** Whether it is the turn of that response, among the parts of a stream. */
  isAnswerDue(response: ResponsePacket): boolean;
  /** The client takes so many items of the body of one of our calls; whether that tells anything new. */
  grantBody(id: number, upTo: number): boolean;
  /** The client wants no more of that body; `false`: there is no such call. */
  stopBody(id: number): boolean;
  countLimit(limit: LimitName): void;
  /** Too much waits for loops of the server; this socket has the most, and is closed without it. */
  shed(error: Error): void;
  close(code: number, reason?: string): void;
  end(code: number, reason: unknown, release?: () => void): void;
}

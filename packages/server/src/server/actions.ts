import type { IncomingMessage } from 'node:http';
import type { HistoryOptions, PublicationData } from '@asyngular/channels';
import type { AuthTokenOf, NameIn, PayloadIn, SectionOf } from '@asyngular/protocol/internal';
import {
  ActionBase,
  type ActionOutcome,
  type AllowPacket,
  actionTypes,
} from '../middleware/action.js';
import type { AGServerSocket } from '../socket/server-socket.js';

type Constants = { readonly [Name in keyof typeof actionTypes]: (typeof actionTypes)[Name] };

interface ActionMembers extends Constants {
  outcome: ActionOutcome;
  readonly promise: Promise<unknown>;
  readonly allow: (packet?: AllowPacket) => void;
  readonly block: (error?: unknown) => void;
}

/** Members of every action of the inbound line. */
interface InboundMembers<Api> extends ActionMembers {
  readonly socket: AGServerSocket<Api>;
  /** The socket's token lapsed just before this packet; the socket is no longer authenticated. */
  readonly authTokenExpiredError?: Error;
}

/** The HTTP upgrade request, before there is a socket. Blocking it answers 401. */
export interface HandshakeWSAction extends ActionMembers {
  readonly type: 'handshakeWS';
  readonly data?: undefined;
  readonly request: IncomingMessage;
}

/** The `#handshake` packet. Blocking it closes with `error.statusCode` or 4008. */
export interface HandshakeAGAction<Api = any> extends ActionMembers {
  readonly type: 'handshakeAG';
  readonly request: IncomingMessage;
  readonly socket: AGServerSocket<Api>;
  /** What the token check, which comes first, has found. */
  readonly data: {
    readonly signedAuthToken: string | null;
    readonly authTokenError: Error | null;
    readonly authToken: AuthTokenOf<Api> | null;
    readonly authState: 'authenticated' | 'unauthenticated';
  };
}

/** Any message, before it is decoded. Blocking drops it. */
export interface MessageAction<Api = any> extends ActionMembers {
  readonly type: 'message';
  readonly socket: AGServerSocket<Api>;
  data: string | Buffer;
}

type Receivers<Api> = SectionOf<Api, 'receivers'>;
type Procedures<Api> = SectionOf<Api, 'procedures'>;
type Channels<Api> = SectionOf<Api, 'channels'>;

/** A one-way message to a receiver. */
export interface TransmitAction<Api = any> extends InboundMembers<Api> {
  readonly type: 'transmit';
  readonly receiver: NameIn<Receivers<Api>>;
  data: PayloadIn<Receivers<Api>, NameIn<Receivers<Api>>>;
}

/** A call of a procedure. */
export interface InvokeAction<Api = any> extends InboundMembers<Api> {
  readonly type: 'invoke';
  readonly procedure: NameIn<Procedures<Api>>;
  /** The client reads the answer with `stream()`. */
  readonly isStream?: true;
  data: any;
}

/** A subscription; `data` is what the client passed as subscription data. */
export interface SubscribeAction<
  Api = any,
  Name extends NameIn<Channels<Api>> = NameIn<Channels<Api>>,
> extends InboundMembers<Api> {
  readonly type: 'subscribe';
  readonly channel: Name;
  data: any;
}

/** One action per channel and pattern of the contract, so that comparing `channel` narrows it. */
type EachSubscribe<Api> = {
  [Name in NameIn<Channels<Api>>]: SubscribeAction<Api, Name>;
}[NameIn<Channels<Api>>];

/** A publication by a client. `Name`: its channel, or the pattern of it, to which comparing `channel` narrows. */
export interface PublishInAction<
  Api = any,
  Name extends NameIn<Channels<Api>> = NameIn<Channels<Api>>,
> extends InboundMembers<Api> {
  readonly type: 'publishIn';
  readonly channel: Name;
  data: PublicationData<Channels<Api>, SectionOf<Api, 'publications'>, Name>;
}

/** One action per channel and pattern of the contract, so that comparing `channel` narrows `data`. */
type EachPublishIn<Api> = {
  [Name in NameIn<Channels<Api>>]: PublishInAction<Api, Name>;
}[NameIn<Channels<Api>>];

/** A publication about to be delivered to one socket. Blocking skips that socket only. */
export interface PublishOutAction<
  Api = any,
  Name extends NameIn<Channels<Api>> = NameIn<Channels<Api>>,
> extends ActionMembers {
  readonly type: 'publishOut';
  readonly socket: AGServerSocket<Api>;
  readonly channel: Name;
  data: PayloadIn<Channels<Api>, Name>;
}

/** What the `outbound` line reads, told apart by channel. */
export type OutboundLineAction<Api = any> = {
  [Name in NameIn<Channels<Api>>]: PublishOutAction<Api, Name>;
}[NameIn<Channels<Api>>];

/** A verified token about to become the socket's. Blocking leaves the socket unauthenticated. */
export interface AuthenticateAction<Api = any> extends InboundMembers<Api> {
  readonly type: 'authenticate';
  readonly data?: undefined;
  readonly signedAuthToken: string;
  readonly authToken: AuthTokenOf<Api>;
}

/**
 * A piece of a channel's history that a client wants to read. Only functions that ask for this kind of action see it:
 * the subscription has been judged already. `data` is what the client asks for, and cannot be replaced.
 */
export interface HistoryAction<Api = any> extends InboundMembers<Api> {
  readonly type: 'history';
  readonly channel: NameIn<Channels<Api>>;
  readonly data: HistoryOptions & Required<Pick<HistoryOptions, 'limit' | 'order'>>;
}

type Presence<Api> = SectionOf<Api, 'presence'>;

/**
 * The state with which a client wants to be a member of a channel, or that it wants to have there. Only functions that ask
 * for this kind of action see it: who may see the members has been judged with the subscription. `data` is the whole
 * state, also of an update, and may be replaced. `Name`: the channel, or its pattern, to which comparing `channel` narrows.
 */
export interface PresenceAction<
  Api = any,
  Name extends NameIn<Presence<Api>> = NameIn<Presence<Api>>,
> extends InboundMembers<Api> {
  readonly type: 'presence';
  readonly channel: Name;
  data: PayloadIn<Presence<Api>, Name>;
}

/** One action per channel and pattern of the contract, so that comparing `channel` narrows `data`. */
type EachPresence<Api> = {
  [Name in NameIn<Presence<Api>>]: PresenceAction<Api, Name>;
}[NameIn<Presence<Api>>];

/** What the `handshake` line reads. */
export type HandshakeLineAction<Api = any> = HandshakeWSAction | HandshakeAGAction<Api>;
/** What the `inbound` line reads, unless its function asks for certain kinds. */
export type InboundLineAction<Api = any> =
  | TransmitAction<Api>
  | InvokeAction<Api>
  | EachSubscribe<Api>
  | EachPublishIn<Api>
  | AuthenticateAction<Api>;

/** The actions of certain kinds, those that have to be asked for included. */
export type InboundActionOf<Api, Kind> = Extract<
  InboundLineAction<Api> | HistoryAction<Api> | EachPresence<Api>,
  { readonly type: Kind }
>;

/** Every action, told apart by `type`. */
export type AGAction<Api = any> =
  | HandshakeLineAction<Api>
  | MessageAction<Api>
  | InboundLineAction<Api>
  | HistoryAction<Api>
  | EachPresence<Api>
  | OutboundLineAction<Api>;

/** The class behind all actions: constants, and `instanceof`. Actions are made by the server. */
export const AGAction: Constants & (new (...args: never[]) => AGAction) = Object.assign(
  ActionBase,
  actionTypes,
) as never;

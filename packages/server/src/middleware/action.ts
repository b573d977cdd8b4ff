import type { IncomingMessage } from 'node:http';
import { InvalidActionError } from '@asyngular/protocol';
import type { AuthTokenOf, NameIn, PayloadIn, SectionOf } from '@asyngular/protocol/internal';
import type { AGServerSocket } from '../socket/server-socket.js';

/** What `allow()` may replace. Anything that is not an object is ignored. */
export interface AllowPacket {
  /** Replaces the payload unless `undefined`. Meaningless for handshakes and `authenticate`. */
  data?: any;
  /** `publishOut` only: `useCache` sends the shared frame even if `data` was touched. */
  options?: { useCache?: boolean };
}

/** What has become of an action; `null` until it is settled. */
export type ActionOutcome = 'allowed' | 'blocked' | null;

/** The payload as `allow()` left it. @internal */
export interface Verdict {
  readonly data: unknown;
  readonly replaced: boolean;
  readonly useCache: boolean | undefined;
}

const types = {
  HANDSHAKE_WS: 'handshakeWS',
  HANDSHAKE_AG: 'handshakeAG',
  HANDSHAKE_SC: 'handshakeAG',
  MESSAGE: 'message',
  TRANSMIT: 'transmit',
  INVOKE: 'invoke',
  SUBSCRIBE: 'subscribe',
  PUBLISH_IN: 'publishIn',
  PUBLISH_OUT: 'publishOut',
  AUTHENTICATE: 'authenticate',
} as const;

/** Kinds of actions; constants of AGAction. */
export type ActionType = (typeof types)[keyof typeof types];

/**
 * One thing a client (or, for `publishOut`, a publication) is about to do, offered to a middleware
 * function, which settles it once with `allow()` or `block()`. The types of single actions are in
 * {@link AGAction}, told apart by `type`.
 */
export class ActionBase {
  readonly type: ActionType;
  /** `null` until settled. */
  outcome: ActionOutcome = null;
  /** Settles with the action: resolved by `allow()`, rejected with the error given to `block()`. */
  readonly promise: Promise<Verdict>;
  #data: unknown;
  #load: (() => unknown) | undefined;
  #loaded = false;
  #resolve!: (verdict: Verdict) => void;
  #reject!: (error: unknown) => void;

  constructor(type: ActionType, fields: object, data?: unknown, load?: () => unknown) {
    this.type = type;
    Object.assign(this, fields);
    this.#data = data;
    this.#load = load;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever waits for the outcome sees the rejection; an action settled after its socket has gone
    // has nobody waiting, and must not end the process.
    this.promise.catch(() => {});
  }

  /** The payload. May be changed in place or assigned before `allow()`; it is this socket's own copy. */
  get data(): any {
    if (this.#load) {
      this.#data = this.#load();
      this.#load = undefined;
      this.#loaded = true;
    }
    return this.#data;
  }
  set data(value: unknown) {
    this.#load = undefined;
    this.#loaded = true;
    this.#data = value;
  }

  /** Lets the action happen, with other data if given. Throws `InvalidActionError` when settled. */
  readonly allow = (packet?: AllowPacket): void => {
    this.#settle('allow');
    this.outcome = 'allowed';
    const given = typeof packet === 'object' && packet !== null ? packet : undefined;
    const replaced = given?.data !== undefined;
    this.#resolve({
      data: replaced ? given.data : this.#load ? undefined : this.#data,
      replaced: replaced || this.#loaded,
      useCache: given?.options?.useCache,
    });
  };

  /**
   * Refuses the action. Without an error the client gets a `SilentMiddlewareBlockedError`; so it does
   * when `error.silent` is true, while the server emits the real one. Throws when settled.
   */
  readonly block = (error?: unknown): void => {
    this.#settle('block');
    this.outcome = 'blocked';
    this.#reject(error);
  };

  #settle(attempt: string): void {
    if (this.outcome === null) return;
    throw new InvalidActionError(
      `AGAction ${this.type} has already been ${this.outcome}; cannot ${attempt}`,
    );
  }
}

type Constants = { readonly [Name in keyof typeof types]: (typeof types)[Name] };
// Own constants would cost ten fields per action; the prototype serves both `action.X` and class use.
Object.assign(ActionBase.prototype, types);

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
  data: any;
}

/** A subscription; `data` is what the client passed as subscription data. */
export interface SubscribeAction<Api = any> extends InboundMembers<Api> {
  readonly type: 'subscribe';
  readonly channel: NameIn<Channels<Api>>;
  data: any;
}

/** A publication by a client. */
export interface PublishInAction<Api = any> extends InboundMembers<Api> {
  readonly type: 'publishIn';
  readonly channel: NameIn<Channels<Api>>;
  data: PayloadIn<Channels<Api>, NameIn<Channels<Api>>>;
}

/** A publication about to be delivered to one socket. Blocking skips that socket only. */
export interface PublishOutAction<Api = any> extends ActionMembers {
  readonly type: 'publishOut';
  readonly socket: AGServerSocket<Api>;
  readonly channel: NameIn<Channels<Api>>;
  data: PayloadIn<Channels<Api>, NameIn<Channels<Api>>>;
}

/** A verified token about to become the socket's. Blocking leaves the socket unauthenticated. */
export interface AuthenticateAction<Api = any> extends InboundMembers<Api> {
  readonly type: 'authenticate';
  readonly data?: undefined;
  readonly signedAuthToken: string;
  readonly authToken: AuthTokenOf<Api>;
}

/** What the `handshake` line reads. */
export type HandshakeLineAction<Api = any> = HandshakeWSAction | HandshakeAGAction<Api>;
/** What the `inbound` line reads. */
export type InboundLineAction<Api = any> =
  | TransmitAction<Api>
  | InvokeAction<Api>
  | SubscribeAction<Api>
  | PublishInAction<Api>
  | AuthenticateAction<Api>;

/** Every action, told apart by `type`. */
export type AGAction<Api = any> =
  | HandshakeLineAction<Api>
  | MessageAction<Api>
  | InboundLineAction<Api>
  | PublishOutAction<Api>;

/** The class behind all actions: constants, and `instanceof`. Actions are made by the server. */
export const AGAction: Constants & (new (...args: never[]) => AGAction) = Object.assign(
  ActionBase,
  types,
) as never;

import type { IncomingMessage } from 'node:http';
import type { Codec } from '@asyngular/protocol';
import type { PresenceOffer } from '@asyngular/protocol/internal';
import type { SocketAuthentication } from '../auth/authentication.js';
import type { Arrival } from '../channels/arrival.js';
import type { Codecs } from '../codecs/codecs.js';
import type { SharedEvent, SocketEvents, SocketState } from '../events/socket-events.js';
import type { WarningDetails } from '../events/warning-details.js';
import type { MiddlewareFunctions } from '../middleware/middleware.js';
import type { SocketLanes } from '../middleware/socket-lanes.js';
import type { Outbound } from '../outbound/outbound.js';
import type { FairTurns } from '../turns/fair-turns.js';

/** What the handshake line of a server runs with, before and after there is a socket. */
export interface HandshakeLineServer {
  readonly middleware: Pick<MiddlewareFunctions, 'handshake'>;
  readonly server: { readonly middlewareEmitFailures: boolean };
  emitWarning(warning: unknown): void;
}

/** What handshakes need of the server. */
export interface HandshakeServer extends HandshakeLineServer {
  readonly options: {
    readonly batchOnHandshake: boolean;
    readonly batchOnHandshakeDuration: number;
    readonly maxPayload: number;
    readonly maxBatchLength: number;
  };
  readonly server: HandshakeLineServer['server'] & {
    readonly pingTimeout: number;
    readonly pingTimeoutDisabled: boolean;
  };
  readonly counters: { handshakes: number };
  /** The crowd that is being let in, by upgrade request. */
  readonly arrivals: FairTurns<IncomingMessage>;
  readonly codecs: Codecs;
  /** Channels with history; `undefined`: there are none. */
  readonly recovery: object | undefined;
  /** Channels that show who is there; `undefined`: there are none. */
  readonly members: { answerOffer(offer: PresenceOffer): object } | undefined;
}

/** What the `#handshake` packet needs of the session that it opens. */
export interface HandshakeSession {
  readonly core: HandshakeServer;
  readonly id: string;
  readonly request: IncomingMessage;
  readonly socket: object;
  readonly state: SocketState;
  readonly isClosed: boolean;
  readonly auth: SocketAuthentication;
  readonly outbound: Outbound;
  readonly heartbeat: { start(): void };
  readonly lanes: SocketLanes;
  readonly existingLanes: SocketLanes | undefined;
  /** Additions to the protocol that both sides named. */
  extensions: ReadonlyMap<string, unknown> | undefined;
  /** What both sides agreed to speak, where they agreed to another codec than the first. */
  agreedCodec: Codec | undefined;
  /** Whether `trace` is among them. */
  isTraced: boolean;
  /** Whether `presence` is among them. */
  readonly speaksPresence: boolean;
  /** The id of the socket that the client had before, as it says. */
  formerId: string | undefined;
  /** Set when it comes from another server that it has not left yet. */
  arrival: Arrival | undefined;
  /** What the client calls itself as a publisher. */
  publisherName: string | undefined;
  /** The handshake is complete: from now on it is one of the server's clients. */
  open(): void;
  close(code: number): void;
  announce<Name extends SharedEvent>(name: Name, data: SocketEvents[Name]): void;
  emitError(error: unknown, about?: WarningDetails): void;
  respond(id: number, data: unknown): void;
  respondError(id: number, error: unknown): void;
}

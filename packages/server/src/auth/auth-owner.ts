import type { SharedEvent, SocketEvents, SocketState } from '../events/socket-events.js';
import type { SocketLanes } from '../middleware/socket-lanes.js';
import type { AuthKey, SignTokenOptions, VerificationKey } from './auth-engine.js';
import type { RandomKey } from './random-key.js';
import type { LapseRules } from './token-lapse.js';

/** What the sockets of a server authenticate with; read at call time, because engine and keys can change. */
export interface AuthServer {
  readonly options: { readonly authDefaultExpiry: number };
  readonly middleware: { readonly inbound: unknown };
  /** Who sockets belong to, which their tokens may decide; `undefined`: the application does not say. */
  readonly users: { identify(session: AuthOwner): void } | undefined;
  /** `undefined`: the application chose a key. */
  readonly randomKey: RandomKey | undefined;
  readonly server: {
    readonly ackTimeout: number;
    readonly auth: {
      verifyToken(
        signedToken: string | null,
        key: VerificationKey | undefined,
        options: object,
      ): unknown;
      signToken(
        token: object,
        key: AuthKey | undefined,
        options: SignTokenOptions,
      ): Promise<string> | string;
    };
    readonly signatureKey: AuthKey | undefined;
    readonly verificationKey: VerificationKey | undefined;
    readonly defaultSignatureOptions: SignTokenOptions;
    readonly defaultVerificationOptions: LapseRules;
  };
}

/** What the authentication of a socket needs of its session. */
export interface AuthOwner {
  readonly core: AuthServer;
  /** Passed on to the engine and to middleware. */
  readonly socket: object;
  readonly state: SocketState;
  readonly isOpen: boolean;
  readonly isClosed: boolean;
  readonly lanes: SocketLanes;
  userId: string | undefined;
  readonly outbound: { send(packet: { event: string }): void };
  announce<Name extends SharedEvent>(name: Name, data: SocketEvents[Name]): void;
  emitError(error: unknown): void;
  transmit(event: string, data: unknown): void;
  invoke(event: string, data: unknown, timeoutMs: number): Promise<unknown>;
  close(code: number): void;
}

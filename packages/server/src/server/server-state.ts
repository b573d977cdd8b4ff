import type { Server as HttpServer } from 'node:http';
import type { OwnEventsOf } from '@asyngular/protocol/internal';
import { AsyncStreamEmitter } from '@asyngular/streams';
import { type AuthHost, authSettings, createAuthEngine } from '../auth/auth-defaults.js';
import type {
  AuthEngine,
  AuthKey,
  SignTokenOptions,
  VerificationKey,
  VerifyTokenOptions,
} from '../auth/auth-engine.js';
import { Backlogs } from '../backlogs/backlogs.js';
import { SYMBOL_MIDDLEWARE_HANDSHAKE_STREAM } from '../handshake/handshake.js';
import { type AGServerOptions, type ResolvedOptions, resolveOptions } from '../options/options.js';
import type { AGServerSocket } from '../socket/server-socket.js';
import type { ServerEvents } from './server-events.js';
import { randomId } from './socket-ids.js';

/** What waits in the streams of a server, for this package only. */
export let backlogsOf: (server: ServerState) => Backlogs;

/** Aborted when the server closes; for this package only. */
export let closingOf: (server: ServerState) => AbortController;

/** What the token engine of a server needs of it; for this package only. */
export function authHostOf(server: ServerState): AuthHost {
  return {
    closing: closingOf(server).signal,
    onFailure: (error) => server.emitWarning(error),
  };
}

type Sockets<Api> = Record<string, AGServerSocket<Api>>;

/**
 * A server as data: its options, the settings that may change while it runs, and its sockets. What it does
 * with them is in server.ts.
 */
export abstract class ServerState<Api = any> extends AsyncStreamEmitter<
  ServerEvents<Api> & OwnEventsOf<Api>
> {
  static readonly MIDDLEWARE_HANDSHAKE = 'handshake';
  static readonly MIDDLEWARE_INBOUND_RAW = 'inboundRaw';
  static readonly MIDDLEWARE_INBOUND = 'inbound';
  static readonly MIDDLEWARE_OUTBOUND = 'outbound';
  static readonly SYMBOL_MIDDLEWARE_HANDSHAKE_STREAM: typeof SYMBOL_MIDDLEWARE_HANDSHAKE_STREAM =
    SYMBOL_MIDDLEWARE_HANDSHAKE_STREAM;
  readonly MIDDLEWARE_HANDSHAKE = 'handshake';
  readonly MIDDLEWARE_INBOUND_RAW = 'inboundRaw';
  readonly MIDDLEWARE_INBOUND = 'inbound';
  readonly MIDDLEWARE_OUTBOUND = 'outbound';
  readonly SYMBOL_MIDDLEWARE_HANDSHAKE_STREAM: typeof SYMBOL_MIDDLEWARE_HANDSHAKE_STREAM =
    SYMBOL_MIDDLEWARE_HANDSHAKE_STREAM;

  readonly #backlogs: Backlogs;
  readonly #closing = new AbortController();

  static {
    backlogsOf = (server) => server.#backlogs;
    closingOf = (server) => server.#closing;
  }

  /** Options with defaults; a copy of what the caller passed. */
  readonly options: ResolvedOptions;
  /** Open sockets by id. */
  readonly clients: Sockets<Api> = Object.create(null);
  /** Number of open sockets. */
  clientsCount = 0;
  /** Sockets whose handshake is not complete, by id. */
  readonly pendingClients: Sockets<Api> = Object.create(null);
  /** Number of sockets whose handshake is not complete. */
  pendingClientsCount = 0;
  /** Whether the broker is connected and the server accepts clients. */
  isReady = false;
  /** The HTTP server whose upgrades are handled; `undefined` when the engine listens itself. */
  httpServer: HttpServer | undefined;
  /** The engine that signs and verifies tokens; see `setAuthEngine`. */
  auth: AuthEngine;
  /** Key that signs and key that verifies tokens; may be replaced while running. */
  signatureKey: AuthKey | undefined;
  /** Key that verifies tokens; may be replaced while running. */
  verificationKey: VerificationKey | undefined;
  /** Passed to every verification. */
  defaultVerificationOptions: VerifyTokenOptions;
  /** Passed to every signing, below the call's own options. */
  defaultSignatureOptions: SignTokenOptions;
  /** Default of `socket.invoke()`, in ms; may be changed, as those below. */
  ackTimeout: number;
  /** See the option, in ms. */
  handshakeTimeout: number;
  /** See the option, in ms. */
  pingInterval: number;
  /** See the option, in ms. */
  pingTimeout: number;
  /** See the option. */
  pingTimeoutDisabled: boolean;
  /** See the option. */
  allowClientPublish: boolean;
  /** See the option. */
  socketChannelLimit: number;
  /** See the option. */
  strictHandshake: boolean;
  /** See the option. */
  middlewareEmitFailures: boolean;

  /** Throws `InvalidOptionsError` naming the option and the expected value. */
  constructor(options?: AGServerOptions<Api>) {
    const resolved = resolveOptions(options);
    const backlogs = new Backlogs(resolved);
    super(backlogs.guarded(backlogs.events, 'the server'));
    this.#backlogs = backlogs;
    this.options = resolved;
    this.ackTimeout = resolved.ackTimeout;
    this.handshakeTimeout = resolved.handshakeTimeout;
    this.pingInterval = resolved.pingInterval;
    this.pingTimeout = resolved.pingTimeout;
    this.pingTimeoutDisabled = resolved.pingTimeoutDisabled;
    this.allowClientPublish = resolved.allowClientPublish;
    this.socketChannelLimit = resolved.socketChannelLimit;
    this.strictHandshake = resolved.strictHandshake;
    this.middlewareEmitFailures = resolved.middlewareEmitFailures;
    const auth = authSettings(resolved);
    this.auth = createAuthEngine(resolved, authHostOf(this));
    this.signatureKey = auth.signatureKey;
    this.verificationKey = auth.verificationKey;
    this.defaultSignatureOptions = auth.signatureOptions;
    this.defaultVerificationOptions = auth.verificationOptions;
    this.httpServer = resolved.httpServer;
  }

  /** The `origins` option. */
  get origins(): ResolvedOptions['origins'] {
    return this.options.origins;
  }

  /** The `protocolVersion` option; 2 unless it was set. */
  get protocolVersion(): 1 | 2 {
    return this.options.protocolVersion ?? 2;
  }

  /** The `perMessageDeflate` option. */
  get perMessageDeflate(): boolean | object | undefined {
    return this.options.perMessageDeflate;
  }

  /** Emits `warning`. */
  abstract emitWarning(warning: Error): void;

  /** The path this server serves. */
  getPath(): string {
    return this.options.path;
  }

  /** A new socket id. */
  generateId(): string {
    return randomId();
  }
}

import { randomBytes } from 'node:crypto';
import type { Server as HttpServer } from 'node:http';
import type { Broker } from '@asyngular/broker';
import type { Codec } from '@asyngular/protocol';
import { InvalidActionError, InvalidArgumentsError } from '@asyngular/protocol';
import type {
  CallData,
  CallResult,
  NameIn,
  PayloadIn,
  SectionOf,
} from '@asyngular/protocol/internal';
import { AsyncStreamEmitter } from '@asyngular/streams';
import { acceptUpgrade, judgeUpgrade, type UpgradeInfo } from './accept.js';
import type {
  HandshakeLineAction,
  InboundLineAction,
  MessageAction,
  PublishOutAction,
} from './action.js';
import { assertFunction, assertMethods } from './arguments.js';
import { authDefaults } from './auth-defaults.js';
import type { AuthEngine, AuthKey, SignTokenOptions, VerifyTokenOptions } from './auth-engine.js';
import type { AGBrokerEngine } from './broker-engine.js';
import { startBroker } from './broker-events.js';
import { type DrainOptions, type DrainResult, drainServer } from './drain.js';
import type { ServerEvents } from './events.js';
import { AGExchange } from './exchange.js';
import type { HandlerContext, HandlerOptions } from './handlers.js';
import { dropHandshakeLane, SYMBOL_MIDDLEWARE_HANDSHAKE_STREAM } from './handshake.js';
import { readHealth, type ServerHealth } from './health.js';
import { endLane, type MiddlewareFunction, type MiddlewareLine } from './middleware.js';
import { type AGServerOptions, type ResolvedOptions, resolveOptions } from './options.js';
import { ServerCore } from './server-core.js';
import type { AGServerSocket } from './server-socket.js';
import { sessionOf } from './socket-base.js';
import type { ServerStats } from './stats.js';
import { handleUpgrades } from './upgrade.js';

/** What a middleware function of each line reads. */
export interface MiddlewareActions<Api = any> {
  handshake: HandshakeLineAction<Api>;
  inboundRaw: MessageAction<Api>;
  inbound: InboundLineAction<Api>;
  outbound: PublishOutAction<Api>;
}

type Sockets<Api> = Record<string, AGServerSocket<Api>>;
type Procedures<Api> = SectionOf<Api, 'procedures'>;
type Receivers<Api> = SectionOf<Api, 'receivers'>;

/** Server ids of sockets: 15 random bytes make 20 URL-safe characters (P4.3). */
const ID_BYTES = 15;

/**
 * Accepts clients on an HTTP server, one path of it. `listen()` and `attach()` are the usual ways to
 * make one. Its events and, through `exchange`, its channels are streams. Spec: docs/server.md.
 */
export class AGServer<Api = any> extends AsyncStreamEmitter<ServerEvents<Api>> {
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

  /** Options with defaults; a copy of what the caller passed. */
  readonly options: ResolvedOptions;
  /** The server's own end of pub/sub. */
  readonly exchange: AGExchange<Api>;
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
  /** The HTTP server whose upgrades are handled, if any. */
  httpServer: HttpServer | undefined;
  /** The engine that signs and verifies tokens; see `setAuthEngine`. */
  auth: AuthEngine;
  /** Key that signs and key that verifies tokens; may be replaced while running. */
  signatureKey: AuthKey | undefined;
  /** Key that verifies tokens; may be replaced while running. */
  verificationKey: AuthKey | undefined;
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
  readonly #core: ServerCore;
  #drained: Promise<DrainResult> | undefined;
  readonly #stopUpgrades: (() => void) | undefined;

  /** Throws `InvalidOptionsError` naming the option and the expected value. */
  constructor(options?: AGServerOptions) {
    super();
    const resolved = resolveOptions(options);
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
    const auth = authDefaults(resolved);
    this.auth = auth.engine;
    this.signatureKey = auth.signatureKey;
    this.verificationKey = auth.verificationKey;
    this.defaultSignatureOptions = auth.signatureOptions;
    this.defaultVerificationOptions = auth.verificationOptions;
    this.#core = new ServerCore(this, resolved);
    this.exchange = new AGExchange<Api>(this.#core);
    this.#core.exchange = this.exchange;
    this.httpServer = resolved.httpServer;
    if (this.httpServer) {
      this.#stopUpgrades = handleUpgrades(this.httpServer, resolved.path, (request, socket, head) =>
        acceptUpgrade(this.#core, request, socket, head),
      );
    }
    this.#start();
  }

  /** The engine's server object. */
  get wsServer(): any {
    return this.#core.engine.raw;
  }

  /** Carries publications between server processes. */
  get broker(): Broker {
    return this.#core.broker;
  }

  /** Pub/sub of this server as a whole, to watch. */
  get brokerEngine(): AGBrokerEngine {
    return this.#core.brokerEngine;
  }

  /** Turns packets into messages and back; see `setCodecEngine`. */
  get codec(): Codec {
    return this.#core.codec;
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

  /** The path this server serves. */
  getPath(): string {
    return this.options.path;
  }

  /** A new socket id. */
  generateId(): string {
    return randomBytes(ID_BYTES).toString('base64url');
  }

  /** Replaces the token engine from the next token on. */
  setAuthEngine(engine: AuthEngine): void {
    assertMethods(engine, 'auth engine', 'verifyToken', 'signToken');
    this.auth = engine;
  }

  /** Takes effect with the next message in either direction. */
  setCodecEngine(codec: Codec): void {
    assertMethods(codec, 'codec engine', 'encode', 'decode');
    this.#core.codec = codec;
  }

  /** Emits `error`. */
  emitError(error: Error): void {
    this.emit('error', { error });
  }

  /** Emits `warning`. */
  emitWarning(warning: Error): void {
    this.#core.emitWarning(warning);
  }

  /**
   * Sets the function of a middleware line, for sockets that are connected and those to come. Throws
   * `InvalidArgumentsError` for an unknown line or what is no function, `InvalidActionError` when the
   * line has one.
   */
  setMiddleware<Line extends MiddlewareLine>(
    line: Line,
    middleware: MiddlewareFunction<MiddlewareActions<Api>[Line]>,
  ): void {
    this.#assertLine(line);
    if (this.#core.middleware[line]) {
      throw new InvalidActionError(`Middleware ${line} type has already been set`);
    }
    assertFunction(middleware, `${line} middleware`);
    this.#core.middleware[line] = middleware;
  }

  /** Removes a line's function; its loops end, and actions pass from now on. */
  removeMiddleware(line: MiddlewareLine): void {
    this.#assertLine(line);
    this.#core.middleware[line] = undefined;
    for (const sockets of [this.clients, this.pendingClients]) {
      for (const socket of Object.values(sockets)) endLane(sessionOf(socket), line);
    }
  }

  /** Whether the line has a function. */
  hasMiddleware(line: MiddlewareLine): boolean {
    return this.#core.middleware[line] !== undefined;
  }

  /**
   * Answers the calls of a procedure on all sockets: what the function returns is the answer, what it
   * throws the error. Streams of that name then get nothing. One call at a time per socket unless
   * `concurrency: 'parallel'`. Returns the function that removes it; throws `InvalidActionError` when
   * the name has a handler.
   */
  handle<Name extends NameIn<Procedures<Api>>>(
    procedure: Name,
    handler: (
      data: CallData<Procedures<Api>, Name>,
      context: HandlerContext<Api>,
    ) => Promise<CallResult<Procedures<Api>, Name>> | CallResult<Procedures<Api>, Name>,
    options?: HandlerOptions,
  ): () => void {
    return this.#core.procedures.add(procedure, handler, options);
  }

  /** As `handle`, for one-way messages: what the function throws is emitted as the socket's `error`. */
  handleTransmit<Name extends NameIn<Receivers<Api>>>(
    receiver: Name,
    handler: (data: PayloadIn<Receivers<Api>, Name>, context: HandlerContext<Api>) => unknown,
    options?: HandlerOptions,
  ): () => void {
    return this.#core.receivers.add(receiver, handler, options);
  }

  /** Counters and gauges of this server. */
  stats(): ServerStats {
    const { counters, hub, budget, limits } = this.#core;
    return {
      clients: this.clientsCount,
      pendingClients: this.pendingClientsCount,
      channels: hub.channelCount,
      handshakes: counters.handshakes,
      unhandledTransmits: counters.unhandledTransmits,
      unhandledCalls: counters.unhandledCalls,
      blockedActions: counters.blockedActions,
      pendingHandshakes: this.#core.pendingHandshakes,
      bufferedBytes: budget.totalBytes,
      stalledSockets: budget.memberCount,
      addresses: this.#core.addresses?.size ?? 0,
      limits: limits.counts(),
    };
  }

  /** How this server and its broker are; see `healthHandler()` for load balancers. */
  health(): ServerHealth {
    return readHealth(this.#core);
  }

  /** Judges an upgrade request by handshake middleware and origin, as if it had arrived. */
  verifyHandshake(
    info: UpgradeInfo,
    callback: (isAccepted: boolean, status?: number, message?: string) => void,
  ): void {
    judgeUpgrade(this.#core, info).then((refusal) => {
      dropHandshakeLane(info.req);
      if (refusal) callback(false, refusal.status, refusal.message);
      else callback(true);
    });
  }

  /**
   * Leaves without losing anything accepted: refuses upgrades with 503, sends the clients away with 1001
   * one after the other over `spread` ms (default 10,000), each when its calls are answered and its
   * messages consumed, or at `timeout` ms (default 30,000); then closes. `isReady` is false at once.
   */
  drain(options: DrainOptions = {}): Promise<DrainResult> {
    this.#drained ??= drainServer(this.#core, options);
    return this.#drained;
  }

  /**
   * Stops accepting clients, drops all sockets (pending ones always; open ones unless
   * `keepSocketsOpen`) and closes the broker. The HTTP server stays open. May be called twice.
   */
  async close(keepSocketsOpen = false): Promise<void> {
    if (this.#core.isClosed) return;
    this.#core.isClosed = true;
    this.isReady = false;
    this.#stopUpgrades?.();
    for (const socket of Object.values(this.pendingClients)) sessionOf(socket).terminate();
    if (!keepSocketsOpen) {
      for (const socket of Object.values(this.clients)) sessionOf(socket).terminate();
    }
    this.#core.engine.close();
    if (keepSocketsOpen) return;
    this.#core.hub.close();
    await this.#core.broker.close();
  }

  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #assertLine(line: string): void {
    if (Object.hasOwn(this.#core.middleware, line)) return;
    throw new InvalidArgumentsError(`Middleware ${line} type is not supported`);
  }

  #start(): void {
    const started = startBroker(this.#core);
    // Listeners are set up in the turn in which the server is made.
    setImmediate(async () => {
      if (this.options.authKeyIsRandom) {
        this.emitWarning(
          new InvalidArgumentsError(
            'No authKey was given, so tokens are signed with a random key: they end with this process ' +
              'and mean nothing to others. Set authKey (or authPrivateKey and authPublicKey)',
          ),
        );
      }
      try {
        await started;
      } catch (error) {
        this.#core.emitWarning(error);
        return;
      }
      if (this.#core.isClosed) return;
      this.isReady = true;
      this.#core.brokerEngine.isReady = true;
      this.emit('ready', {});
      this.brokerEngine.emit('ready', {});
    });
  }
}

import type { Broker } from '@asyngular/broker';
import type { PresenceState } from '@asyngular/channels';
import type { Codec } from '@asyngular/protocol';
import type {
  AuthTokenOf,
  CallData,
  CallResult,
  NameIn,
  PayloadIn,
  SectionOf,
  TokenClaims,
} from '@asyngular/protocol/internal';
import { createAuthEngine } from '../auth/auth-defaults.js';
import type { AuthEngineOption, SignTokenOptions } from '../auth/auth-engine.js';
import { makeToken } from '../auth/sign-token.js';
import { verifyToken } from '../auth/verify-token.js';
import type { AGBrokerEngine } from '../channels/broker-engine.js';
import type { ChannelMembers } from '../channels/channel-members.js';
import type { AGExchange } from '../channels/exchange.js';
import { Codecs } from '../codecs/codecs.js';
import { dropHandshakeLane } from '../handshake/handshake.js';
import { readHealth, type ServerHealth } from '../health/health.js';
import type { ServerStats } from '../health/stats.js';
import type { MetricFamily } from '../metrics/family.js';
import { writeOpenMetrics } from '../metrics/openmetrics.js';
import type { MiddlewareCallback } from '../middleware/callback-line.js';
import type { InboundActionKind, InboundMiddlewareOptions } from '../middleware/inbound-actions.js';
import type { MiddlewareFunction, MiddlewareLine } from '../middleware/middleware.js';
import type { AGServerOptions } from '../options/options.js';
import type { ReloadableOption, ReloadOptions } from '../options/reload-options.js';
import type { AGFleet } from '../people/fleet.js';
import type { AGUser } from '../people/user.js';
import type { AGServerSocket } from '../socket/server-socket.js';
import { acceptUpgrade, judgeUpgrade, type UpgradeInfo } from '../upgrade/accept.js';
import { HttpUpgrade, handleUpgrades } from '../upgrade/upgrade.js';
import type {
  HandshakeLineAction,
  InboundActionOf,
  InboundLineAction,
  MessageAction,
  OutboundLineAction,
} from './actions.js';
import { assertAuthEngine, assertMethods } from './arguments.js';
import type { HandlerContext, ProcedureContext } from './call-context.js';
import { closeServer, stopAccepting } from './close.js';
import { type DrainResult, drainServer } from './drain.js';
import { checkDrainOptions, type DrainOptions } from './drain-options.js';
import type { HandlerOptions } from './handlers.js';
import { addCallback, removeMiddleware, setMiddleware } from './middleware-lines.js';
import { readMetrics, startMetrics } from './read-metrics.js';
import { readStats } from './read-stats.js';
import { reloadServer } from './reload.js';
import { ServerCore } from './server-core.js';
import { startServer } from './server-start.js';
import { authHostOf, ServerState } from './server-state.js';
import { workerHost } from './worker-host.js';

/** What a middleware function of each line reads. */
export interface MiddlewareActions<Api = any> {
  handshake: HandshakeLineAction<Api>;
  inboundRaw: MessageAction<Api>;
  inbound: InboundLineAction<Api>;
  outbound: OutboundLineAction<Api>;
}

type Procedures<Api> = SectionOf<Api, 'procedures'>;
type Receivers<Api> = SectionOf<Api, 'receivers'>;

// A socket shows the server that made it, and must not import it: everything here is made of sockets.
declare module '../socket/server-socket.js' {
  interface AGServerSocket<Api> {
    /** The server that accepted the socket. */
    readonly server: AGServer<Api>;
  }
}

// The same for what an auth engine gets with each token.
declare module '../auth/auth-engine.js' {
  interface VerifyTokenOptions {
    /** The socket whose token it is; for engines that decide per connection. */
    socket?: AGServerSocket;
  }
}

/** What all sockets of a server share, for this package only. */
export let coreOf: (server: AGServer) => ServerCore;

/**
 * Accepts clients on an HTTP server, one path of it. `listen()` and `attach()` are the usual ways to
 * make one. Its events and, through `exchange`, its channels are streams. Spec: docs/server.md.
 */
export class AGServer<Api = any> extends ServerState<Api> {
  /** The server's own end of pub/sub. */
  readonly exchange: AGExchange<Api>;
  readonly #core: ServerCore;
  #drained: Promise<DrainResult> | undefined;
  #closed: Promise<void> | undefined;

  static {
    coreOf = (server) => server.#core;
  }

  /** Throws `InvalidOptionsError` naming the option and the expected value. */
  constructor(options?: AGServerOptions<Api>) {
    super(options);
    const core = new ServerCore(this, this.options);
    const { engine } = core;
    this.#core = core;
    this.exchange = core.exchange;
    if (this.httpServer && 'upgrade' in engine) {
      const { path } = this.options;
      core.stopUpgrades = handleUpgrades(this.httpServer, path, (...upgrade) =>
        acceptUpgrade(core, new HttpUpgrade(engine, ...upgrade)),
      );
    }
    startMetrics(core);
    startServer(core);
    workerHost()?.onServer(this);
  }

  /** The engine's server object. */
  get wsServer(): any {
    return this.#core.engine.raw;
  }

  /** The TCP port that clients connect to; `undefined` while nothing listens, and on a Unix socket. */
  get port(): number | undefined {
    const { engine } = this.#core;
    if ('listen' in engine) return engine.port;
    const address = this.httpServer?.address();
    return typeof address === 'object' ? address?.port : undefined;
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
    return this.#core.codecs.given;
  }

  /**
   * Replaces the token engine from the next token on. An engine with `verifyToken()` or `signToken()` alone
   * is completed by the built-in one. Throws `InvalidArgumentsError` for one with neither.
   */
  setAuthEngine(engine: AuthEngineOption): void {
    assertAuthEngine(engine);
    this.options.authEngine = engine;
    this.auth = createAuthEngine(this.options, authHostOf(this));
  }

  /** Takes effect with the next message in either direction. */
  setCodecEngine(codec: Codec): void {
    assertMethods(codec, 'codec engine', 'encode', 'decode');
    this.#core.codecs = new Codecs(codec, this.#core.options.maxDepth);
  }

  /**
   * Replaces options while the server runs: keys, origins, limits and rates, as listed in docs/server.md with when each
   * takes effect. All of them are replaced, or none: throws `InvalidOptionsError` for a value that a new server would
   * refuse and for an option that needs a restart. What is not given stays; `rateLimits: {}` limits nothing. Returns the
   * names of the options that have another value now, and emits `reload` if there are any.
   */
  reload(options: ReloadOptions): readonly ReloadableOption[] {
    return reloadServer(this.#core, options);
  }

  /** Emits `error`. */
  emitError(error: Error): void {
    if (this.getListenerConsumerCount('error') === 0) this.#core.log.error(error);
    (this as AGServer).emit('error', { error });
  }

  /** Emits `warning`. */
  emitWarning(warning: Error): void {
    this.#core.emitWarning(warning);
  }

  /**
   * Sets the function of a middleware line, for sockets that are connected and those to come. Of the inbound line it may
   * ask for certain kinds of `actions`; others then pass without it. Throws `InvalidArgumentsError` for an unknown
   * line or what is no function, `InvalidActionError` when the line has one, `InvalidOptionsError`.
   */
  setMiddleware<Line extends MiddlewareLine>(
    line: Line,
    middleware: MiddlewareFunction<MiddlewareActions<Api>[Line]>,
  ): void;
  setMiddleware<Kind extends InboundActionKind>(
    line: 'inbound',
    middleware: MiddlewareFunction<InboundActionOf<Api, Kind>>,
    options: InboundMiddlewareOptions<Kind>,
  ): void;
  setMiddleware(
    line: MiddlewareLine,
    middleware: MiddlewareFunction,
    options?: InboundMiddlewareOptions,
  ): void {
    setMiddleware(this.#core, line, middleware, options);
  }

  /**
   * Adds a function to a middleware line in callback form: it judges one action by `action.allow()` or
   * `action.block()`, or by what it returns: nothing or `true` to let it pass, `false` to block it, anything
   * else to replace its data. An error that it throws blocks the action. Several functions of a line run in
   * order, until one blocks. Of the inbound line it may ask for certain kinds of `actions`. Returns the function
   * that removes it. Throws `InvalidActionError` when the line has a function in stream form, and else as
   * `setMiddleware()` does.
   */
  use<Line extends MiddlewareLine>(
    line: Line,
    callback: MiddlewareCallback<MiddlewareActions<Api>[Line]>,
  ): () => void;
  use<Kind extends InboundActionKind>(
    line: 'inbound',
    callback: MiddlewareCallback<InboundActionOf<Api, Kind>>,
    options: InboundMiddlewareOptions<Kind>,
  ): () => void;
  use(
    line: MiddlewareLine,
    callback: MiddlewareCallback,
    options?: InboundMiddlewareOptions,
  ): () => void {
    return addCallback(this.#core, line, callback, options);
  }

  /** Removes a line's function or functions; its loops end, and actions pass from now on. */
  removeMiddleware(line: MiddlewareLine): void {
    removeMiddleware(this.#core, line);
  }

  /** Whether the line has a function. */
  hasMiddleware(line: MiddlewareLine): boolean {
    return this.#core.middleware[line] !== undefined;
  }

  /**
   * Answers the calls of a procedure on all sockets: what the function returns is the answer. A `PublicError`
   * that it throws fails the call; any other error is a `warning`, and the caller gets an `InternalServerError`
   * (see `exposeErrors`). Streams of that name then get nothing. One call at a time per socket unless
   * `concurrency: 'parallel'`. Returns the function that removes it; throws `InvalidActionError` when the name
   * has a handler.
   */
  handle<Name extends NameIn<Procedures<Api>>>(
    procedure: Name,
    handler: (
      data: CallData<Procedures<Api>, Name>,
      context: ProcedureContext<Api, Name>,
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

  /**
   * Signs claims as a token for a client, as `socket.setAuthToken()` does: with the server's key, `iat`, and an
   * `exp` after `authDefaultExpiry` unless `exp` or `expiresIn` says otherwise. For an HTTP route that logs in.
   */
  async signToken(claims: TokenClaims<Api>, options: SignTokenOptions = {}): Promise<string> {
    return (await makeToken(this.#core, claims, options)).signed;
  }

  /**
   * The payload of a token that clients of this server may use. Rejects with one of the `AuthToken…Error`
   * classes.
   */
  async verifyToken(signedToken: string): Promise<AuthTokenOf<Api>> {
    return (await verifyToken(this.#core, signedToken)) as AuthTokenOf<Api>;
  }

  /**
   * A user on all devices and servers, connected or not: to send to, to ask, to disconnect. Throws
   * `InvalidActionError` without the option `userId` and as `fleet` does, `InvalidArgumentsError` for what can be nobody's id.
   */
  user(id: string): AGUser<Api> {
    return this.#core.people.user(id);
  }

  /**
   * All servers that share the broker, and their sockets. Throws `InvalidActionError` when there may be others and this
   * one does not listen to them; see the option `fleet`.
   */
  get fleet(): AGFleet {
    return this.#core.people.view;
  }

  /** Who is in a channel: the same as `exchange.presence(name)`. */
  presence<Name extends string>(
    name: Name,
  ): ChannelMembers<PresenceState<SectionOf<Api, 'presence'>, Name>> {
    return this.exchange.presence(name);
  }

  /** Counters and gauges of this server. */
  stats(): ServerStats {
    return readStats(this.#core);
  }

  /**
   * The metrics of this server as OpenMetrics text, which Prometheus and its like read; docs/metrics.md names them. The
   * option `metrics` shows them on a port of their own, `metricsHandler()` on an HTTP server of yours.
   */
  async metrics(): Promise<string> {
    return writeOpenMetrics(readMetrics(this.#core));
  }

  /** The same as plain values, to be summed up over processes or written together with metrics of your own. */
  metricFamilies(): readonly MetricFamily[] {
    return readMetrics(this.#core);
  }

  /** Where the option `metrics` shows them; `undefined` while nothing listens there. */
  get metricsPort(): number | undefined {
    return this.#core.metricsServer?.port;
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
   * Leaves without losing anything accepted: refuses upgrades with 503 and sends the clients away one after the other, over
   * `spread` ms (default 10,000) or what the remaining servers need (`handshakeRate`). Clients that know how connect to another
   * server first, and end here what is under way; the others get 1001, each when its calls are answered and its
   * messages consumed, or at `timeout` ms (default 30,000); then closes. `isReady` is false at once.
   * Throws `InvalidOptionsError`; options of a second call have no effect.
   */
  drain(options?: DrainOptions): Promise<DrainResult> {
    const checked = checkDrainOptions(options);
    this.#drained ??= this.#drain(checked);
    return this.#drained;
  }

  /**
   * Stops accepting clients, drops all sockets (pending ones always; open ones unless
   * `keepSocketsOpen`) and closes the broker; then the loops over the server's and the exchange's streams
   * end, after what waits in them. The HTTP server stays open, unless it is the engine's own. May be called
   * again: after `close(true)` to end the rest, else for the same promise. Ends within `closeTimeout` ms: a
   * broker that has not closed by then is left behind, with a `warning`.
   */
  close(keepSocketsOpen = false): Promise<void> {
    stopAccepting(this.#core);
    if (keepSocketsOpen) return Promise.resolve();
    this.#closed ??= closeServer(this.#core);
    return this.#closed;
  }

  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #drain(options: DrainOptions): Promise<DrainResult> {
    const core = this.#core;
    const result = await drainServer(core, options);
    stopAccepting(core);
    this.#closed ??= closeServer(core, result.unfinished);
    await this.#closed;
    return result;
  }
}

import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Broker } from '@asyngular/broker';
import { heartbeats, InvalidArgumentsError, InvalidOptionsError } from '@asyngular/protocol';
import { RandomKey } from '../auth/random-key.js';
import type { Backlogs } from '../backlogs/backlogs.js';
import { weigh } from '../backlogs/weigh.js';
import { AGBrokerEngine } from '../channels/broker-engine.js';
import { ChannelHub } from '../channels/channel-hub.js';
import { AGExchange } from '../channels/exchange.js';
import { PublishFailures } from '../channels/publish-failures.js';
import { Codecs } from '../codecs/codecs.js';
import { schemaTimeout } from '../contract/schema-timeout.js';
import { ServerContract } from '../contract/server-contract.js';
import { createEngine } from '../engine/create-engine.js';
import type { Engine, ListeningEngine, PreparedFrame } from '../engine/engine.js';
import type { SharedEvent, SocketEvents } from '../events/socket-events.js';
import type { WarningDetails } from '../events/warning-details.js';
import { ServerFleet } from '../fleet/server-fleet.js';
import { Counters } from '../health/stats.js';
import { Addresses, addressKey } from '../limits/addresses.js';
import { LimitCounters } from '../limits/limits.js';
import { ExchangeChannels } from '../members/exchange-channels.js';
import type { MemberChannels } from '../members/member-channels.js';
import { CallMeter } from '../metrics/call-meter.js';
import {
  type CallOutcome,
  callOutcomes,
  type OutgoingOutcome,
  outgoingOutcomes,
} from '../metrics/call-outcomes.js';
import { ChannelTraffic } from '../metrics/channel-traffic.js';
import { CloseCounts } from '../metrics/close-counts.js';
import { DurationHistogram } from '../metrics/histogram.js';
import { LagMeter } from '../metrics/lag-meter.js';
import type { MetricsServer } from '../metrics/metrics-server.js';
import { TurnTimes } from '../metrics/turn-times.js';
import type { CallbackLine } from '../middleware/callback-line.js';
import { usualKinds } from '../middleware/inbound-actions.js';
import type { MiddlewareFunctions, MiddlewareLine } from '../middleware/middleware.js';
import { createChannelPolicies, isAnyDropping, withPatterns } from '../options/channel-policies.js';
import type { ResolvedOptions } from '../options/options.js';
import { workerDefaults } from '../options/worker-defaults.js';
import { FlushList } from '../outbound/flush-list.js';
import { OutboundBudget } from '../outbound/outbound-budget.js';
import type { OutboxLimits } from '../outbound/outbox.js';
import { createOverflowPolicy } from '../outbound/overflow-policy.js';
import { Users } from '../people/users.js';
import { RecoverableChannels } from '../recovery/recoverable-channels.js';
import { Handlers } from '../server/handlers.js';
import { ClosingConnections } from '../session/closing-connections.js';
import type { Session } from '../session/session.js';
import type { SessionServer } from '../session/session-server.js';
import { AGRequest } from '../socket/request.js';
import { AGServerSocket, socketOf } from '../socket/server-socket.js';
import { sessionOf } from '../socket/socket-streams.js';
import { FairTurns } from '../turns/fair-turns.js';
import { SharedTime } from '../turns/shared-time.js';
import { StreamTurns } from '../turns/stream-turns.js';
import { clientAddress } from '../upgrade/client-address.js';
import type { HandshakeSlot } from '../upgrade/handshake-slot.js';
import { createOriginCheck, type OriginCheck } from '../upgrade/origins.js';
import type { UpgradeServer } from '../upgrade/upgrade-server.js';
import { createMembers } from './create-members.js';
import { LoadMeter } from './load-meter.js';
import { type ServerEvents, serverTwins } from './server-events.js';
import { ServerLog } from './server-log.js';
import { leaveUser, ServerPeople } from './server-people.js';
import { backlogsOf, type ServerState } from './server-state.js';
import { version } from './version.js';

/** About what a socket takes that waits with the event of its coming or going. */
const SOCKET_BYTES = 8_192;

/** Events in which a socket may be held by nothing else. */
const bringsSocket: ReadonlySet<SharedEvent> = new Set([
  'connect',
  'connectAbort',
  'disconnect',
  'close',
]);

/** Channels with history need a broker that keeps them. */
function assertKeepsLogs({ name, log }: Broker): void {
  if (log !== undefined) return;
  throw new InvalidOptionsError(
    `The channels option gives channels history, and the ${name} broker keeps no logs; use one that does, such as ` +
      'memoryBroker(), or leave history out',
  );
}

/** What all sockets of one server share. The server is its public face. */
export class ServerCore implements SessionServer, UpgradeServer {
  readonly server: ServerState;
  readonly options: ResolvedOptions;
  /** What is checked of messages; `undefined`: nothing. */
  readonly contract: ServerContract | undefined;
  readonly engine: Engine | ListeningEngine;
  readonly broker: Broker;
  readonly hub: ChannelHub;
  /** Channels with a log, if some pattern has history. */
  readonly recovery: RecoverableChannels | undefined;
  /** Channels that show who is there, if some pattern has presence. */
  readonly members: MemberChannels | undefined;
  /** The same, for the server itself. */
  readonly exchangeMembers: ExchangeChannels | undefined;
  readonly brokerEngine: AGBrokerEngine;
  /** The other servers. */
  readonly fleet: ServerFleet;
  /** Who sockets belong to; `undefined` without the option `userId`. */
  readonly users: Users<Session> | undefined;
  readonly people: ServerPeople;
  readonly randomKey: RandomKey | undefined;
  readonly startedAt = performance.now();
  /** When the broker's status changed last, in ms since the epoch. */
  brokerSince = Date.now();
  /** Counts what is published on this server, while the inspector is looked at. */
  onPublication: ((channel: string) => void) | undefined;
  /** The last time publications of other servers may have been missed. */
  lastInterruption: { since: number; until: number; reason: string } | undefined;
  readonly flushList: FlushList;
  readonly arrivals: FairTurns<IncomingMessage> = new FairTurns((request) =>
    addressKey(clientAddress(this, request)),
  );
  readonly streamTurns = new StreamTurns();
  readonly sharedTime = new SharedTime();
  readonly outboxLimits: OutboxLimits;
  readonly publishFailures: PublishFailures;
  readonly counters = new Counters();
  readonly closes = new CloseCounts();
  readonly times: TurnTimes;
  readonly calls: CallMeter<CallOutcome>;
  readonly outgoing: CallMeter<OutgoingOutcome>;
  readonly traffic: ChannelTraffic;
  readonly recoveryDurations = new DurationHistogram();
  readonly lag = new LagMeter();
  readonly log: ServerLog;
  readonly limits = new LimitCounters();
  readonly backlogs: Backlogs;
  readonly budget: OutboundBudget;
  /** Set when something is limited per address. */
  addresses: Addresses | undefined;
  /** Handshakes under way, from the upgrade request on. */
  readonly handshakes = new Set<HandshakeSlot>();
  readonly closing = new ClosingConnections();
  readonly middleware: MiddlewareFunctions = {
    handshake: undefined,
    inboundRaw: undefined,
    inbound: undefined,
    outbound: undefined,
  };
  /** The kinds of actions that the function of the inbound line asks for. */
  inboundKinds = usualKinds;
  /** The functions behind those of `middleware` that have callback form. */
  readonly callbackLines: { [Line in MiddlewareLine]?: CallbackLine | undefined } = {};
  checkOrigin: OriginCheck;
  /** Heartbeats by protocol version, framed once. */
  readonly pingFrames: { readonly 1: PreparedFrame; readonly 2: PreparedFrame };
  codecs: Codecs;
  procedureHandlers: Handlers | undefined;
  receiverHandlers: Handlers | undefined;
  readonly exchange: AGExchange;
  /** Ends the handling of upgrades, unless the engine listens itself. */
  stopUpgrades: (() => void) | undefined;
  /** Shows metrics, if the option says so. */
  metricsServer: MetricsServer | undefined;
  /** Made by `listen()`, so that nobody else is served by its connections. */
  ownHttpServer: HttpServer | undefined;
  isClosed = false;
  /** Set by `drain()`: upgrades are refused. */
  isDraining = false;

  constructor(server: ServerState, options: ResolvedOptions) {
    this.server = server;
    this.backlogs = backlogsOf(server);
    this.backlogs.reporter = this;
    this.options = options;
    this.traffic = new ChannelTraffic(options.channelPatterns.keys());
    const awaitCheck = schemaTimeout(options.middlewareTimeout, () =>
      this.limits.add('middlewareTimeout'),
    );
    this.contract =
      options.contract && new ServerContract(options.contract['~contract'].checks(awaitCheck));
    this.log = new ServerLog(options.logger);
    this.codecs = new Codecs(options.codecEngine, options.maxDepth);
    this.budget = new OutboundBudget(options.maxBufferedBytesTotal);
    this.limitAddresses();
    this.broker = options.broker;
    this.publishFailures = new PublishFailures(this.broker, (error) => this.emitWarning(error));
    this.engine = createEngine(options);
    this.flushList = new FlushList(this.engine);
    this.times = new TurnTimes(this.flushList);
    this.calls = new CallMeter(callOutcomes, this.times, (name) => this.#isDeclared(name));
    this.outgoing = new CallMeter(
      outgoingOutcomes,
      this.times,
      (name) => this.contract?.hasClientProcedure(name) === true,
    );
    this.checkOrigin = createOriginCheck(options.origins);
    this.pingFrames = {
      1: this.engine.prepare(heartbeats[1].ping),
      2: this.engine.prepare(heartbeats[2].ping),
    };
    const { overflowPolicy, channelPatterns } = options;
    const overflowOf = createOverflowPolicy(overflowPolicy, (error) => this.emitWarning(error));
    this.outboxLimits = {
      get highWaterMark() {
        return options.outboundHighWaterMark;
      },
      get hardLimit() {
        return options.outboundLimit;
      },
      budget: this.budget,
      policyOf: withPatterns(channelPatterns, overflowOf),
      mayDrop: overflowPolicy !== 'disconnect' || isAnyDropping(channelPatterns),
      joinFrames: (frames) => this.engine.join(frames),
    };
    const policies = createChannelPolicies(channelPatterns, options.idempotencyWindow);
    if (policies !== undefined) {
      assertKeepsLogs(this.broker);
      this.recovery = new RecoverableChannels(this, policies);
    }
    const load = new LoadMeter();
    this.fleet = new ServerFleet(
      {
        broker: this.broker,
        facts: () => ({
          clients: server.clientsCount,
          load: load.take(),
          version,
          isDraining: this.isDraining,
        }),
        emitWarning: (warning) => this.emitWarning(warning),
      },
      {
        serverTimeoutMs: options.serverTimeout,
        lingerMs: options.brokerUnsubscribeDelay,
      },
    );
    this.hub = new ChannelHub(this, options.brokerUnsubscribeDelay, this.recovery?.source);
    this.members = createMembers(this, options);
    if (this.members !== undefined) {
      this.exchangeMembers = new ExchangeChannels(this.members, () => this.exchange.channelStreams);
    }
    this.exchange = new AGExchange(this);
    const { userId } = options;
    if (userId !== undefined) {
      this.users = new Users({
        userIdOf: (session) => userId(socketOf(session)),
        onLeave: leaveUser,
        onChange: (session) => session.existingMembers?.identify(),
      });
    }
    this.people = new ServerPeople(this);
    if (options.authKeyIsRandom && workerDefaults()?.speaksForAll !== false) {
      this.randomKey = new RandomKey(options.authKey, (warning) => this.emitWarning(warning));
    }
    this.brokerEngine = new AGBrokerEngine(this.broker, this.hub, this.exchange, this.backlogs);
  }

  /** Limits addresses as the options say, if they do. */
  limitAddresses(): void {
    const { addressRateLimits, maxPendingClientsPerAddress } = this.options;
    if (this.addresses !== undefined) this.addresses.limit(addressRateLimits);
    else if (addressRateLimits !== undefined || maxPendingClientsPerAddress > 0) {
      this.addresses = new Addresses(addressRateLimits);
    }
  }

  emitWarning(warning: unknown, about?: WarningDetails & { socket?: object }): void {
    const event = { warning: warning as Error, ...about } as ServerEvents['warning'];
    if (this.server.getListenerConsumerCount('warning') === 0) this.log.warn(event);
    this.server.emit('warning', event, weigh(warning));
  }

  onUnheardEmit(event: string): void {
    this.log.unheardEmit(event);
  }

  hears(name: SharedEvent): boolean {
    return this.server.getListenerConsumerCount(serverTwins[name]) > 0;
  }

  /** The server's twin of an event that one of its sockets has just had. */
  announce<Name extends SharedEvent>(
    name: Name,
    session: Session,
    data: SocketEvents[Name],
    size: number,
  ): void {
    const twin = serverTwins[name];
    const bytes = bringsSocket.has(name) ? SOCKET_BYTES + size : size;
    // The table pairs events whose payloads differ in the socket only.
    this.server.emit(twin, { ...data, socket: socketOf(session) } as never, bytes);
    this.backlogs.slowDown(session, twin);
  }

  /** A client's call as an object for user code. */
  createRequest(session: Session, id: number, procedure: string, data: unknown): unknown {
    const { requestCreator } = this.options;
    const socket = socketOf(session);
    if (requestCreator) return requestCreator(socket, id, procedure, data);
    return new AGRequest(socket, id, procedure, data);
  }

  get procedures(): Handlers {
    this.procedureHandlers ??= new Handlers('procedure');
    return this.procedureHandlers;
  }

  get receivers(): Handlers {
    this.receiverHandlers ??= new Handlers('receiver');
    return this.receiverHandlers;
  }

  addPending(session: Session): void {
    const socket = socketOf(session);
    this.server.pendingClients[session.id] = socket;
    this.server.pendingClientsCount++;
    this.log.trace(socket);
    this.server.emit('handshake', { socket }, SOCKET_BYTES);
  }

  /** The handshake is complete. */
  promote(session: Session): void {
    const { server } = this;
    if (server.pendingClients[session.id]) {
      delete server.pendingClients[session.id];
      server.pendingClientsCount--;
    }
    server.clients[session.id] = socketOf(session);
    server.clientsCount++;
    this.users?.identify(session);
  }

  forget(session: Session): void {
    const { server } = this;
    this.users?.forget(session);
    if (server.pendingClients[session.id] === session.socket) {
      delete server.pendingClients[session.id];
      server.pendingClientsCount--;
    }
    if (server.clients[session.id] === session.socket) {
      delete server.clients[session.id];
      server.clientsCount--;
    }
  }

  exceptIdOf(socket: object): string {
    if (socket instanceof AGServerSocket) return sessionOf(socket).exceptId;
    throw new InvalidArgumentsError(
      'The except option of a publication is no socket; it must be the socket of the server that is to be left out',
    );
  }

  deliverToExchange(channel: string, data: unknown, size: number): void {
    const { channelStreams } = this.exchange;
    if (channelStreams.output.get(channel) === undefined) return;
    channelStreams.publish(channel, data, Math.max(size, weigh(data)));
  }

  onChannel(event: 'subscribe' | 'unsubscribe', channel: string): void {
    this.brokerEngine.emit(event, { channel });
  }

  onPublish(channel: string, data: unknown, size: number): void {
    this.onPublication?.(channel);
    if (this.brokerEngine.getListenerConsumerCount('publish') === 0) return;
    this.brokerEngine.emit('publish', { channel, data }, Math.max(size, weigh(data)));
  }

  /** The application has named the procedure, by a handler or its contract. */
  #isDeclared(procedure: string): boolean {
    return (
      this.procedureHandlers?.has(procedure) === true ||
      this.contract?.hasProcedure(procedure) === true
    );
  }
}

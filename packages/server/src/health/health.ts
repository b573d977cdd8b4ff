import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BrokerStats, BrokerStatus } from '@asyngular/broker';
import { check, checkOptions, flag, type OptionTable } from '@asyngular/errors/options';
import type { HttpAnswer } from '../engine/engine.js';
import { type HistoryStats, type HistoryStatsSource, readHistoryStats } from './history-stats.js';
import type { PresenceStats } from './presence-stats.js';

/**
 * - `'starting'`: the broker has not been connected yet, or the HTTP server does not listen.
 * - `'ok'`.
 * - `'degraded'`: the broker is away. Sockets stay, and publications reach subscribers of this server
 *   only; those for others wait, then fail.
 * - `'draining'`: about to close; new clients should go elsewhere.
 * - `'closed'`.
 */
export type HealthStatus = 'starting' | 'ok' | 'degraded' | 'draining' | 'closed';

/** How a server is: `server.health()`. */
export interface ServerHealth {
  readonly status: HealthStatus;
  /** Whether new clients should be sent here: only when `status` is `'ok'`. */
  readonly isReady: boolean;
  /** Time since the server was made, in ms. */
  readonly uptimeMs: number;
  readonly clients: number;
  readonly pendingClients: number;
  /** Channels with a subscriber on this server. */
  readonly channels: number;
  /** Of the channels with history; undefined when there are none. */
  readonly history: HistoryStats | undefined;
  /** Of the channels that show who is there; undefined when there are none. */
  readonly presence: PresenceStats | undefined;
  readonly broker: BrokerStats & {
    /** `memory`, `nats`, `redis` … */
    readonly name: string;
    /** Id of this server at the broker. */
    readonly node: string;
    readonly status: BrokerStatus;
    /** When the status changed last, in ms since the epoch. */
    readonly since: number;
    /** When publications of other servers may have been missed last. */
    readonly lastInterruption: { since: number; until: number; reason: string } | undefined;
  };
}

/** Options of `healthHandler()`. */
export interface HealthHandlerOptions {
  /** Answers 200 as long as the server is not closed. Default `/healthz`. */
  livePath?: string;
  /** Answers 200 when new clients should come, else 503. Default `/readyz`. */
  readyPath?: string;
  /**
   * Whether a server whose broker is away counts as ready. Default `false`: a load balancer then prefers
   * servers that reach the broker, and has none while all of them have lost it.
   */
  readyWithoutBroker?: boolean;
}

const healthPath = check("a path that starts with '/'", (value) => String(value).startsWith('/'));

const healthTable = {
  livePath: healthPath,
  readyPath: healthPath,
  readyWithoutBroker: flag(),
} satisfies OptionTable<HealthHandlerOptions>;

/** The options that were given. Throws `InvalidOptionsError` for what cannot work. */
export function checkHealthOptions(options: unknown): HealthHandlerOptions {
  return checkOptions<HealthHandlerOptions>(healthTable, options, 'the health handler');
}

/** What the health of a server is read from. */
export interface HealthSource extends HistoryStatsSource {
  readonly members: { stats(): PresenceStats } | undefined;
  readonly server: {
    readonly isReady: boolean;
    /** Absent when the engine listens itself. */
    readonly httpServer: { readonly listening?: boolean } | undefined;
    readonly clientsCount: number;
    readonly pendingClientsCount: number;
  };
  readonly startedAt: number;
  readonly isClosed: boolean;
  readonly isDraining: boolean;
  readonly hub: { readonly channelCount: number };
  readonly brokerSince: number;
  readonly lastInterruption: ServerHealth['broker']['lastInterruption'];
}

/** A server, for whose health a load balancer asks. */
interface HasHealth {
  health(): ServerHealth;
}

/** The server's health now. Reading it costs little. */
export function readHealth(core: HealthSource): ServerHealth {
  const { server, broker } = core;
  const status = statusOf(core);
  return {
    status,
    isReady: status === 'ok',
    uptimeMs: Math.round(performance.now() - core.startedAt),
    clients: server.clientsCount,
    pendingClients: server.pendingClientsCount,
    channels: core.hub.channelCount,
    history: readHistoryStats(core),
    presence: core.members?.stats(),
    broker: {
      name: broker.name,
      node: broker.node,
      status: broker.status,
      since: core.brokerSince,
      ...broker.stats(),
      lastInterruption: core.lastInterruption,
    },
  };
}

function statusOf(core: HealthSource): HealthStatus {
  if (core.isClosed) return 'closed';
  if (core.isDraining) return 'draining';
  if (!core.server.isReady || core.server.httpServer?.listening === false) return 'starting';
  return core.broker.status === 'connected' ? 'ok' : 'degraded';
}

/**
 * Answers the health checks of load balancers, with `server.health()` as JSON. Returns whether the
 * request was one; others are left to the handler of the rest. `listen()` does it with `health: true`:
 *
 *     const answerHealth = healthHandler(server);
 *     httpServer.on('request', (request, response) => answerHealth(request, response) || app(request, response));
 */
export function healthHandler(
  server: HasHealth,
  options?: HealthHandlerOptions,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  const checked = checkHealthOptions(options);
  return (request, response) => {
    const answer = answerHealth(server, checked, request.method, request.url);
    if (answer === undefined) return false;
    writeAnswer(response, answer);
    return true;
  };
}

/** Writes an answer; of one to HEAD only the head is sent. */
export function writeAnswer(response: ServerResponse, { status, headers, body }: HttpAnswer): void {
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

/** The answer to a health check; `undefined` when the request is not one. */
export function answerHealth(
  server: HasHealth,
  {
    livePath = '/healthz',
    readyPath = '/readyz',
    readyWithoutBroker = false,
  }: HealthHandlerOptions,
  method: string | undefined,
  url: string | undefined,
): HttpAnswer | undefined {
  const path = url?.split('?', 1)[0];
  if (path !== livePath && path !== readyPath) return undefined;
  if (method !== 'GET' && method !== 'HEAD') {
    return { status: 405, headers: { Allow: 'GET, HEAD' }, body: '' };
  }
  const health = server.health();
  const isWell =
    path === livePath
      ? health.status !== 'closed'
      : health.isReady || (readyWithoutBroker && health.status === 'degraded');
  const body = JSON.stringify(health);
  const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };
  return { status: isWell ? 200 : 503, headers, body };
}

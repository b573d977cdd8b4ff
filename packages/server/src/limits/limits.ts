/** Names of everything bounded: the option concerned, or what is checked. */
export const limitNames = [
  'origins',
  'maxClients',
  'maxPendingClients',
  'maxPendingClientsPerAddress',
  'handshakeTimeout',
  'maxPayload',
  'maxFragments',
  'maxHeldBytes',
  'protocol',
  'maxBatchLength',
  'maxDepth',
  'maxNameLength',
  'maxPendingCalls',
  'maxStreams',
  'socketChannelLimit',
  'maxPresenceBytes',
  'maxPresenceMembers',
  'inboundHighWaterMark',
  'exchangeHighWaterMark',
  'eventHighWaterMark',
  'maxBacklogBytesTotal',
  'outboundHighWaterMark',
  'outboundLimit',
  'maxBufferedBytesTotal',
  'overflowPolicy',
  'middlewareTimeout',
  'rateLimits',
] as const;

/**
 * A bound of `server.stats().limits`. Each is an option of that name, except `protocol`; `maxHeldBytes`
 * is one of `uwsEngine()`.
 */
export type LimitName = (typeof limitNames)[number];

/**
 * How often each limit was reached since the start: upgrades refused (`origins`, `max…Clients…`),
 * sockets closed (`handshakeTimeout`, `maxPayload`, `maxFragments`, `maxHeldBytes`, `maxBatchLength`, `maxDepth`,
 * `outboundLimit`, `maxBufferedBytesTotal`, `middlewareTimeout`; `protocol`: broken frames and invalid
 * UTF-8), requests refused (`maxNameLength`, `maxPendingCalls`, `maxStreams`, `socketChannelLimit`,
 * `maxPresenceBytes`), channels that became too large to show their members (`maxPresenceMembers`), sockets
 * closed for answers to no call (`maxPendingCalls`, too), readings paused
 * (`inboundHighWaterMark`), loops that began to hold clients up (`exchangeHighWaterMark`, `eventHighWaterMark`),
 * backlogs dropped (`maxBacklogBytesTotal`), `backpressure` events (`outboundHighWaterMark`), publications dropped
 * (`overflowPolicy`), sockets closed and upgrades refused (`rateLimits`). `middlewareTimeout` counts asynchronous schemas
 * that did not answer, too.
 */
export type LimitCounts = Readonly<Record<LimitName, number>>;

/** How often a warning repeats that clients are refused. */
const REPORT_INTERVAL_MS = 60_000;

/** The counters behind {@link LimitCounts}. */
export class LimitCounters {
  readonly #counts: Record<LimitName, number> = Object.fromEntries(
    limitNames.map((name) => [name, 0]),
  ) as Record<LimitName, number>;
  readonly #saidAt = new Map<LimitName, number>();

  add(name: LimitName): void {
    this.#counts[name]++;
  }

  /** Whether a warning about a limit is due: once a minute, as this remembers. */
  isReportDue(name: LimitName, now: number): boolean {
    const saidAt = this.#saidAt.get(name);
    if (saidAt !== undefined && now - saidAt < REPORT_INTERVAL_MS) return false;
    this.#saidAt.set(name, now);
    return true;
  }

  counts(): LimitCounts {
    return { ...this.#counts };
  }
}

import type { ServerHealth } from '../health/health.js';
import type { HistoryStats } from '../health/history-stats.js';
import type { PresenceStats } from '../health/presence-stats.js';
import type { ServerStats } from '../health/stats.js';
import type { CallMeter } from './call-meter.js';
import type { CallOutcome, OutgoingOutcome } from './call-outcomes.js';
import type { ChannelTraffic } from './channel-traffic.js';
import type { CloseCounts } from './close-counts.js';
import { declarations, type MetricDeclaration } from './declarations.js';
import type {
  CounterFamily,
  GaugeFamily,
  HistogramFamily,
  HistogramPoint,
  InfoFamily,
  MetricFamily,
  MetricLabels,
  MetricPoint,
} from './family.js';
import { type DurationHistogram, secondsBounds } from './histogram.js';
import type { LagMeter } from './lag-meter.js';

/** What the metrics of a server are read from. */
export interface MetricsSource {
  readonly stats: ServerStats;
  readonly health: ServerHealth;
  readonly calls: CallMeter<CallOutcome>;
  readonly outgoing: CallMeter<OutgoingOutcome>;
  readonly closes: CloseCounts;
  readonly traffic: ChannelTraffic;
  readonly recoveryDurations: DurationHistogram;
  readonly lag: LagMeter;
  readonly version: string;
}

/** The metrics of one server now. Reading them costs little, whatever the number of clients. */
export function collectMetrics(source: MetricsSource): readonly MetricFamily[] {
  const { stats, health, calls, outgoing, closes, traffic, lag } = source;
  const { history, presence, limits } = stats;
  const { broker } = health;
  return [
    facts(declarations.build, {
      version: source.version,
      node: process.versions.node,
      broker: broker.name,
    }),
    level(declarations.uptime, health.uptimeMs / 1_000),
    level(declarations.ready, Number(health.isReady)),
    spread(declarations.loopLag, [lag.durations.point({})]),
    total(declarations.loopBusy, lag.busyMs / 1_000),
    level(declarations.clients, stats.clients),
    total(declarations.handshakes, stats.handshakes),
    level(declarations.pendingHandshakes, stats.pendingHandshakes),
    totals(declarations.closes, closes.points()),
    totals(declarations.calls, calls.counts()),
    spread(declarations.callDuration, calls.durations()),
    level(declarations.callsInFlight, calls.inFlight),
    total(declarations.streams, calls.streams),
    level(declarations.openStreams, calls.openStreams),
    totals(declarations.outgoingCalls, outgoing.counts()),
    spread(declarations.outgoingDuration, outgoing.durations()),
    level(declarations.outgoingInFlight, outgoing.inFlight),
    total(declarations.unhandledTransmits, stats.unhandledTransmits),
    total(declarations.invalidMessages, stats.invalidMessages),
    total(declarations.blockedActions, stats.blockedActions),
    level(declarations.channels, stats.channels),
    totals(declarations.publications, traffic.points('publications')),
    totals(declarations.deliveries, traffic.points('deliveries')),
    total(declarations.dropped, limits.overflowPolicy),
    totals(
      declarations.limits,
      Object.entries(limits).map(([limit, value]) => ({ labels: { limit }, value })),
    ),
    level(declarations.bufferedBytes, stats.bufferedBytes),
    level(declarations.stalledSockets, stats.stalledSockets),
    level(declarations.backlogMessages, stats.backlogMessages),
    level(declarations.backlogBytes, stats.backlogBytes),
    level(declarations.limitedAddresses, stats.addresses),
    level(declarations.brokerUp, Number(broker.status === 'connected')),
    level(declarations.brokerQueuedMessages, broker.queuedMessages),
    level(declarations.brokerQueuedBytes, broker.queuedBytes),
    total(declarations.brokerPublished, broker.published),
    total(declarations.brokerReceived, broker.received),
    total(declarations.brokerInterruptions, broker.interruptions),
    ...(history ? collectHistory(history, source.recoveryDurations) : []),
    ...(presence ? collectPresence(presence) : []),
  ];
}

function collectHistory(history: HistoryStats, durations: DurationHistogram): MetricFamily[] {
  return [
    totals(declarations.recoveries, [
      { labels: { outcome: 'recovered' }, value: history.recovered },
      { labels: { outcome: 'refused' }, value: history.unrecovered },
    ]),
    spread(declarations.recoveryDuration, [durations.point({})]),
    total(declarations.replayed, history.replayed),
    level(declarations.catchingUp, history.catchingUp),
    total(declarations.historyInterruptions, history.interruptions),
    total(declarations.logReads, history.reads),
    total(declarations.logGaps, history.gaps + history.healed),
    totals(declarations.logAppends, [
      { labels: { outcome: 'added' }, value: history.appended },
      { labels: { outcome: 'duplicate' }, value: history.duplicates },
    ]),
    level(declarations.logBytes, history.bytes),
    total(declarations.logEvictions, history.evictions),
  ];
}

function collectPresence(presence: PresenceStats): MetricFamily[] {
  return [
    level(declarations.presenceMembers, presence.members),
    level(declarations.presenceRemoteMembers, presence.remoteMembers),
    level(declarations.presenceWatchers, presence.watchers),
    total(declarations.presenceRepairs, presence.repairs),
  ];
}

function describe({ name, help, unit }: MetricDeclaration) {
  return { name, help, ...(unit && { unit }) };
}

function facts(
  declaration: MetricDeclaration & { type: 'info' },
  labels: MetricLabels,
): InfoFamily {
  return { ...describe(declaration), type: 'info', points: [{ labels }] };
}

function total(declaration: MetricDeclaration & { type: 'counter' }, value: number): CounterFamily {
  return totals(declaration, [{ labels: {}, value }]);
}

function totals(
  declaration: MetricDeclaration & { type: 'counter' },
  points: readonly MetricPoint[],
): CounterFamily {
  return { ...describe(declaration), type: 'counter', points };
}

function level(declaration: MetricDeclaration & { type: 'gauge' }, value: number): GaugeFamily {
  const { merge = 'add' } = declaration;
  return { ...describe(declaration), type: 'gauge', merge, points: [{ labels: {}, value }] };
}

function spread(
  declaration: MetricDeclaration & { type: 'histogram' },
  points: readonly HistogramPoint[],
): HistogramFamily {
  return { ...describe(declaration), type: 'histogram', bounds: secondsBounds, points };
}

import type { Broker } from '@asyngular/broker';

/** Counters since the start, and gauges of now, of the channels with history. */
export interface HistoryStats {
  /** Channels with history that have a subscriber on this server. */
  readonly channels: number;
  /** Subscriptions that are behind their channel and read from its log. */
  readonly catchingUp: number;
  /** Subscriptions that came back and got all that they had missed, and those that could not. */
  readonly recovered: number;
  readonly unrecovered: number;
  /** Reads of logs, whatever they were for. */
  readonly reads: number;
  /** Times that live publications were missing and were read from the log: those that the next one showed, and all others. */
  readonly gaps: number;
  readonly healed: number;
  /** Times that a channel, or one subscription, could not go on without a hole. */
  readonly interruptions: number;
  /** Publications sent to subscriptions that were behind: after a reconnect, a rewind or a slow moment. */
  readonly replayed: number;
  /** Publications that were added to logs by this server, and those that were there already by their `id`. */
  readonly appended: number;
  readonly duplicates: number;
  /** Kept in this process: logs, and their publications. All 0 when the broker's service keeps them. */
  readonly logs: number;
  readonly publications: number;
  readonly bytes: number;
  /** Logs that were forgotten before their time, because all together had become too large. */
  readonly evictions: number;
}

/** What the server counts itself. */
type RecoveryStats = Pick<
  HistoryStats,
  | 'catchingUp'
  | 'recovered'
  | 'unrecovered'
  | 'reads'
  | 'gaps'
  | 'healed'
  | 'interruptions'
  | 'replayed'
> & { readonly followed: number };

/** Where the counters are read. */
export interface HistoryStatsSource {
  readonly recovery: { stats(): RecoveryStats } | undefined;
  readonly broker: Broker;
}

/** The counters; `undefined` when no channel has history. */
export function readHistoryStats({
  recovery,
  broker,
}: HistoryStatsSource): HistoryStats | undefined {
  if (recovery === undefined || broker.log === undefined) return undefined;
  const { followed, ...counted } = recovery.stats();
  const {
    appended,
    duplicates,
    channels: logs,
    publications,
    bytes,
    evictions,
  } = broker.log.stats();
  return {
    channels: followed,
    ...counted,
    appended,
    duplicates,
    logs,
    publications,
    bytes,
    evictions,
  };
}

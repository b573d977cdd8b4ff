import { onCleanup } from '@asyngular/test-utils/cleanup';
import {
  type Appended,
  type Broker,
  type ChannelLog,
  type LiveEntry,
  type LogPage,
  type LogPolicy,
  type LogPosition,
  MemoryHub,
  type MemoryHubOptions,
  memoryBroker,
} from '../../src/index.js';

/** The log of one memory broker, whose answers need no `await`. */
export interface MemoryNode {
  readonly broker: Broker;
  /** Entries that arrived, in order. */
  readonly entries: { readonly channel: string; readonly entry: LiveEntry }[];
  readonly log: ChannelLog;
  append(channel: string, payload: string, id?: string): Appended;
  read(channel: string, options?: Partial<Parameters<ChannelLog['read']>[1]>): LogPage;
  top(channel: string): LogPosition;
}

export const policy: LogPolicy = {
  size: 100,
  ttlMs: 300_000,
  maxBytes: 1024 * 1024,
  idempotencyWindowMs: 120_000,
};

/** Memory brokers of one hub, started, with the same policy for every channel. */
export function startMemoryNodes(
  count: number,
  given: Partial<LogPolicy> = {},
  options: MemoryHubOptions = {},
): MemoryNode[] {
  const hub = new MemoryHub(options);
  return Array.from({ length: count }, () => {
    const broker = memoryBroker({ hub });
    const log = broker.log!;
    const entries: MemoryNode['entries'] = [];
    void broker.start({
      onMessage() {},
      onEvent() {},
      onEntry: (channel, entry) => entries.push({ channel, entry }),
      policyOf: (channel) => (channel === 'plain' ? undefined : { ...policy, ...given }),
    });
    onCleanup(() => broker.close());
    return {
      broker,
      entries,
      log,
      append: (channel, payload, id) => log.append(channel, payload, { id }) as Appended,
      read: (channel, given = {}) =>
        log.read(channel, { limit: 1_000, maxBytes: 1e6, ...given }) as LogPage,
      top: (channel) => (log.tops([channel]) as ReadonlyMap<string, LogPosition>).get(channel)!,
    };
  });
}

/** What a page holds. */
export function payloads({ entries }: LogPage): unknown[] {
  return entries.map(({ payload }) => payload);
}

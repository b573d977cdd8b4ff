import {
  type Appended,
  type Broker,
  type ChannelLog,
  type LiveEntry,
  type LogPage,
  type LogPolicy,
  type LogPosition,
  type LogStore,
  memoryBroker,
} from '@asyngular/broker';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { fileLog } from '../../src/index.js';
import { temporaryFolder } from './folder.js';

export const policy: LogPolicy = {
  size: 100,
  ttlMs: 300_000,
  maxBytes: 1024 * 1024,
  idempotencyWindowMs: 120_000,
};

/** A broker over a file log, with what tests ask of it. */
export interface Started {
  readonly broker: Broker;
  readonly log: ChannelLog;
  readonly entries: LiveEntry[];
  append(channel: string, payload: string | Uint8Array, id?: string): Promise<Appended>;
  read(channel: string, after?: LogPosition): Promise<LogPage>;
  top(channel: string): Promise<LogPosition>;
}

/** A folder that is removed after the test. */
export function testFolder(): string {
  const folder = temporaryFolder();
  onCleanup(() => folder.remove());
  return folder.path;
}

/** A broker that is not started yet, over a store or a folder. */
export function createBroker(
  at: LogStore | string,
  given: Partial<LogPolicy> = {},
): Started & { start(): Promise<void> } {
  const store = typeof at === 'string' ? fileLog({ directory: at }) : at;
  const broker = memoryBroker({ log: store });
  const log = broker.log!;
  const entries: LiveEntry[] = [];
  onCleanup(() => broker.close());
  return {
    broker,
    log,
    entries,
    start: async () =>
      broker.start({
        onMessage() {},
        onEvent() {},
        onEntry: (_channel, entry) => entries.push(entry),
        policyOf: () => ({ ...policy, ...given }),
      }),
    append: async (channel, payload, id) => log.append(channel, payload, { id }),
    read: async (channel, after) => log.read(channel, { after, limit: 10_000, maxBytes: 1e9 }),
    top: async (channel) => (await log.tops([channel])).get(channel)!,
  };
}

/** A broker over a file log, started. */
export async function start(
  at: LogStore | string,
  given: Partial<LogPolicy> = {},
): Promise<Started> {
  const started = createBroker(at, given);
  await started.start();
  return started;
}

export function payloads({ entries }: LogPage): unknown[] {
  return entries.map(({ payload }) => payload);
}

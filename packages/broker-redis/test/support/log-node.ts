import type {
  Broker,
  BrokerEvent,
  ChannelLog,
  LiveEntry,
  LogPage,
  LogPolicy,
  LogPosition,
} from '@asyngular/broker';
import { until } from '@asyngular/test-utils/wait';
import { type RedisBrokerOptions, redisBroker } from '../../src/index.js';

export const POLICY: LogPolicy = {
  size: 100,
  ttlMs: 60_000,
  maxBytes: 100_000,
  idempotencyWindowMs: 60_000,
};

/** Larger than anything that these tests append. */
const PLENTY = { limit: 1_000_000, maxBytes: 100_000_000 };

/** A broker on Redis with logs on every channel, and what it was handed. */
export class LogNode {
  readonly broker: Broker;
  readonly log: ChannelLog;
  readonly entries: { channel: string; entry: LiveEntry }[] = [];
  readonly events: BrokerEvent[] = [];

  private constructor(broker: Broker) {
    this.broker = broker;
    this.log = broker.log!;
  }

  static async start(
    options: RedisBrokerOptions,
    policy: Partial<LogPolicy> = {},
  ): Promise<LogNode> {
    const broker = redisBroker({ heartbeatMs: 200, probeTimeoutMs: 2_000, ...options });
    const node = new LogNode(broker);
    await broker.start({
      onMessage() {},
      onEntry: (channel, entry) => node.entries.push({ channel, entry }),
      onEvent: (event) => node.events.push(event),
      policyOf: () => ({ ...POLICY, ...policy }),
    });
    return node;
  }

  async append(channel: string, payload: string, id?: string): Promise<LogPosition> {
    return (await this.log.append(channel, payload, { id })).position;
  }

  read(channel: string, after?: LogPosition): Promise<LogPage> {
    return Promise.resolve(this.log.read(channel, { ...PLENTY, after }));
  }

  async top(channel: string): Promise<LogPosition> {
    return (await this.log.tops([channel])).get(channel)!;
  }

  /** What the log of a channel holds, oldest first. */
  async payloads(channel: string): Promise<unknown[]> {
    return (await this.read(channel)).entries.map(({ payload }) => payload);
  }

  /** What came live on a channel. */
  live(channel: string): unknown[] {
    return this.entries.filter((it) => it.channel === channel).map(({ entry }) => entry.payload);
  }

  warnings(): string[] {
    return this.events.flatMap((event) => (event.type === 'warning' ? [event.error.message] : []));
  }

  connected(): Promise<void> {
    return until(
      'the broker to be connected',
      () => this.broker.status === 'connected',
      () => this.events.at(-1),
    );
  }
}

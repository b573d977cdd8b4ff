import type { Broker, BrokerEvent, BrokerMessage, LiveEntry } from '@asyngular/broker';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import {
  type LocalBrokerOptions,
  type LocalHubOptions,
  localBroker,
  localHub,
} from '../../src/index.js';

/** A worker, as far as its broker goes, and what it got. */
export interface TestNode {
  readonly broker: Broker;
  readonly events: BrokerEvent[];
  readonly messages: { channel: string; message: BrokerMessage }[];
  readonly entries: LiveEntry[];
}

const policy = { size: 1_000, ttlMs: 60_000, maxBytes: 1024 * 1024, idempotencyWindowMs: 60_000 };

/** A started broker, with a log for every channel. It is closed after the test. */
export async function startNode(options: LocalBrokerOptions): Promise<TestNode> {
  const broker = localBroker({ heartbeatMs: 100, ...options });
  const node: TestNode = { broker, events: [], messages: [], entries: [] };
  onCleanup(() => broker.close());
  await broker.start({
    onMessage: (channel, message) => node.messages.push({ channel, message }),
    onEntry: (_channel, entry) => node.entries.push(entry),
    onEvent: (event) => node.events.push(event),
    policyOf: () => policy,
  });
  return node;
}

/** A hub with the warnings it gave. It is closed after the test. */
export async function startHub(options: LocalHubOptions = {}) {
  const warnings: string[] = [];
  const hub = await localHub({ onWarning: ({ message }) => warnings.push(message), ...options });
  onCleanup(() => hub.close());
  return { hub, warnings };
}

import { startNats } from '@asyngular/test-utils/nats';
import { startRedis } from '@asyngular/test-utils/redis';
import type { Address } from '@asyngular/test-utils/tcp-proxy';
import { HubProcess } from '../../../packages/broker-local/test/support/hub-process.js';
import type { BrokerKind } from './server-process.js';

/** What the servers of a fleet connect to: a process that can be killed, frozen and started again. */
export interface BrokerService {
  readonly address: Address;
  /** Where it keeps its files. */
  readonly directory: string;
  start(): Promise<unknown>;
  signal(name: NodeJS.Signals): void;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

const starts: Record<BrokerKind, () => Promise<BrokerService>> = {
  nats: () => startNats(),
  redis: () => startRedis(),
  local: () => new HubProcess().start(),
};

/** Starts what brokers of that kind connect to, without a disk. */
export function startBrokerService(kind: BrokerKind): Promise<BrokerService> {
  return starts[kind]();
}

import type { Broker, FleetOptions } from '@asyngular/broker';
import { brokerConformance } from '@asyngular/broker/conformance';
import { startRedis, startRedisCluster } from '@asyngular/test-utils/redis';
import type { Service } from '@asyngular/test-utils/service';
import { TcpProxy } from '@asyngular/test-utils/tcp-proxy';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { redisBroker } from '../src/index.js';
import { DroppingRedis } from './support/dropping-redis.js';
import { deleteKeys, saveKeys } from './support/saved-keys.js';

let service: Service;
let cluster: Service[];
let admin: Redis;
let fleets = 0;

beforeAll(async () => {
  service = await startRedis();
  cluster = await startRedisCluster(3);
  admin = new Redis(service.port);
}, 120_000);
afterAll(async () => {
  admin?.disconnect();
  await Promise.all([service, ...(cluster ?? [])].map((it) => it?.stop()));
});

/** A fleet on one server, each node behind a proxy if there will be faults. */
async function setUp(
  count: number,
  faults: boolean,
  create: (port: number, keyPrefix: string) => Broker,
) {
  const keyPrefix = `conformance-${fleets++}:`;
  const proxies: TcpProxy[] = [];
  const brokers: Broker[] = [];
  for (let index = 0; index < count; index++) {
    if (faults) proxies.push(await TcpProxy.start(service.port));
    brokers.push(create(proxies[index]?.port ?? service.port, keyPrefix));
  }
  const cutOff = new Set<number>();
  return {
    brokers,
    cut: (index: number) => {
      cutOff.add(index);
      proxies[index]!.cut();
    },
    restore: (index: number) => {
      cutOff.delete(index);
      proxies[index]!.restore();
    },
    stall: (index: number) => proxies[index]!.stall(),
    freeze: (index: number) => proxies[index]!.silence(),
    forget: () => deleteKeys(admin, keyPrefix),
    save: async () => {
      const bringBack = await saveKeys(admin, keyPrefix);
      return async () => {
        for (const proxy of proxies) proxy.cut();
        await bringBack();
        for (const [index, proxy] of proxies.entries()) if (!cutOff.has(index)) proxy.restore();
      };
    },
    teardown: async () => {
      for (const proxy of proxies) await proxy.stop();
    },
  };
}

for (const sharded of [false, true]) {
  brokerConformance({
    name: `redisBroker({ sharded: ${sharded} })`,
    describe,
    it,
    canCut: true,
    canStall: true,
    log: { canForget: true, canSave: true },
    setup: (count, options, faults) =>
      setUp(count, faults, (port, keyPrefix) =>
        redisBroker({ ...options, url: `redis://127.0.0.1:${port}`, keyPrefix, sharded }),
      ),
  });

  brokerConformance({
    name: `redisBroker({ cluster, sharded: ${sharded} })`,
    describe,
    it,
    log: {},
    setup: async (count, options) => {
      const keyPrefix = `conformance-${fleets++}:`;
      const nodes = cluster.map(({ port }) => ({ host: '127.0.0.1', port }));
      const create = () => redisBroker({ ...options, cluster: { nodes }, keyPrefix, sharded });
      return { brokers: Array.from({ length: count }, create) };
    },
  });
}

brokerConformance({
  name: 'redisBroker() on ioredis clients',
  describe,
  it,
  canCut: true,
  log: { canDropEntries: true, canForget: true, canSave: true },
  setup: async (count, options: FleetOptions, faults) => {
    const subscribers: DroppingRedis[] = [];
    const clients: Redis[] = [];
    const fleet = await setUp(count, faults, (port, keyPrefix) => {
      const own = { port, lazyConnect: true, enableOfflineQueue: false, autoResubscribe: false };
      const all = { ...own, maxRetriesPerRequest: 0, retryStrategy: () => 50 };
      const publisher = new Redis(all);
      const subscriber = new DroppingRedis(all);
      subscribers.push(subscriber);
      clients.push(publisher, subscriber);
      return redisBroker({ ...options, clients: { publisher, subscriber }, keyPrefix });
    });
    return {
      ...fleet,
      dropEntries: (index, entries) => {
        subscribers[index]!.toDrop = entries;
      },
      teardown: async () => {
        for (const client of clients) client.disconnect();
        await fleet.teardown();
      },
    };
  },
});

import { commonFaults, FaultBench, NODES, SCENARIO_MS } from '@asyngular/test-utils/broker-faults';
import { startRedis, startRedisCluster } from '@asyngular/test-utils/redis';
import { until } from '@asyngular/test-utils/wait';
import { Redis } from 'ioredis';
import { describe, it } from 'vitest';
import { type RedisBrokerOptions, redisBroker } from '../src/index.js';
import { keySlot } from '../src/key-slot.js';

const bench = new FaultBench('Redis');

function createBroker(options: RedisBrokerOptions) {
  return redisBroker({ heartbeatMs: 200, probeTimeoutMs: 500, timeoutMs: 10_000, ...options });
}

function connect(port: number, more: RedisBrokerOptions = {}) {
  return createBroker({ url: `redis://127.0.0.1:${port}`, ...more });
}

describe('redisBroker() under faults', { timeout: SCENARIO_MS }, () => {
  commonFaults(bench, startRedis, connect);

  it('all connections cut, sharded', async () => {
    const brokers = await bench.connectAll(await startRedis(), (port) =>
      connect(port, { sharded: true }),
    );
    await bench.check({
      fault: 'connections of all nodes cut for 300 ms (sharded)',
      brokers,
      act: (pause) => bench.cutAll(pause),
    });
  });

  it('slow subscriber', async () => {
    const service = await startRedis(['--client-output-buffer-limit', 'pubsub', '1mb', '0', '0']);
    // Patient probes, so that it is the service which ends it.
    const brokers = await bench.connectAll(service, (port) =>
      connect(port, { probeTimeoutMs: 20_000 }),
    );
    await bench.check({
      fault: 'one node reads too slowly, its output buffer overflows',
      brokers,
      padding: 2_000,
      act: async () => {
        const admin = new Redis(service.port);
        const [proxy] = bench.proxies;
        proxy!.stopReading();
        await until('Redis to drop the subscriber', async () => {
          const list = (await admin.call('CLIENT', 'LIST', 'TYPE', 'pubsub')) as string;
          return list.trim().split('\n').length < NODES;
        });
        admin.disconnect();
        proxy!.resumeReading();
        await until('the drop to be noticed', () => brokers[0]!.stats().interruptions > 0);
      },
    });
  });

  it.each([false, true])('Redis Cluster of three, sharded: %s', async (sharded) => {
    const cluster = await startRedisCluster(NODES);
    bench.services.push(...cluster);
    const nodes = cluster.map(({ port }) => ({ host: '127.0.0.1', port }));
    // The one that owns a channel in use.
    const victim = cluster[Math.floor((keySlot('asyngular:c:alpha') * NODES) / 16_384)]!;
    const brokers = nodes.map(() => createBroker({ cluster: { nodes }, sharded }));
    await bench.check({
      fault: `Redis Cluster of three: a node killed (-9), back after 500 ms (sharded: ${sharded})`,
      brokers,
      expectsAnnouncement: sharded,
      act: async (pause) => {
        await victim.kill();
        await pause(500);
        await victim.start();
        await pause(1_500);
      },
    });
  });
});

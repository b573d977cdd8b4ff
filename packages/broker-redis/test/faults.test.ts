import { Redis } from 'ioredis';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import {
  runScenario,
  type Scenario,
  type ScenarioResult,
  scenarioTable,
} from '../../broker/test-support/scenario.js';
import { type Service, startRedis, startRedisCluster } from '../../broker/test-support/services.js';
import { TcpProxy } from '../../broker/test-support/tcp-proxy.js';
import { until } from '../../broker/test-support/wait.js';
import { type RedisBrokerOptions, redisBroker } from '../src/index.js';
import { keySlot } from '../src/key-slot.js';

const NODES = 3;
const results: ScenarioResult[] = [];
const services: Service[] = [];
const proxies: TcpProxy[] = [];

afterEach(async () => {
  await Promise.all(proxies.splice(0).map((proxy) => proxy.stop()));
  await Promise.all(services.splice(0).map((service) => service.stop()));
});
afterAll(() => console.log(`Redis\n${scenarioTable(results)}`));

function createBroker(options: RedisBrokerOptions) {
  return redisBroker({ heartbeatMs: 200, probeTimeoutMs: 500, timeoutMs: 10_000, ...options });
}

/** Three nodes on one server, each behind its own proxy. */
async function single(serverOptions: string[] = [], more: RedisBrokerOptions = {}) {
  const service = await startRedis(serverOptions);
  services.push(service);
  for (let index = 0; index < NODES; index++) proxies.push(await TcpProxy.start(service.port));
  const brokers = proxies.map(({ port }) =>
    createBroker({ url: `redis://127.0.0.1:${port}`, ...more }),
  );
  return { service, brokers };
}

async function check(scenario: Scenario): Promise<void> {
  const result = await runScenario(scenario);
  results.push(result);
  expect(result).toMatchObject({ lostOutside: 0, duplicates: 0, outOfOrder: 0 });
  expect(result.received).toBeGreaterThan(1_000);
  if (scenario.expectsAnnouncement !== false) expect(result.announced).toBeGreaterThan(0);
}

describe('redisBroker() under faults', () => {
  it('connections of one node cut', async () => {
    const { brokers } = await single();
    await check({
      fault: 'connections of one node cut for 300 ms',
      brokers,
      act: async (pause) => {
        proxies[0]!.cut();
        await pause(300);
        proxies[0]!.restore();
      },
    });
  }, 60_000);

  it('network of one node silent', async () => {
    const { brokers } = await single();
    await check({
      fault: 'network of one node silent',
      brokers,
      act: async () => {
        proxies[0]!.silence();
        await until('the silence to be noticed', () => brokers[0]!.status !== 'connected');
        proxies[0]!.restore();
      },
    });
  }, 60_000);

  it('broker killed and started again', async () => {
    const { service, brokers } = await single();
    await check({
      fault: 'broker killed (-9), back after 500 ms',
      brokers,
      act: async (pause) => {
        await service.kill();
        await pause(500);
        await service.start();
      },
    });
  }, 60_000);

  it('broker frozen', async () => {
    const { service, brokers } = await single();
    await check({
      fault: 'broker frozen for 1 s',
      brokers,
      act: async (pause) => {
        service.signal('SIGSTOP');
        await pause(1_000);
        service.signal('SIGCONT');
      },
    });
  }, 60_000);

  it('slow subscriber', async () => {
    // Patient probes, so that it is the broker which ends it.
    const { service, brokers } = await single(
      ['--client-output-buffer-limit', 'pubsub', '1mb', '0', '0'],
      {
        probeTimeoutMs: 20_000,
      },
    );
    await check({
      fault: 'one node reads too slowly, its output buffer overflows',
      brokers,
      padding: 2_000,
      act: async () => {
        const admin = new Redis(service.port);
        proxies[0]!.stopReading();
        await until('Redis to drop the subscriber', async () => {
          const list = (await admin.call('CLIENT', 'LIST', 'TYPE', 'pubsub')) as string;
          return list.trim().split('\n').length < NODES;
        });
        admin.disconnect();
        proxies[0]!.resumeReading();
        await until('the drop to be noticed', () => brokers[0]!.stats().interruptions > 0);
      },
    });
  }, 60_000);

  it('all connections cut', async () => {
    const { brokers } = await single([], { sharded: true });
    await check({
      fault: 'connections of all nodes cut for 300 ms (sharded)',
      brokers,
      act: async (pause) => {
        for (const proxy of proxies) proxy.cut();
        await pause(300);
        for (const proxy of proxies) proxy.restore();
      },
    });
  }, 60_000);

  for (const sharded of [false, true]) {
    it(`Redis Cluster of three, sharded: ${sharded}`, async () => {
      const cluster = await startRedisCluster(NODES);
      services.push(...cluster);
      const nodes = cluster.map(({ port }) => ({ host: '127.0.0.1', port }));
      // The one that owns a channel in use.
      const victim = cluster[Math.floor((keySlot('asyngular:c:alpha') * NODES) / 16_384)]!;
      const brokers = nodes.map(() => createBroker({ cluster: { nodes }, sharded }));
      await check({
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
    }, 60_000);
  }
});

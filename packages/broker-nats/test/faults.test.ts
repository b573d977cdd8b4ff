import { afterAll, afterEach, describe, expect, it } from 'vitest';
import {
  runScenario,
  type Scenario,
  type ScenarioResult,
  scenarioTable,
} from '../../broker/test-support/scenario.js';
import {
  type Service,
  startNats,
  startNatsCluster,
  startNatsPair,
} from '../../broker/test-support/services.js';
import { TcpProxy } from '../../broker/test-support/tcp-proxy.js';
import { until } from '../../broker/test-support/wait.js';
import { natsBroker } from '../src/index.js';

const NODES = 3;
const results: ScenarioResult[] = [];
const services: Service[] = [];
const proxies: TcpProxy[] = [];

afterEach(async () => {
  await Promise.all(proxies.splice(0).map((proxy) => proxy.stop()));
  await Promise.all(services.splice(0).map((service) => service.stop()));
});
afterAll(() => console.log(`NATS\n${scenarioTable(results)}`));

function createBroker(ports: readonly number[], more: object = {}) {
  return natsBroker({
    servers: ports.map((port) => `127.0.0.1:${port}`),
    noRandomize: true,
    ignoreClusterUpdates: true,
    reconnectTimeWait: 50,
    heartbeatMs: 200,
    probeTimeoutMs: 500,
    timeoutMs: 10_000,
    ...more,
  });
}

/** Three nodes on one server, each behind its own proxy. */
async function single(config = '', more: object = {}) {
  const service = await startNats(config);
  services.push(service);
  for (let index = 0; index < NODES; index++) proxies.push(await TcpProxy.start(service.port));
  return { service, brokers: proxies.map((proxy) => createBroker([proxy.port], more)) };
}

async function check(scenario: Scenario): Promise<void> {
  const result = await runScenario(scenario);
  results.push(result);
  expect(result).toMatchObject({ lostOutside: 0, duplicates: 0, outOfOrder: 0 });
  expect(result.received).toBeGreaterThan(1_000);
  if (scenario.expectsAnnouncement !== false) expect(result.announced).toBeGreaterThan(0);
}

describe('natsBroker() under faults', () => {
  it('connection of one node cut', async () => {
    const { brokers } = await single();
    await check({
      fault: 'connection of one node cut for 300 ms',
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

  it('slow consumer', async () => {
    // Patient probes, so that it is the broker which ends it.
    const { brokers } = await single(
      'write_deadline: "200ms"\nmax_pending: 1048576\nmax_payload: 65536\n',
      { probeTimeoutMs: 20_000 },
    );
    await check({
      fault: 'one node reads too slowly, broker drops it',
      brokers,
      padding: 2_000,
      act: async () => {
        proxies[0]!.stopReading();
        await until('the drop', () => brokers[0]!.stats().interruptions > 0);
      },
    });
  }, 60_000);

  it('all connections cut', async () => {
    const { brokers } = await single();
    await check({
      fault: 'connections of all nodes cut for 300 ms',
      brokers,
      act: async (pause) => {
        for (const proxy of proxies) proxy.cut();
        await pause(300);
        for (const proxy of proxies) proxy.restore();
      },
    });
  }, 60_000);

  for (const victim of [0, 1]) {
    it(`cluster of three: server ${victim} killed`, async () => {
      const cluster = await startNatsCluster(NODES);
      services.push(...cluster);
      const ports = cluster.map(({ port }) => port);
      const brokers = ports.map((_, index) =>
        createBroker([...ports.slice(index), ...ports.slice(0, index)]),
      );
      await check({
        fault: `cluster of three: server ${victim} killed (-9), back after 500 ms`,
        brokers,
        act: async (pause) => {
          await cluster[victim]!.kill();
          await pause(500);
          await cluster[victim]!.start();
        },
      });
    }, 60_000);
  }

  it('cluster of three: lame duck', async () => {
    const cluster = await startNatsCluster(NODES);
    services.push(...cluster);
    const ports = cluster.map(({ port }) => port);
    const brokers = ports.map((_, index) =>
      createBroker([...ports.slice(index), ...ports.slice(0, index)], {
        ignoreClusterUpdates: false,
      }),
    );
    await check({
      fault: 'cluster of three: one server in lame duck mode',
      brokers,
      act: async () => {
        cluster[0]!.signal('SIGUSR2');
        await until('the node to have moved', () => brokers[0]!.stats().interruptions > 0);
      },
    });
  }, 60_000);

  it('cluster of two: route between the servers cut', async () => {
    const pair = await startNatsPair();
    services.push(...pair.services);
    proxies.push(pair.route);
    const ports = pair.services.map(({ port }) => port);
    // No node notices anything by itself: all stay connected.
    const brokers = [ports[0]!, ports[1]!, ports[1]!].map((port) => createBroker([port]));
    await check({
      fault: 'route between two servers cut for 700 ms, all nodes connected',
      brokers,
      act: async (pause) => {
        pair.route.cut();
        await pause(700);
        pair.route.restore();
        await pause(2_500);
      },
    });
  }, 60_000);
});

import { commonFaults, FaultBench, NODES, SCENARIO_MS } from '@asyngular/test-utils/broker-faults';
import { startNats, startNatsCluster, startNatsPair } from '@asyngular/test-utils/nats';
import { until } from '@asyngular/test-utils/wait';
import { describe, it } from 'vitest';
import { natsBroker } from '../src/index.js';

const bench = new FaultBench('NATS');

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

/** Three servers, and three nodes each of which prefers another one. */
async function startCluster(more: object = {}) {
  const cluster = await startNatsCluster(NODES);
  bench.services.push(...cluster);
  const ports = cluster.map(({ port }) => port);
  const brokers = ports.map((_, index) =>
    createBroker([...ports.slice(index), ...ports.slice(0, index)], more),
  );
  return { cluster, brokers };
}

describe('natsBroker() under faults', { timeout: SCENARIO_MS }, () => {
  commonFaults(bench, startNats, (port) => createBroker([port]));

  it('slow consumer', async () => {
    const service = await startNats(
      'write_deadline: "200ms"\nmax_pending: 1048576\nmax_payload: 65536\n',
    );
    // Patient probes, so that it is the service which ends it.
    const brokers = await bench.connectAll(service, (port) =>
      createBroker([port], { probeTimeoutMs: 20_000 }),
    );
    await bench.check({
      fault: 'one node reads too slowly, the broker drops it',
      brokers,
      padding: 2_000,
      act: async () => {
        bench.proxies[0]!.stopReading();
        await until('the drop', () => brokers[0]!.stats().interruptions > 0);
      },
    });
  });

  it.each([0, 1])('cluster of three: server %i killed', async (victim) => {
    const { cluster, brokers } = await startCluster();
    await bench.check({
      fault: `cluster of three: server ${victim} killed (-9), back after 500 ms`,
      brokers,
      act: async (pause) => {
        await cluster[victim]!.kill();
        await pause(500);
        await cluster[victim]!.start();
      },
    });
  });

  it('cluster of three: lame duck', async () => {
    const { cluster, brokers } = await startCluster({ ignoreClusterUpdates: false });
    await bench.check({
      fault: 'cluster of three: one server in lame duck mode',
      brokers,
      act: async () => {
        cluster[0]!.signal('SIGUSR2');
        await until('the node to have moved', () => brokers[0]!.stats().interruptions > 0);
      },
    });
  });

  it('cluster of two: route between the servers cut', async () => {
    const pair = await startNatsPair();
    bench.services.push(...pair.services);
    bench.proxies.push(pair.route);
    const ports = pair.services.map(({ port }) => port);
    // No node notices anything by itself: all stay connected.
    const brokers = [ports[0]!, ports[1]!, ports[1]!].map((port) => createBroker([port]));
    await bench.check({
      fault: 'route between two servers cut for 700 ms, all nodes connected',
      brokers,
      act: async (pause) => {
        pair.route.cut();
        await pause(700);
        pair.route.restore();
        await pause(2_500);
      },
    });
  });
});

import { brokerConformance } from '@asyngular/broker/conformance';
import { startNats, startNatsCluster } from '@asyngular/test-utils/nats';
import type { Service } from '@asyngular/test-utils/service';
import { TcpProxy } from '@asyngular/test-utils/tcp-proxy';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { natsBroker } from '../src/index.js';

let service: Service;
let cluster: Service[];
let fleets = 0;

beforeAll(async () => {
  service = await startNats();
  cluster = await startNatsCluster(3);
});
afterAll(async () => {
  await service?.stop();
  await Promise.all((cluster ?? []).map((it) => it.stop()));
});

brokerConformance({
  name: 'natsBroker()',
  describe,
  it,
  canCut: true,
  canStall: true,
  setup: async (count, options, faults) => {
    const subjectPrefix = `conformance-${fleets++}`;
    const proxies: TcpProxy[] = [];
    const brokers = [];
    for (let index = 0; index < count; index++) {
      let { port } = service;
      if (faults) {
        const proxy = await TcpProxy.start(port);
        proxies.push(proxy);
        port = proxy.port;
      }
      brokers.push(
        natsBroker({
          ...options,
          servers: `127.0.0.1:${port}`,
          ignoreClusterUpdates: true,
          reconnectTimeWait: 50,
          subjectPrefix,
        }),
      );
    }
    return {
      brokers,
      cut: (index) => proxies[index]!.cut(),
      restore: (index) => proxies[index]!.restore(),
      stall: (index) => proxies[index]!.stall(),
      freeze: (index) => proxies[index]!.silence(),
      teardown: async () => {
        for (const proxy of proxies) await proxy.stop();
      },
    };
  },
});

brokerConformance({
  name: 'natsBroker() with every node on another server of a cluster',
  describe,
  it,
  setup: async (count, options) => {
    const subjectPrefix = `conformance-${fleets++}`;
    const ports = cluster.slice(0, count).map(({ port }) => port);
    return { brokers: ports.map((port) => natsBroker({ ...options, port, subjectPrefix })) };
  },
});

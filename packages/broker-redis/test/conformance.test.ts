import { brokerConformance } from '@asyngular/broker/conformance';
import { startRedis } from '@asyngular/test-utils/redis';
import type { Service } from '@asyngular/test-utils/service';
import { TcpProxy } from '@asyngular/test-utils/tcp-proxy';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { redisBroker } from '../src/index.js';

let service: Service;
let fleets = 0;

beforeAll(async () => {
  service = await startRedis();
});
afterAll(() => service?.stop());

for (const sharded of [false, true]) {
  brokerConformance({
    name: `redisBroker({ sharded: ${sharded} })`,
    describe,
    it,
    canCut: true,
    canStall: true,
    setup: async (count, options, faults) => {
      const keyPrefix = `conformance-${fleets++}:`;
      const proxies: TcpProxy[] = [];
      const brokers = [];
      for (let index = 0; index < count; index++) {
        let { port } = service;
        if (faults) {
          const proxy = await TcpProxy.start(port);
          proxies.push(proxy);
          port = proxy.port;
        }
        const url = `redis://127.0.0.1:${port}`;
        brokers.push(redisBroker({ ...options, url, keyPrefix, sharded }));
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
}

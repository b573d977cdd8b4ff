import { brokerConformance } from '@asyngular/broker/conformance';
import { startNats, startNatsCluster } from '@asyngular/test-utils/nats';
import type { Service } from '@asyngular/test-utils/service';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { natsBroker } from '../src/index.js';
import { startFleet } from './support/proxied-fleet.js';

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
  setup: (count, options, hasFaults) => {
    const subjectPrefix = `conformance-${fleets++}`;
    return startFleet(count, service.port, { ...options, subjectPrefix }, hasFaults);
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

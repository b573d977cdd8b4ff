import { FakeNetwork, type FakeTransport } from '@asyngular/test-utils/fake-network';
import { describe, expect, it } from 'vitest';
import {
  type BrokerConformanceOptions,
  brokerConformance,
  brokerDuties,
} from '../src/conformance.js';
import { type Broker, type FleetOptions, MemoryHub, memoryBroker } from '../src/index.js';
import { FleetBroker } from '../src/transport.js';
import { LossyBroker } from './support/lossy-broker.js';

brokerConformance({
  name: 'memoryBroker()',
  describe,
  it,
  setup: async (count) => {
    const hub = new MemoryHub();
    return { brokers: Array.from({ length: count }, () => memoryBroker({ hub })) };
  },
});

function fakeSetup(create: (transport: FakeTransport, options: FleetOptions) => Broker) {
  return async (count: number, options: FleetOptions) => {
    const network = new FakeNetwork();
    const transports = Array.from({ length: count }, () => network.create());
    return {
      brokers: transports.map((transport) => create(transport, options)),
      cut: (index: number) => transports[index]!.cut(),
      restore: (index: number) => transports[index]!.restore(),
      // The next connection is made when the attempt at it is given up, which is the transport's work.
      stall: (index: number) => transports[index]!.cut(),
      freeze: (index: number) => {
        transports[index]!.isResponsive = false;
      },
      drop: (index: number, messages: number) => {
        transports[index]!.toDrop = messages;
      },
    };
  };
}

brokerConformance({
  name: 'a broker between processes',
  describe,
  it,
  canCut: true,
  canDrop: true,
  canStall: true,
  setup: fakeSetup((transport, options) => new FleetBroker(transport, options)),
});

describe('the conformance suite', () => {
  it('finds out a broker that loses messages silently, and nothing else about it', async () => {
    const tests: { title: string; body: () => Promise<void> }[] = [];
    brokerConformance({
      name: 'lossy',
      deadlineMs: 2_000,
      describe: (_title, body) => body(),
      it: (title, body) => tests.push({ title, body }),
      canCut: true,
      canDrop: true,
      canStall: true,
      setup: fakeSetup((transport, options) => new LossyBroker(transport, options)),
    } satisfies BrokerConformanceOptions);
    expect(tests).toHaveLength(brokerDuties.length);
    const failed: string[] = [];
    await Promise.all(
      tests.map(({ title, body }) =>
        body().catch(() => {
          failed.push(title.split(' ')[0]!);
        }),
      ),
    );
    const expected = brokerDuties.filter((duty) => duty.isLossDetection).map(({ id }) => id);
    expect(expected).toEqual(['B24', 'B25', 'B26', 'B27']);
    expect(failed.sort()).toEqual(expected);
  }, 30_000);
});

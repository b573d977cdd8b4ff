import { FakeNetwork, type FakeTransport } from '@asyngular/test-utils/fake-network';
import { describe, expect, it } from 'vitest';
import {
  type BrokerConformanceOptions,
  type BrokerDuty,
  brokerConformance,
  brokerDuties,
} from '../src/conformance.js';
import { type Broker, type FleetOptions, MemoryHub, memoryBroker } from '../src/index.js';
import { FleetBroker } from '../src/transport.js';
import { FakeLogService, type Lie } from './support/fake-log-service.js';
import { LossyBroker } from './support/lossy-broker.js';

/** Room for a few logs of these duties. */
const maxHistoryBytes = 4 * 1024 * 1024;

brokerConformance({
  name: 'memoryBroker()',
  describe,
  it,
  log: { canForget: true },
  setup: async (count) => {
    const hub = new MemoryHub({ maxHistoryBytes });
    const brokers = Array.from({ length: count }, () => memoryBroker({ hub }));
    return {
      brokers,
      // Logs of others that need all the room there is.
      forget: async () => {
        for (let index = 0; index < 8; index++) {
          await brokers[0]!.log!.append(`other ${index}`, 'x'.repeat(maxHistoryBytes / 4));
        }
      },
    };
  },
});

function fakeSetup(
  create: (transport: FakeTransport, options: FleetOptions) => Broker,
  lie?: Lie,
): BrokerConformanceOptions['setup'] {
  return async (count, options) => {
    const network = new FakeNetwork();
    const service = new FakeLogService(lie);
    const transports = Array.from({ length: count }, () => {
      const log = service.create();
      const transport = network.create(log);
      log.transport = transport;
      return transport;
    });
    const cut = (index: number) => {
      transports[index]!.cut();
      service.nodes[index]!.lose();
    };
    return {
      brokers: transports.map((transport) => create(transport, options)),
      cut,
      restore: (index) => transports[index]!.restore(),
      // The next connection is made when the attempt at it is given up, which is the transport's work.
      stall: cut,
      freeze: (index) => {
        transports[index]!.isResponsive = false;
      },
      drop: (index, messages) => {
        transports[index]!.toDrop = messages;
      },
      dropEntries: (index, entries) => {
        service.nodes[index]!.toDrop = entries;
      },
      forget: () => service.forget(),
      save: async () => {
        const bringBack = service.save();
        return async () => {
          const connected = transports
            .map((_, index) => index)
            .filter((index) => !transports[index]!.isCut);
          for (const index of connected) cut(index);
          bringBack();
          for (const index of connected) transports[index]!.restore();
        };
      },
    };
  };
}

const allFaults = {
  canCut: true,
  canDrop: true,
  canStall: true,
  log: { canDropEntries: true, canForget: true, canSave: true },
} satisfies Partial<BrokerConformanceOptions>;

brokerConformance({
  name: 'a broker between processes',
  describe,
  it,
  ...allFaults,
  setup: fakeSetup((transport, options) => new FleetBroker(transport, options)),
});

/** The ids of the duties that fail, out of all or of those about logs. */
async function failedDuties(
  setup: BrokerConformanceOptions['setup'],
  among: (duty: BrokerDuty) => boolean,
): Promise<string[]> {
  const tests: { id: string; body: () => Promise<void> }[] = [];
  brokerConformance({
    name: 'lying',
    deadlineMs: 2_000,
    describe: (_title, body) => body(),
    it: (title, body) => tests.push({ id: title.split(' ')[0]!, body }),
    ...allFaults,
    setup,
  });
  const ids = new Set(brokerDuties.filter(among).map(({ id }) => id));
  const failed: string[] = [];
  await Promise.all(
    tests
      .filter(({ id }) => ids.has(id))
      .map(({ id, body }) => body().catch(() => void failed.push(id))),
  );
  return failed.sort();
}

describe('the conformance suite', () => {
  it('finds out a broker that loses messages silently, and nothing else about it', async () => {
    const failed = await failedDuties(
      fakeSetup((transport, options) => new LossyBroker(transport, options)),
      (duty) => !duty.isAboutLogs,
    );
    const expected = brokerDuties.filter((duty) => duty.isLossDetection).map(({ id }) => id);
    expect(expected).toEqual(['B24', 'B25', 'B26', 'B27']);
    expect(failed).toEqual(expected);
  }, 120_000);

  it.each<[Lie, string[]]>([
    ['skips an entry', ['B40', 'B42']],
    ['answers reached', ['B45', 'B46', 'B47', 'B48']],
    ['loses what comes right after a second follow', ['B33']],
    ['forgets the last one before silence', ['B56']],
    ['reissues positions', ['B58']],
  ])(
    'finds out a log that %s',
    async (lie, expected) => {
      const failed = await failedDuties(
        fakeSetup((transport, options) => new FleetBroker(transport, options), lie),
        // What the random duty finds depends on its seed.
        ({ id, isAboutLogs }) => isAboutLogs === true && id !== 'B59',
      );
      expect(failed).toEqual(expected);
    },
    120_000,
  );
});

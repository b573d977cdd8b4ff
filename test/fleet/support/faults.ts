import { pause } from '@asyngular/test-utils/wait';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleet } from './fleet.js';
import { type FleetResult, faultTable, runFault } from './scenario.js';
import type { BrokerKind } from './server-process.js';

// A larger fleet, longer: npm run test:fleet
const isLarge = process.env.FLEET === 'large';
const size = isLarge
  ? { servers: 3, clients: 1_000, publishers: 100, channels: 50, rate: 400 }
  : { servers: 3, clients: 300, publishers: 30, channels: 20, rate: 100 };
const calmMs = isLarge ? 3_000 : 300;

/** What may happen to a fleet; every fault is over when `act` resolves. */
const faults: readonly { name: string; act: (fleet: Fleet) => Promise<void> }[] = [
  {
    name: 'a server killed (-9), back after 300 ms',
    act: async ({ servers }) => {
      await servers[0]!.kill();
      await pause(300);
      await servers[0]!.start();
    },
  },
  {
    name: 'a server drained and replaced',
    act: async ({ servers }) => {
      await servers[1]!.leave('drain');
      await servers[1]!.start();
    },
  },
  {
    name: 'broker killed (-9), back after 500 ms',
    act: async ({ broker }) => {
      await broker.kill();
      await pause(500);
      await broker.start();
    },
  },
  {
    name: 'network between a server and the broker cut for 300 ms',
    act: async ({ proxies }) => {
      proxies[2]!.cut();
      await pause(300);
      proxies[2]!.restore();
    },
  },
  {
    name: 'network between a server and the broker silent for 800 ms',
    act: async ({ proxies }) => {
      proxies[0]!.silence();
      await pause(800);
      proxies[0]!.restore();
    },
  },
  {
    name: 'slow broker: stopped for 100 of every 150 ms',
    act: async ({ broker }) => {
      for (let round = 0; round < 6; round++) {
        broker.signal('SIGSTOP');
        await pause(100);
        broker.signal('SIGCONT');
        await pause(50);
      }
    },
  },
  {
    name: 'connections of a server reset, the next ones accepted and silent for 800 ms',
    act: async ({ proxies }) => {
      proxies[2]!.stall();
      await pause(800);
      proxies[2]!.restore();
    },
  },
  {
    name: 'clients and publishers change servers while a link lags by 400 ms',
    act: async ({ proxies, clients }) => {
      proxies[1]!.stopReading();
      await pause(100);
      for (const client of clients) if (client.id % 2 === 0) client.moveOn();
      await pause(300);
      proxies[1]!.resumeReading();
    },
  },
  {
    name: 'a server drained while its broker is stopped, both back after it',
    act: async ({ servers, broker }) => {
      broker.signal('SIGSTOP');
      await servers[1]!.leave('drain');
      broker.signal('SIGCONT');
      await servers[1]!.start();
    },
  },
];

/** Three server processes, their broker and 300 clients, through every fault. */
export function testFleet(kind: BrokerKind): void {
  describe(`a fleet on ${kind}`, () => {
    let fleet: Fleet;
    const results: FleetResult[] = [];
    beforeAll(async () => {
      fleet = await Fleet.start(kind, size);
    }, 60_000);
    afterAll(async () => {
      await fleet?.stop();
      console.log(`\nFleet on ${kind}\n${faultTable(results)}`);
    }, 120_000);

    for (const { name, act } of faults) {
      it(name, async () => {
        const result = await runFault(fleet, name, () => act(fleet), calmMs);
        results.push(result);
        expect(result).toMatchObject({ lostOutside: 0, duplicates: 0, outOfOrder: 0 });
        expect(result.published).toBeGreaterThan(30);
        expect(result.received).toBeGreaterThan(result.expected / 4);
      }, 90_000);
    }
  });
}

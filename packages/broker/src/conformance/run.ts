import type { BrokerConformanceOptions } from './contract.js';
import { brokerDuties } from './duties.js';
import { TestFleet } from './test-fleet.js';

/**
 * Declares one test per duty of the broker contract, titled with its id. A broker is done when all pass.
 * Uses no test framework of its own: a duty fails by throwing.
 */
export function brokerConformance(options: BrokerConformanceOptions): void {
  options.describe(`${options.name} keeps the broker contract`, () => {
    for (const duty of brokerDuties) {
      if (duty.needs === 'cut' && !options.canCut) continue;
      if (duty.needs === 'drop' && !options.canDrop) continue;
      if (duty.needs === 'stall' && !options.canStall) continue;
      options.it(`${duty.id} ${duty.title}`, async () => {
        const fleet = await options.setup(
          duty.nodes,
          {
            heartbeatMs: 100,
            probeTimeoutMs: 1_000,
            timeoutMs: 3_000,
            connectTimeoutMs: 1_000,
            ...duty.options,
          },
          duty.needs !== undefined,
        );
        const testFleet = new TestFleet(fleet, options.deadlineMs);
        try {
          await duty.run(testFleet);
        } finally {
          await testFleet.close();
        }
      });
    }
  });
}

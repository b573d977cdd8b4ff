import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BrokerKind } from '../support/server-process.js';
import { faultsOf } from './faults.js';
import { RecoveryFleet } from './recovery-fleet.js';
import { type Outcome, runFault } from './run.js';
import { outcomeTable } from './table.js';

// Each fault several times, and a larger crowd: npm run fleet:recovery -- --runs 10 --crowd 10000
const runs = Number(process.env.FLEET_RUNS ?? 1);
const CALM_MS = 300;

/** What every promise of recovery comes to, whatever happened. */
const kept = { lost: 0, duplicates: 0, outOfOrder: 0, untold: 0, spurious: 0, misread: 0 };

/** Three server processes, their broker and 300 clients on recoverable channels, through every fault. */
export function testRecovery(kind: BrokerKind): void {
  describe(`recovery in a fleet on ${kind}`, () => {
    let fleet: RecoveryFleet;
    const outcomes = new Map<string, Outcome[]>();
    beforeAll(async () => {
      fleet = await RecoveryFleet.start(kind);
    }, 90_000);
    afterAll(async () => {
      await fleet?.stop();
      console.log(`\nRecovery on ${kind}\n${outcomeTable(outcomes)}`);
    }, 120_000);

    for (const fault of faultsOf(kind)) {
      it(
        fault.name,
        async () => {
          const all: Outcome[] = [];
          outcomes.set(fault.name, all);
          for (let run = 0; run < runs; run++) {
            const outcome = await runFault(fleet, fault, CALM_MS);
            all.push(outcome);
            // Against itself, so that a difference shows what is wrong and nothing else.
            expect.soft(outcome).toEqual({ ...outcome, ...kept });
            expect.soft(outcome.readsAtOnce).toBeLessThanOrEqual(1);
            expect.soft(outcome.acknowledged).toBeGreaterThan(0);
            if (fault.logs === 'kept') {
              expect.soft(outcome).toEqual({ ...outcome, gone: 0, told: 0, unrecovered: 0 });
            } else {
              expect.soft(outcome.told).toBeGreaterThan(0);
            }
          }
        },
        runs * 90_000,
      );
    }
  });
}

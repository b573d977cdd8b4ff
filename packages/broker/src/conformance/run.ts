import type { BrokerConformanceOptions } from './contract.js';
import { type BrokerDuty, brokerDuties, type DutyNeed } from './duties.js';
import { TestFleet } from './test-fleet.js';

/**
 * Declares one test per duty of the broker contract, titled with its id. A broker is done when all pass.
 * Uses no test framework of its own: a duty fails by throwing.
 */
export function brokerConformance(options: BrokerConformanceOptions): void {
  options.describe(`${options.name} keeps the broker contract`, () => {
    const faults = (Object.keys(abilities) as DutyNeed[]).filter((it) => abilities[it](options));
    for (const duty of brokerDuties) {
      if (!concerns(duty, options, faults)) continue;
      options.it(`${duty.id} ${duty.title}`, async () => {
        const fleet = await options.setup(
          duty.nodes,
          {
            heartbeatMs: 100,
            // A machine that is busy with other things is no fault of the broker.
            probeTimeoutMs: 10_000,
            timeoutMs: 20_000,
            connectTimeoutMs: 1_000,
            ...duty.options,
          },
          duty.needs !== undefined || duty.usesFaults === true,
        );
        const testFleet = new TestFleet(fleet, {
          deadlineMs: options.deadlineMs,
          seed: options.log?.seed,
          faults,
          keepsLogs: options.log !== undefined,
        });
        try {
          await duty.run(testFleet);
        } finally {
          await testFleet.close();
        }
      });
    }
  });
}

const abilities: Readonly<
  Record<DutyNeed, (options: BrokerConformanceOptions) => boolean | undefined>
> = {
  cut: ({ canCut }) => canCut,
  drop: ({ canDrop }) => canDrop,
  stall: ({ canStall }) => canStall,
  dropEntries: ({ log }) => log?.canDropEntries,
  forget: ({ log }) => log?.canForget,
  save: ({ log }) => log?.canSave,
};

/** Whether a duty can be checked, and holds, for these brokers. */
function concerns(
  { id, needs, isAboutLogs }: BrokerDuty,
  options: BrokerConformanceOptions,
  faults: readonly DutyNeed[],
): boolean {
  if (isAboutLogs && (!options.log || options.log.exceptions?.[id] !== undefined)) return false;
  return needs === undefined || faults.includes(needs);
}

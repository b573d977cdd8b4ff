import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BrokerKind } from '../support/server-process.js';
import { faults, type Outcome } from './faults.js';
import { PresenceFleet } from './presence-fleet.js';
import { patienceFactor, runs, size } from './times.js';

/** Three server processes, their broker, and a room full of members, through every fault. */
export function testPresence(kind: BrokerKind): void {
  describe(`presence in a fleet on ${kind}`, () => {
    let fleet: PresenceFleet;
    const lines: string[] = [];
    beforeAll(async () => {
      fleet = await PresenceFleet.start(kind);
    }, 90_000);
    afterAll(async () => {
      await fleet?.stop();
      console.log(
        `\nPresence of ${size.members} members on ${kind}\n` +
          '| fault | wrongly told | late | ended | leaves told | leaves after, ms | agreed after, ms |\n' +
          `| --- | --: | --: | --: | --: | --: | --: |\n${lines.join('\n')}`,
      );
    }, 120_000);

    for (const fault of faults) {
      it(
        fault.name,
        async () => {
          for (let run = 0; run < runs; run++) {
            const outcome = await fault.act(fleet);
            lines.push(lineOf(fault.name, outcome));
            expect.soft(outcome.wronglyTold).toBe(0);
            expect.soft(outcome.agreedAfterMs).toBeLessThan(fault.agreesWithinMs * patienceFactor);
            if (outcome.ended > 0) expect.soft(outcome.leavesTold).toBe(outcome.ended);
            if (fault.isNoticed) expect.soft(outcome.leavesTold).toBeGreaterThan(0);
          }
        },
        runs * 120_000,
      );
    }
  });
}

function lineOf(name: string, outcome: Outcome): string {
  const { wronglyTold, late, ended, leavesTold, leavesAfterMs, agreedAfterMs } = outcome;
  const numbers = [wronglyTold, late, ended, leavesTold, leavesAfterMs, agreedAfterMs];
  return `| ${name} | ${numbers.map((number) => Math.round(number)).join(' | ')} |`;
}

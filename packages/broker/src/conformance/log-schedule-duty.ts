import type { LogEntry } from '../log.js';
import type { BrokerDuty } from './duties.js';
import { LogSchedule } from './log-schedule.js';
import { payloadsOf, readPage } from './log-steps.js';
import { assert, assertEqual, type TestFleet } from './test-fleet.js';

const CHANNEL = 'schedule';
const STEPS = 250;

/** Names the first difference only: these lists are long. */
function assertSameOrder(actual: readonly string[], expected: readonly string[], what: string) {
  const at = expected.findIndex((payload, index) => actual[index] !== payload);
  if (at < 0) return;
  const [got, wanted] = [actual, expected].map((list) => list.slice(Math.max(0, at - 1), at + 3));
  assertEqual(got, wanted, `${what}, at ${at} of ${expected.length}`);
}

/** What has to hold for every subscriber, whatever went wrong. */
function assertInvariants(schedule: LogSchedule, log: readonly LogEntry[]): void {
  const order = payloadsOf(log).map(String);
  const kept = new Set(order);
  assertEqual(kept.size, order.length, 'publications in the log without repeats');
  for (const payload of schedule.acknowledged) {
    const isKept = schedule.hasLostLogs || kept.has(payload);
    assert(isKept, `${payload} was acknowledged and is not in the log`);
  }
  for (const [index, { pieces }] of schedule.subscribers.entries()) {
    for (const piece of pieces) {
      const payloads = payloadsOf(piece).map(String);
      assertEqual(new Set(payloads).size, payloads.length, `node ${index} got nothing twice`);
    }
    const last = payloadsOf(pieces.at(-1)!).map(String);
    const end = order.slice(order.length - last.length);
    assertSameOrder(last, end, `what node ${index} got since its last interruption, and the log`);
    if (schedule.hasLostLogs) continue;
    assertEqual(pieces.length, 1, `pieces of node ${index}, though no log was lost`);
    assertEqual(last.length, order.length, `publications of node ${index}`);
  }
}

async function run(fleet: TestFleet): Promise<void> {
  const nodes = await fleet.start();
  const schedule = await LogSchedule.start(fleet, nodes, CHANNEL);
  for (let step = 0; step < STEPS; step++) await schedule.step();
  await schedule.settle();
  const { entries } = await readPage(nodes[0]!, CHANNEL);
  assertInvariants(schedule, entries);
}

/** One order, no hole and no repeat through a random mixture of faults, printed if it fails. */
export const logScheduleDuty: BrokerDuty = {
  id: 'B59',
  title: 'loses, repeats and reorders nothing without saying so, whatever goes wrong',
  nodes: 3,
  isAboutLogs: true,
  usesFaults: true,
  async run(fleet) {
    try {
      await run(fleet);
    } catch (cause) {
      throw new Error(`with the seed ${fleet.seed}: ${(cause as Error).message}`, { cause });
    }
  },
};

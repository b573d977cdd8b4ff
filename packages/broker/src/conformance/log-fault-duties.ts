import type { BrokerDuty } from './duties.js';
import {
  appendAll,
  liveEntries,
  numbers,
  payloadsOf,
  readAfter,
  readPage,
  settledAppends,
  topOf,
} from './log-steps.js';
import { assert, assertEqual, type TestFleet, type TestNode } from './test-fleet.js';

async function cutAndNotice(fleet: TestFleet, index: number): Promise<void> {
  await fleet.cut(index);
  const node = fleet.node(index);
  await fleet.until('the loss to be noticed', () => node.broker.status === 'connecting');
}

async function restore(fleet: TestFleet, index: number): Promise<void> {
  await fleet.restore(index);
  const node = fleet.node(index);
  await fleet.until('the connection', () => node.broker.status === 'connected');
}

function lastPayload(node: TestNode): unknown {
  return node.entries.at(-1)?.entry.payload;
}

/** Duties about logs and faults: what goes wrong on the way is found, and what is lost is said. */
export const logFaultDuties: readonly BrokerDuty[] = [
  {
    id: 'B53',
    title: 'appends made while away are kept in order when back, each once',
    nodes: 2,
    isAboutLogs: true,
    needs: 'cut',
    async run(fleet) {
      const [a, b] = await fleet.start();
      await b!.log.follow('away');
      const sent = numbers(20).map((payload) => a!.log.append('away', payload));
      await cutAndNotice(fleet, 0);
      for (const payload of numbers(60).slice(20)) sent.push(a!.log.append('away', payload));
      await restore(fleet, 0);
      const appended = await settledAppends(sent);
      const { entries } = await readPage(b!, 'away');
      assertEqual(payloadsOf(entries), numbers(60), 'entries');
      const places = entries.map(({ position }) => position);
      assertEqual(
        appended.map(({ position }) => position),
        places,
        'positions of the answers',
      );
      await fleet.until('60 live entries', () => liveEntries(b!, 'away').length === 60);
    },
  },
  {
    id: 'B54',
    title: 'follows again after a cut, and the log has what was missed',
    nodes: 2,
    isAboutLogs: true,
    needs: 'cut',
    async run(fleet) {
      const [a, b] = await fleet.start();
      await b!.log.follow('missed');
      const [position] = await appendAll(a!, 'missed', ['before']);
      await fleet.until('the first live entry', () => lastPayload(b!) === 'before');
      await cutAndNotice(fleet, 1);
      await appendAll(a!, 'missed', ['1', '2']);
      await restore(fleet, 1);
      await appendAll(a!, 'missed', ['after']);
      await fleet.until('the live entry after the cut', () => lastPayload(b!) === 'after');
      const missed = payloadsOf(await readAfter(b!, 'missed', position!));
      assertEqual(missed, ['1', '2', 'after'], 'what follows the last entry before the cut');
    },
  },
  {
    id: 'B55',
    title: 'a live entry that vanishes shows in the next one, and the log has it',
    nodes: 2,
    isAboutLogs: true,
    needs: 'dropEntries',
    async run(fleet) {
      const [a, b] = await fleet.start();
      await b!.log.follow('leaky');
      const [first] = await appendAll(a!, 'leaky', ['0']);
      await fleet.until('the first live entry', () => b!.entries.length === 1);
      fleet.fleet.dropEntries?.(1, 2);
      const [, second] = await appendAll(a!, 'leaky', ['1', '2', '3']);
      await fleet.until('the last live entry', () => lastPayload(b!) === '3');
      assertEqual(b!.entries.length, 2, 'live entries');
      assertEqual(b!.entries[1]!.entry.previous, second!.offset, 'previous of the last one');
      assertEqual(payloadsOf(await readAfter(b!, 'leaky', first!)), ['1', '2', '3'], 'the log');
    },
  },
  {
    id: 'B56',
    title: 'a last live entry that vanishes shows in where the log ends',
    nodes: 2,
    isAboutLogs: true,
    needs: 'dropEntries',
    async run(fleet) {
      const [a, b] = await fleet.start();
      await b!.log.follow('tail');
      const [first] = await appendAll(a!, 'tail', ['0']);
      await fleet.until('the first live entry', () => b!.entries.length === 1);
      fleet.fleet.dropEntries?.(1, 1);
      const [last] = await appendAll(a!, 'tail', ['1']);
      assertEqual(await topOf(b!, 'tail'), last, 'where the log ends');
      assertEqual(payloadsOf(await readAfter(b!, 'tail', first!)), ['1'], 'the log');
    },
  },
  {
    id: 'B57',
    title: 'a log that was lost comes back with a new epoch, and reaches no older position',
    nodes: 2,
    isAboutLogs: true,
    needs: 'forget',
    async run(fleet) {
      const [a, b] = await fleet.start();
      const beginning = await topOf(a!, 'lost');
      const positions = await appendAll(a!, 'lost', numbers(3));
      await fleet.fleet.forget?.();
      const { epoch } = await fleet.eventually('a new epoch', async () => {
        const top = await topOf(b!, 'lost');
        assert(top.epoch !== beginning.epoch, 'the epoch is the old one');
        return top;
      });
      for (const count of [0, 3]) {
        if (count > 0) await appendAll(a!, 'lost', numbers(count));
        for (const after of [beginning, ...positions]) {
          const { reached, top } = await readPage(b!, 'lost', { after });
          assert(!reached, `offset ${after.offset} of the lost log must not be reached`);
          assertEqual(top.epoch, epoch, 'epoch');
        }
      }
    },
  },
  {
    id: 'B58',
    title: 'offsets that are given out again are not taken for the first ones',
    nodes: 2,
    isAboutLogs: true,
    needs: 'save',
    async run(fleet) {
      const [a, b] = await fleet.start();
      const kept = await appendAll(a!, 'rolled back', ['1', '2']);
      const bringBack = await fleet.fleet.save?.();
      assert(bringBack, 'the fleet must save its state');
      const lost = await appendAll(a!, 'rolled back', ['3', '4', '5']);
      await bringBack();
      const added = await appendAll(a!, 'rolled back', ['three', 'four', 'five', 'six']);
      for (const after of lost) {
        const { reached } = await readPage(b!, 'rolled back', { after });
        assert(!reached, `offset ${after.offset} was given out again and must not be reached`);
      }
      const page = await readPage(b!, 'rolled back', { after: kept[1]! });
      if (page.reached) {
        assertEqual(payloadsOf(page.entries), ['three', 'four', 'five', 'six'], 'what follows');
      } else {
        assert(
          added[0]!.epoch !== kept[1]!.epoch,
          'a kept position of the same log must be reached',
        );
      }
    },
  },
];

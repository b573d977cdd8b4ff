import { isSamePosition } from '../position-text.js';
import type { BrokerDuty } from './duties.js';
import {
  appendAll,
  liveEntries,
  numbers,
  payloadsOf,
  readPage,
  settledAppends,
} from './log-steps.js';
import { assert, assertEqual } from './test-fleet.js';

const WINDOW_MS = 1_000;

/** Duties about ids: what is sent twice is published once. */
export const logIdDuties: readonly BrokerDuty[] = [
  {
    id: 'B50',
    title: 'answers a repeated id like the first, and neither keeps nor announces it again',
    nodes: 2,
    isAboutLogs: true,
    async run(fleet) {
      const [a, b] = await fleet.start();
      await b!.log.follow('ids');
      const first = await a!.log.append('ids', 'first', { id: 'order-17' });
      assertEqual(first.duplicate, false, 'duplicate of the first');
      await appendAll(a!, 'ids', ['between']);
      for (const node of [a!, b!]) {
        const again = await node.log.append('ids', 'again', { id: 'order-17' });
        assertEqual(again, { position: first.position, duplicate: true }, 'answer of a repeat');
      }
      const elsewhere = await a!.log.append('other', 'mine', { id: 'order-17' });
      assertEqual(elsewhere.duplicate, false, 'duplicate on another channel');
      await appendAll(a!, 'ids', ['last']);
      const expected = ['first', 'between', 'last'];
      assertEqual(payloadsOf((await readPage(b!, 'ids')).entries), expected, 'entries');
      await fleet.until('the last live entry', () => liveEntries(b!, 'ids').length >= 3);
      assertEqual(payloadsOf(liveEntries(b!, 'ids')), expected, 'live entries');
    },
  },
  {
    id: 'B51',
    title: 'publishes once what several nodes append at the same time with one id',
    nodes: 3,
    isAboutLogs: true,
    async run(fleet) {
      const nodes = await fleet.start();
      for (const index of numbers(20)) {
        const id = `same ${index}`;
        const answers = await settledAppends(
          nodes.flatMap((node) => [
            node.log.append('race', index, { id }),
            node.log.append('race', index, { id }),
          ]),
        );
        const [position, ...others] = answers.map((answer) => answer.position);
        for (const other of others) {
          assert(isSamePosition(position!, other), `answers must agree on the place of ${id}`);
        }
        const originals = answers.filter(({ duplicate }) => !duplicate);
        assertEqual(originals.length, 1, 'answers that are no duplicate');
      }
      const { entries } = await readPage(nodes[0]!, 'race');
      assertEqual(payloadsOf(entries), numbers(20), 'entries');
    },
  },
  {
    id: 'B52',
    title:
      'remembers an id though its publication has been trimmed, and forgets it after its window',
    nodes: 2,
    isAboutLogs: true,
    // Some services remember ids for as long as an append may be sent again, at least.
    options: { timeoutMs: 3_000 },
    async run(fleet) {
      fleet.setPolicy('window', { size: 1, idempotencyWindowMs: WINDOW_MS });
      const [a, b] = await fleet.start();
      const startedAt = performance.now();
      const first = await a!.log.append('window', 'first', { id: 'x' });
      await appendAll(a!, 'window', numbers(3));
      for (;;) {
        const again = await b!.log.append('window', 'again', { id: 'x' });
        const tookMs = performance.now() - startedAt;
        if (!again.duplicate) {
          assert(tookMs >= WINDOW_MS * 0.95, `the id was forgotten after ${tookMs} ms`);
          assert(again.position.offset > first.position.offset, 'the offset must grow');
          return;
        }
        assertEqual(again.position, first.position, 'position of the first');
        assert(tookMs < 20 * WINDOW_MS, `the id was not forgotten within ${tookMs} ms`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  },
];

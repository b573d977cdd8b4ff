import type { LogPosition } from '../log.js';
import { formatPosition, isSamePosition, parsePosition } from '../position-text.js';
import type { BrokerDuty } from './duties.js';
import { appendAll, numbers, payloadsOf, readAfter, readPage, topOf } from './log-steps.js';
import { assert, assertEqual, type TestNode } from './test-fleet.js';

/** Short enough to wait for, and long enough for a few calls on a busy machine. */
const TTL_MS = 1_500;

async function assertNotReached(node: TestNode, channel: string, after: LogPosition, why: string) {
  const { reached } = await readPage(node, channel, { after });
  assert(!reached, `${formatPosition(after)} must not be reached: ${why}`);
}

/** Duties about logs: positions never lie, and what a log has no room for is let go. */
export const logPositionDuties: readonly BrokerDuty[] = [
  {
    id: 'B40',
    title: 'gives what follows a position, from every position, in pages without a hole',
    nodes: 2,
    isAboutLogs: true,
    async run(fleet) {
      const [a, b] = await fleet.start();
      const start = await topOf(b!, 'pages');
      const positions = [start, ...(await appendAll(a!, 'pages', numbers(60)))];
      for (const [index, position] of positions.entries()) {
        const parsed = parsePosition(formatPosition(position));
        assert(parsed && isSamePosition(parsed, position), 'a position must survive as text');
        const entries = await readAfter(b!, 'pages', parsed, 7);
        assertEqual(payloadsOf(entries), numbers(60).slice(index), `what follows number ${index}`);
      }
      const exact = await readPage(b!, 'pages', { after: positions[53]!, limit: 7 });
      assertEqual([exact.entries.length, exact.hasMore], [7, false], 'a page that ends at the top');
    },
  },
  {
    id: 'B41',
    title: 'gives the newest publications, and those before a position, page by page',
    nodes: 2,
    isAboutLogs: true,
    async run(fleet) {
      const [a, b] = await fleet.start();
      await appendAll(a!, 'back', numbers(20));
      const pages: unknown[] = [];
      let before: LogPosition | undefined;
      for (;;) {
        const page = await readPage(b!, 'back', { before, limit: 7 });
        assert(page.reached, 'a position of the log itself must be reached');
        pages.push(payloadsOf(page.entries));
        before = page.entries[0]?.position;
        if (!page.hasMore) break;
      }
      const all = numbers(20);
      assertEqual(pages, [all.slice(13), all.slice(6, 13), all.slice(0, 6)], 'pages');
      const empty = await readPage(b!, 'back', { before });
      assertEqual([empty.entries.length, empty.hasMore], [0, false], 'before the first one');
      const foreign = { ...before!, epoch: 'another' };
      const { reached } = await readPage(b!, 'back', { before: foreign });
      assertEqual(reached, false, 'reached of a position of another epoch');
    },
  },
  {
    id: 'B42',
    title: 'keeps pages within their bytes, with one publication at least',
    nodes: 1,
    isAboutLogs: true,
    async run(fleet) {
      const [a] = await fleet.start();
      const start = await topOf(a!, 'bytes');
      // Services may count their own envelope as well, which is small beside these.
      const payloads = [
        'ü'.repeat(2_000),
        'b'.repeat(3_000),
        'c'.repeat(1_000),
        'd'.repeat(50_000),
      ];
      const [first, , , last] = await appendAll(a!, 'bytes', payloads);
      const counts = async (options: { after?: LogPosition; before?: LogPosition }) => {
        const { entries, hasMore } = await readPage(a!, 'bytes', { ...options, maxBytes: 7_500 });
        return [entries.length, hasMore];
      };
      assertEqual(await counts({ after: start }), [2, true], 'from the beginning');
      assertEqual(await counts({ after: first! }), [2, true], 'after the first');
      assertEqual(await counts({}), [1, true], 'the newest, which is too large');
      assertEqual(await counts({ before: last! }), [2, true], 'before the last');
    },
  },
  {
    id: 'B43',
    title: 'an empty log has a position, and everything that comes later follows it',
    nodes: 2,
    isAboutLogs: true,
    async run(fleet) {
      const [a, b] = await fleet.start();
      const beginning = await topOf(a!, 'empty');
      assertEqual([beginning.offset, beginning.tag], [0, 0], 'offset and tag of the beginning');
      const page = await readPage(b!, 'empty');
      assertEqual(page.top, beginning, 'the position at another node');
      assertEqual(page.entries, [], 'entries');
      const nothing = await readPage(b!, 'empty', { after: beginning });
      assertEqual([nothing.reached, nothing.entries.length], [true, 0], 'nothing after it');
      const [first] = await appendAll(a!, 'empty', ['1']);
      assertEqual(first!.epoch, beginning.epoch, 'epoch');
      await appendAll(a!, 'empty', ['2', '3']);
      assertEqual(payloadsOf(await readAfter(b!, 'empty', beginning)), ['1', '2', '3'], 'entries');
    },
  },
  {
    id: 'B44',
    title: 'reaches the top whatever came before, and no position that it did not give',
    nodes: 2,
    isAboutLogs: true,
    async run(fleet) {
      const [a, b] = await fleet.start();
      const positions = await appendAll(a!, 'mine', numbers(5));
      const top = positions[4]!;
      const page = await readPage(b!, 'mine', { after: top });
      assertEqual(
        [page.reached, page.entries.length, page.hasMore],
        [true, 0, false],
        'at the top',
      );
      for (const { epoch, offset, tag } of [positions[2]!, top]) {
        await assertNotReached(b!, 'mine', { epoch: 'x9', offset, tag }, 'another epoch');
        const other = tag === 1 ? 2 : 1;
        await assertNotReached(b!, 'mine', { epoch, offset, tag: other }, 'another tag');
      }
      const { epoch, offset, tag } = top;
      await assertNotReached(b!, 'mine', { epoch, offset: offset + 1, tag }, 'the future');
      const other = await topOf(b!, 'of another channel');
      assert(!isSamePosition(other, top), 'logs must not share positions');
    },
  },
  {
    id: 'B45',
    title: 'does not reach what its size has no room for, and still gives the newest',
    nodes: 2,
    isAboutLogs: true,
    async run(fleet) {
      fleet.setPolicy('small', { size: 5 });
      const [a, b] = await fleet.start();
      const beginning = await topOf(b!, 'small');
      const positions = await appendAll(a!, 'small', numbers(300));
      for (const position of [beginning, positions[0]!, positions[99]!]) {
        await assertNotReached(b!, 'small', position, 'it was trimmed');
      }
      const rest = await readAfter(b!, 'small', positions[296]!);
      assertEqual(payloadsOf(rest), ['297', '298', '299'], 'what follows a kept position');
      const newest = await readPage(b!, 'small', { limit: 5 });
      assertEqual(payloadsOf(newest.entries), numbers(300).slice(295), 'the newest');
    },
  },
  {
    id: 'B46',
    title: 'does not reach what its bytes have no room for, and keeps the newest whatever its size',
    nodes: 2,
    isAboutLogs: true,
    async run(fleet) {
      fleet.setPolicy('heavy', { maxBytes: 2_000 });
      const [a, b] = await fleet.start();
      const [first] = await appendAll(a!, 'heavy', ['first']);
      await appendAll(
        a!,
        'heavy',
        numbers(50).map((index) => index.padEnd(1_000, '.')),
      );
      await assertNotReached(b!, 'heavy', first!, 'it was trimmed');
      const [large] = await appendAll(a!, 'heavy', ['x'.repeat(10_000)]);
      const { entries } = await readPage(b!, 'heavy', { limit: 1 });
      assertEqual(entries[0]?.position, large, 'the newest');
      assertEqual((await readPage(b!, 'heavy', { after: large! })).reached, true, 'at the top');
    },
  },
  {
    id: 'B47',
    title: 'lets publications go after their ttl, and says so to those who need them',
    nodes: 2,
    isAboutLogs: true,
    async run(fleet) {
      // A service may keep publications as long as their ids.
      fleet.setPolicy('brief', { ttlMs: TTL_MS, idempotencyWindowMs: TTL_MS / 2 });
      const [a, b] = await fleet.start();
      const [first] = await appendAll(a!, 'brief', ['1', '2', '3']);
      await fleet.eventually('the publications to go', async () => {
        const { entries } = await readPage(b!, 'brief');
        assertEqual(payloadsOf(entries), [], 'entries');
      });
      await assertNotReached(b!, 'brief', first!, 'it has expired');
      await assertNotReached(a!, 'brief', first!, 'it has expired');
    },
  },
  {
    id: 'B48',
    title: 'keeps its place beyond the ttl: at the top nothing is missed, then or later',
    nodes: 2,
    isAboutLogs: true,
    async run(fleet) {
      fleet.setPolicy('place', { ttlMs: TTL_MS });
      const [a, b] = await fleet.start();
      const [first, top] = await appendAll(a!, 'place', ['1', '2']);
      await fleet.eventually('the publications to go', () =>
        assertNotReached(b!, 'place', first!, 'it has expired'),
      );
      assertEqual(await topOf(b!, 'place'), top, 'top');
      const page = await readPage(b!, 'place', { after: top! });
      assertEqual([page.reached, page.entries.length], [true, 0], 'after the top');
      const [next] = await appendAll(a!, 'place', ['3']);
      assertEqual(next!.epoch, top!.epoch, 'epoch');
      assert(next!.offset > top!.offset, 'the offset must grow');
      await assertNotReached(b!, 'place', first!, 'it has expired');
    },
  },
];

import { isSamePosition } from '../position-text.js';
import { channelNames } from './channel-names.js';
import type { BrokerDuty } from './duties.js';
import {
  appendAll,
  liveEntries,
  numbers,
  outcome,
  payloadsOf,
  readAfter,
  readPage,
  settledAppends,
  topOf,
} from './log-steps.js';
import { assert, assertEqual } from './test-fleet.js';

/** Duties about logs: what is appended is kept, and reaches those who follow, in one order. */
export const logDeliveryDuties: readonly BrokerDuty[] = [
  {
    id: 'B60',
    title: 'live entries and the log have who is not to get a publication beside its payload',
    nodes: 2,
    isAboutLogs: true,
    async run(fleet) {
      const [a, b] = await fleet.start();
      const start = await topOf(a!, 'except');
      await b!.log.follow('except');
      const origin = { isClosed: false, except: 'somebody' };
      await a!.log.append('except', 'grüße', { origin });
      await a!.log.append('except', 'to all');
      await fleet.until('two live entries', () => liveEntries(b!, 'except').length === 2);
      const kept = await readAfter(b!, 'except', start, 10);
      for (const entries of [liveEntries(b!, 'except'), kept]) {
        const seen = entries.map(({ payload, except }) => [payload, except ?? null]);
        const sent = [
          ['grüße', 'somebody'],
          ['to all', null],
        ];
        assertEqual(seen, sent, 'publications');
      }
    },
  },
  {
    id: 'B30',
    title:
      'all nodes get the publications of a log in one order, which keeps that of each publisher',
    nodes: 3,
    isAboutLogs: true,
    async run(fleet) {
      const [a, b, c] = await fleet.start();
      const start = await topOf(a!, 'order');
      await Promise.all([a!, b!, c!].map((node) => node.log.follow('order')));
      const sent = numbers(200).flatMap((index) =>
        [a!, b!].map((node, publisher) => node.log.append('order', `${publisher} ${index}`)),
      );
      const appended = await settledAppends(sent);
      const kept = await readAfter(c!, 'order', start, 1_000);
      const order = payloadsOf(kept);
      assertEqual(order.length, 400, 'publications in the log');
      for (const publisher of ['0', '1']) {
        const own = order.filter((payload) => String(payload).startsWith(publisher));
        assertEqual(
          own,
          numbers(200).map((index) => `${publisher} ${index}`),
          'order of a publisher',
        );
      }
      for (const node of [a!, b!, c!]) {
        await fleet.until('400 live entries', () => liveEntries(node, 'order').length === 400);
        assertEqual(
          liveEntries(node, 'order').map(({ payload }) => payload),
          order,
          'live order',
        );
      }
      const places = new Map(kept.map(({ payload, position }) => [payload, position]));
      for (const [index, { position }] of appended.entries()) {
        const payload = `${index % 2} ${Math.floor(index / 2)}`;
        const place = places.get(payload);
        assert(
          place && isSamePosition(place, position),
          `append() must name the place of ${payload}`,
        );
      }
    },
  },
  {
    id: 'B31',
    title: 'what was acknowledged can be read at every node at once, and is the top of the log',
    nodes: 2,
    isAboutLogs: true,
    async run(fleet) {
      const [a, b] = await fleet.start();
      for (const payload of numbers(30)) {
        const [position] = await appendAll(a!, 'kept', [payload]);
        const { entries, top } = await readPage(b!, 'kept', { limit: 1 });
        assertEqual(entries, [{ ...entries[0], position, payload }], 'newest entry');
        assertEqual(top, position, 'top of the page');
        assertEqual(await topOf(b!, 'kept'), position, 'top of the log');
      }
    },
  },
  {
    id: 'B32',
    title: 'each live entry names the offset before it, and the first one 0',
    nodes: 2,
    isAboutLogs: true,
    async run(fleet) {
      const [a, b] = await fleet.start();
      for (const channel of ['one', 'two']) await b!.log.follow(channel);
      for (const payload of numbers(50)) {
        await Promise.all([a!.log.append('one', payload), a!.log.append('two', payload)]);
      }
      for (const channel of ['one', 'two']) {
        await fleet.until('50 live entries', () => liveEntries(b!, channel).length === 50);
        let before = 0;
        for (const { previous, position } of liveEntries(b!, channel)) {
          assertEqual(previous, before, `previous of the entry at ${position.offset}`);
          before = position.offset;
        }
      }
    },
  },
  {
    id: 'B33',
    title: 'from the moment a follow is done entries arrive, and after an unfollow none',
    nodes: 2,
    isAboutLogs: true,
    async run(fleet) {
      const [a, b] = await fleet.start();
      await b!.log.unfollow('never followed');
      for (const index of numbers(30)) {
        const channel = `fresh ${index}`;
        await b!.log.follow(channel);
        await b!.log.follow(channel);
        await a!.log.append(channel, 'first');
        await fleet.until(
          `the first entry of ${channel}`,
          () => liveEntries(b!, channel).length === 1,
        );
      }
      const sent = a!.log.append('fresh 0', 'on its way');
      const done = b!.log.unfollow('fresh 0');
      const count = b!.entries.length;
      await Promise.all([sent, done]);
      await a!.log.append('fresh 0', 'too late');
      await a!.log.append('fresh 1', 'next');
      await fleet.until('the next entry', () => liveEntries(b!, 'fresh 1').length === 2);
      assertEqual(b!.entries.length, count + 1, 'entries after unfollow');
      assertEqual(a!.entries.length, 0, 'entries of a node that follows nothing');
      await b!.log.follow('fresh 0');
      await a!.log.append('fresh 0', 'again');
      await fleet.until(
        'an entry after the second follow',
        () => b!.entries.at(-1)?.entry.payload === 'again',
      );
    },
  },
  {
    id: 'B34',
    title: 'keeps a log per channel whatever its name, and never takes one for another',
    nodes: 2,
    isAboutLogs: true,
    async run(fleet) {
      const [a, b] = await fleet.start();
      for (const name of channelNames) await b!.log.follow(name);
      for (const [index, name] of channelNames.entries()) {
        await appendAll(a!, name, [`${index} first`, `${index} second`]);
      }
      const tops = await b!.log.tops(channelNames);
      for (const [index, name] of channelNames.entries()) {
        const { entries, top } = await readPage(b!, name);
        const expected = [`${index} first`, `${index} second`];
        assertEqual(payloadsOf(entries), expected, `log of ${JSON.stringify(name)}`);
        assertEqual(tops.get(name), top, `top of ${JSON.stringify(name)}`);
        const what = `both live entries of ${JSON.stringify(name)}`;
        await fleet.until(what, () => liveEntries(b!, name).length === 2);
        assertEqual(payloadsOf(liveEntries(b!, name)), expected, what);
      }
      assertEqual(b!.entries.length, channelNames.length * 2, 'live entries');
    },
  },
  {
    id: 'B35',
    title: 'keeps text text and bytes bytes, empty or 256 KiB long',
    nodes: 2,
    isAboutLogs: true,
    async run(fleet) {
      const [a, b] = await fleet.start();
      await b!.log.follow('kinds');
      const bytes = Uint8Array.from({ length: 256 * 1024 }, (_, index) => index % 251);
      const text = 'ü'.repeat(128 * 1024);
      await appendAll(a!, 'kinds', [bytes, text, new Uint8Array(0), '']);
      await fleet.until('four live entries', () => b!.entries.length === 4);
      const { entries } = await readPage(b!, 'kinds');
      for (const payloads of [payloadsOf(entries), payloadsOf(liveEntries(b!, 'kinds'))]) {
        const [first, second, third, fourth] = payloads;
        assert(first instanceof Uint8Array, 'bytes must come back as Uint8Array');
        assert(Buffer.from(first).equals(bytes), 'bytes must come back unchanged');
        assert(second === text, 'text must come back unchanged');
        assert(third instanceof Uint8Array && third.length === 0, 'no bytes must stay no bytes');
        assert(fourth === '', 'an empty text must stay an empty text');
      }
    },
  },
  {
    id: 'B36',
    title: 'counts what it did, and refuses calls before start and after close',
    nodes: 1,
    isAboutLogs: true,
    async run(fleet) {
      const node = fleet.node(0);
      const refused = async () => {
        const calls = [
          node.log.append('x', ''),
          node.log.read('x', { limit: 1, maxBytes: 1 }),
          node.log.tops(['x']),
          node.log.follow('x'),
        ];
        for (const call of calls) {
          assertEqual(await outcome(call), 'ERR_BROKER_UNAVAILABLE closed', 'outcome');
        }
      };
      await refused();
      await fleet.start();
      const before = node.log.stats();
      await node.log.append('x', '1', { id: 'once' });
      await node.log.append('x', '1', { id: 'once' });
      await node.log.append('x', '2');
      await node.log.read('x', { limit: 1, maxBytes: 1 });
      await node.log.tops(['x', 'y']);
      const after = node.log.stats();
      const counted = (['appended', 'duplicates', 'reads', 'tops'] as const).map(
        (name) => after[name] - before[name],
      );
      assertEqual(counted, [2, 1, 1, 1], 'appended, duplicates, reads and tops');
      await node.broker.close();
      await refused();
    },
  },
  {
    id: 'B37',
    title: 'answers what was appended before close, and has it',
    nodes: 2,
    isAboutLogs: true,
    async run(fleet) {
      const [a, b] = await fleet.start();
      const sent = numbers(50).map((payload) => a!.log.append('last words', payload));
      await a!.broker.close();
      await settledAppends(sent);
      const { entries } = await readPage(b!, 'last words');
      assertEqual(payloadsOf(entries), numbers(50), 'publications');
    },
  },
  {
    id: 'B38',
    title: 'says where many logs end, those that nobody has published to included',
    nodes: 2,
    isAboutLogs: true,
    async run(fleet) {
      const [a, b] = await fleet.start();
      const channels = numbers(250).map((index) => `many ${index}`);
      const appended = await settledAppends(
        channels.slice(50).map((channel) => a!.log.append(channel, 'x')),
      );
      const tops = await b!.log.tops(channels);
      assertEqual(tops.size, 250, 'channels answered for');
      for (const [index, { position }] of appended.entries()) {
        assertEqual(tops.get(channels[index + 50]!), position, 'top');
      }
      const again = await a!.log.tops(channels);
      for (const channel of channels) {
        assertEqual(again.get(channel), tops.get(channel), `top of ${channel} at the other node`);
      }
      assertEqual(tops.get('many 0')?.offset, 0, 'offset of a log that is empty');
    },
  },
];

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PresenceMessage } from '../src/presence/messages.js';
import { parsePresenceMessage } from '../src/presence/parse-message.js';
import type { PresenceRecord } from '../src/presence/record.js';
import { readRecord, writeRecord } from '../src/presence/wire-record.js';

const content = { set: [['ada', { a: 1 }, 7, 1, 1]], moved: [['bob', 's2']], count: null };

const messages: PresenceMessage[] = [
  { type: 'watch', channels: ['a'] },
  { type: 'unwatch', channels: ['a'] },
  { type: 'none', channels: ['a'], asOf: 3 },
  { type: 'delta', channel: 'a', from: 0, to: 1, content: content as never, gone: ['c'] },
  { type: 'state', channel: 'a', version: 1, asOf: 2, page: 0, of: 1, content: content as never },
  { type: 'moved', places: [['a', 'ada', 'connection']] },
  { type: 'took', places: [['a', 'ada', 7]] },
  { type: 'digest', asOf: 1, part: 0, of: 1, versions: [['a', 1]], watching: [['s1', 1, 99]] },
];

/** What a member of a message may be instead. */
const wrong = [undefined, null, true, -1, 1.5, Number.NaN, 'text', {}, [1], [[1]], [['x']]];

describe('what servers tell each other of presence', () => {
  it.each(messages)('is read back as it was written: $type', (message) => {
    expect(parsePresenceMessage(JSON.parse(JSON.stringify(message)))).toEqual(message);
  });

  it.each(messages)('is refused if a member of it is of a wrong type: $type', (message) => {
    for (const name of Object.keys(message)) {
      const refused = wrong.filter(
        (value) => parsePresenceMessage({ ...message, [name]: value }) === undefined,
      );
      // A text is as good as another one, where one is asked for.
      expect(refused.length, name).toBeGreaterThanOrEqual(wrong.length - 1);
    }
  });

  const records: [string, unknown][] = [
    ['too short', ['ada', {}, 1, 1]],
    ['too long', ['ada', {}, 1, 1, 1, 'ada', 1]],
    ['a key that is no text', [1, {}, 1, 1, 1]],
    ['a stamp that no clock shows', ['ada', {}, 2 ** 52 + 1, 1, 1]],
    ['no connection', ['ada', {}, 1, 1, 0]],
    ['a user id that is no text', ['ada', {}, 1, 1, 1, 7]],
    ['a time that is none', ['ada', {}, 1, 'now', 1]],
  ];

  it.each(records)('is refused if a record is %s', (_, record) => {
    const delta = { ...messages[3], content: { ...content, set: [record] } };
    expect(parsePresenceMessage(delta)).toBeUndefined();
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.anything(), fc.constantFrom(...messages), (value, message) => {
        parsePresenceMessage(value);
        parsePresenceMessage({ ...message, content: value, places: value, versions: value });
      }),
    );
  });

  const member = { key: 'ada', state: { a: 1 }, stamp: 5, joinedAt: 3, connections: 2 };

  it.each<PresenceRecord>([
    { ...member, userId: 'ada' },
    { ...member, userId: 'lovelace' },
    { ...member, userId: undefined },
  ])('keeps whose member it is: $userId', (record) => {
    expect(readRecord(JSON.parse(JSON.stringify(writeRecord(record))))).toEqual(record);
  });
});

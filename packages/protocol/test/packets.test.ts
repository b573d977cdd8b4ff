import { hasError, parsePacket } from '@asyngular/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';

test('P3.1 an object with a string event is a transmit', () => {
  const none = { cid: undefined, rid: undefined, error: undefined };
  expect(parsePacket({ event: 'a', data: 1 })).toEqual({ event: 'a', data: 1, ...none });
  expect(parsePacket({ event: '' })).toEqual({ event: '', data: undefined, ...none });
});

test('P3.2 a finite number as cid makes it an invoke', () => {
  expect(parsePacket({ event: 'a', cid: 0 })).toMatchObject({ event: 'a', cid: 0 });
});

test.each(['1', null, true, {}, Number.NaN, Number.POSITIVE_INFINITY])(
  'P3.6 a cid of another kind (%s) leaves a transmit',
  (cid) => {
    expect(parsePacket({ event: 'a', cid })).toMatchObject({ event: 'a', cid: undefined });
  },
);

test('P3.3 an object with a numeric rid and no event is a response', () => {
  const response = { event: undefined, cid: undefined, rid: 3 };
  expect(parsePacket({ rid: 3, data: 'x' })).toMatchObject({ ...response, data: 'x' });
  expect(parsePacket({ rid: '3' })).toBeUndefined();
  expect(parsePacket({ event: 5, cid: 2, rid: 3 })).toMatchObject(response);
});

test.each([0, '', false, 'x', {}])('P3.4 error %j means failure', (error) => {
  const packet = parsePacket({ rid: 1, error });
  expect(packet?.event === undefined && hasError(packet!)).toBe(true);
});

test.each([{ rid: 1 }, { rid: 1, error: null }])('P3.4 %j means success', (wire) => {
  const packet = parsePacket(wire);
  expect(packet?.event === undefined && hasError(packet!)).toBe(false);
});

test('P3.5 a member named __proto__ counts for nothing', () => {
  expect(parsePacket(JSON.parse('{"__proto__":{"event":"a"}}'))).toBeUndefined();
});

test('P3.10 names of Object.prototype are ordinary event names', () => {
  for (const event of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    expect(parsePacket({ event, cid: 1 })).toMatchObject({ event, cid: 1 });
  }
});

test('P3.5 parsing never throws, and a packet has either an event or the id of a call', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const packet = parsePacket(value);
      if (packet) expect(typeof packet.event === 'string').toBe(packet.rid === undefined);
    }),
  );
});

test('all results have the same members in the same order', () => {
  const keys = (value: unknown) => Object.keys(parsePacket(value) ?? {}).join();
  expect(keys({ event: 'a' })).toBe(keys({ rid: 1 }));
  expect(keys({ event: 'a' })).toBe(keys({ event: 'a', cid: 1 }));
});

import { hasError, parsePacket } from '@asyngular/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';

test('P3.1 an object with a string event is a transmit', () => {
  expect(parsePacket({ event: 'a', data: 1 })).toMatchObject({
    type: 'transmit',
    event: 'a',
    data: 1,
  });
  expect(parsePacket({ event: '' })).toMatchObject({ type: 'transmit', data: undefined });
});

test('P3.2 a finite number as cid makes it an invoke', () => {
  expect(parsePacket({ event: 'a', cid: 0 })).toMatchObject({ type: 'invoke', cid: 0 });
});

test.each(['1', null, true, {}, Number.NaN, Number.POSITIVE_INFINITY])(
  'P3.6 a cid of another kind (%s) leaves a transmit',
  (cid) => {
    expect(parsePacket({ event: 'a', cid })?.type).toBe('transmit');
  },
);

test('P3.3 an object with a numeric rid and no event is a response', () => {
  expect(parsePacket({ rid: 3, data: 'x' })).toMatchObject({ type: 'response', rid: 3, data: 'x' });
  expect(parsePacket({ rid: '3' })).toBeUndefined();
  expect(parsePacket({ event: 5, rid: 3 })?.type).toBe('response');
});

test.each([0, '', false, 'x', {}])('P3.4 error %j means failure', (error) => {
  const packet = parsePacket({ rid: 1, error });
  expect(packet?.type === 'response' && hasError(packet)).toBe(true);
});

test.each([{ rid: 1 }, { rid: 1, error: null }])('P3.4 %j means success', (wire) => {
  const packet = parsePacket(wire);
  expect(packet?.type === 'response' && hasError(packet)).toBe(false);
});

test('P3.5 inherited members do not count', () => {
  expect(parsePacket(Object.create({ event: 'a', rid: 1 }))).toBeUndefined();
  expect(parsePacket(JSON.parse('{"__proto__":{"event":"a"}}'))).toBeUndefined();
  const invoke = parsePacket(Object.assign(Object.create({ cid: 1 }), { event: 'a' }));
  expect(invoke?.type).toBe('transmit');
});

test('P3.10 names of Object.prototype are ordinary event names', () => {
  for (const event of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    expect(parsePacket({ event, cid: 1 })).toMatchObject({ type: 'invoke', event });
  }
});

test('P3.5 parsing never throws and tells one of four things about any JSON value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const packet = parsePacket(value);
      expect([undefined, 'transmit', 'invoke', 'response']).toContain(packet?.type);
    }),
  );
});

test('all results have the same members in the same order', () => {
  const keys = (value: unknown) => Object.keys(parsePacket(value) ?? {}).join();
  expect(keys({ event: 'a' })).toBe(keys({ rid: 1 }));
  expect(keys({ event: 'a' })).toBe(keys({ event: 'a', cid: 1 }));
});

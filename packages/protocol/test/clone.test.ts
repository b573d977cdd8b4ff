import { cloneDeep } from '@asyngular/protocol/internal';
import fc from 'fast-check';
import { expect, test } from 'vitest';

test('copies any JSON value without sharing objects', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const copy = cloneDeep(value);
      expect(copy).toEqual(value);
      if (typeof value === 'object' && value !== null) {
        expect(copy).not.toBe(value);
      }
    }),
  );
});

test('a member named __proto__ stays a member', () => {
  const copy = cloneDeep(JSON.parse('{"__proto__":{"admin":true},"constructor":1}'));
  expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  expect(JSON.stringify(copy)).toBe('{"__proto__":{"admin":true},"constructor":1}');
  expect(copy.admin).toBeUndefined();
});

test('cycles and shared references keep their shape', () => {
  const shared = { a: 1 };
  const value: Record<string, unknown> = { one: shared, two: [shared] };
  value.self = value;
  const copy = cloneDeep(value) as { one: object; two: object[]; self: unknown };
  expect(copy.self).toBe(copy);
  expect(copy.one).toBe(copy.two[0]);
  expect(copy.one).not.toBe(shared);
});

test('dates and binary data are copied, instances of classes are shared', () => {
  const instance = new (class {})();
  const value = {
    at: new Date(5),
    bytes: Uint8Array.of(1, 2, 3).subarray(1),
    words: Uint16Array.of(1, 2),
    view: new DataView(Uint8Array.of(4).buffer),
    buffer: Uint8Array.of(5).buffer,
    instance,
    bare: Object.assign(Object.create(null), { x: 1 }),
  };
  const copy = cloneDeep(value);
  value.bytes[0] = 9;
  value.words[0] = 9;
  value.view.setUint8(0, 9);
  new Uint8Array(value.buffer)[0] = 9;
  expect(copy.at).toEqual(new Date(5));
  expect(copy.at).not.toBe(value.at);
  expect([...copy.bytes, ...copy.words, copy.view.getUint8(0)]).toEqual([2, 3, 1, 2, 4]);
  expect([...new Uint8Array(copy.buffer)]).toEqual([5]);
  expect(copy.instance).toBe(instance);
  expect(Object.getPrototypeOf(copy.bare)).toBeNull();
});

test('P17.2 maps and sets are copied with what they hold, and may hold themselves', () => {
  const shared = { a: 1 };
  const value = new Map<unknown, unknown>([[shared, new Set([shared])]]);
  value.set('self', value);
  const copy = cloneDeep(value);
  const [key] = copy.keys();
  expect(key).toEqual({ a: 1 });
  expect(key).not.toBe(shared);
  expect([...(copy.get(key) as Set<unknown>)]).toEqual([key]);
  expect([...(copy.get(key) as Set<unknown>)][0]).toBe(key);
  expect(copy.get('self')).toBe(copy);
});

import {
  agreedExtensions,
  decodeExtensions,
  encodeExtensions,
  negotiateExtensions,
} from '@asyngular/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const travel = (value: unknown): unknown => JSON.parse(JSON.stringify({ ext: value })).ext;

test('P12.2 and P12.3 only what both sides name is in force', () => {
  const offered = new Map<string, unknown>([
    ['recovery', { limit: 10 }],
    ['msgpack', true],
    ['__proto__', 1],
  ]);
  const supported = new Map([
    [
      'recovery',
      (params: unknown) => ({ limit: Math.min(5, (params as { limit: number }).limit) }),
    ],
    ['presence', () => true],
    ['__proto__', (params: unknown) => params],
    ['msgpack', () => undefined],
  ]);
  const agreedByServer = negotiateExtensions(travel(encodeExtensions(offered)), supported);
  expect([...agreedByServer]).toEqual([
    ['recovery', { limit: 5 }],
    ['__proto__', 1],
  ]);
  const agreedByClient = agreedExtensions(offered, travel(encodeExtensions(agreedByServer)));
  expect(agreedByClient).toEqual(agreedByServer);
});

test('P12.3 an answer that was not asked for is ignored', () => {
  expect(agreedExtensions(new Map(), { recovery: true }).size).toBe(0);
});

test('P12.1 nothing to name leaves the member out', () => {
  expect(encodeExtensions(new Map())).toBeUndefined();
});

test('P12.1 anything but an object counts as no extension', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => decodeExtensions(value) instanceof Map));
  expect(decodeExtensions([1]).size).toBe(0);
});

test('P12.4 names beyond 32 are ignored', () => {
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`x${index}`, 1]));
  expect(decodeExtensions(many).size).toBe(32);
});

import {
  closeCodes,
  decodeReason,
  encodeReason,
  isApplicationCloseCode,
  isLegalCloseCode,
  legalCloseCode,
  reconnectMode,
  socketProtocolErrorStatuses,
  socketProtocolIgnoreStatuses,
  truncateReason,
} from '@asyngular/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const utf8 = new TextEncoder();

test('P9.2 every close code has a text', () => {
  for (const code of Object.values(closeCodes)) {
    expect(socketProtocolErrorStatuses[code] ?? socketProtocolIgnoreStatuses[code]).toBeTypeOf(
      'string',
    );
  }
  expect(socketProtocolErrorStatuses[4011]).toBe('Slow consumer');
});

test('P9.1 a close frame carries assigned and private codes only', () => {
  const legal = [1000, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 4008, 4999];
  const illegal = [
    0,
    401,
    999,
    1004,
    1005,
    1006,
    1015,
    1016,
    2999,
    5000,
    4000.5,
    Number.NaN,
    '1000',
    null,
  ];
  expect(legal.filter((code) => !isLegalCloseCode(code))).toEqual([]);
  expect(illegal.filter((code) => isLegalCloseCode(code))).toEqual([]);
  expect([1000, 1001, 3000].map(isApplicationCloseCode)).toEqual([true, false, true]);
  expect(legalCloseCode(401, 4008)).toBe(4008);
  expect(legalCloseCode(4500, 4008)).toBe(4500);
});

test('P9.5 a reason is cut to 123 bytes between two characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 0, maxLength: 200 }), (reason) => {
      const cut = truncateReason(reason);
      expect(utf8.encode(cut).length).toBeLessThanOrEqual(123);
      expect(reason.startsWith(cut)).toBe(true);
      expect(cut).not.toMatch(/\p{Surrogate}/u);
      if (utf8.encode(reason).length <= 123) {
        expect(cut).toBe(reason);
      }
    }),
  );
  expect(truncateReason('é'.repeat(62))).toBe('é'.repeat(61));
  expect(truncateReason('😀'.repeat(40))).toBe('😀'.repeat(30));
});

test('P9.4 objects travel as JSON and come back', () => {
  expect(decodeReason(4100, encodeReason({ why: 'x' }))).toEqual({ why: 'x' });
  expect(encodeReason(undefined)).toBe('');
  expect(encodeReason(5n)).toBe('5');
  expect(encodeReason({ big: 1n })).toBe('');
  expect(decodeReason(4100, '{no json}')).toBe('{no json}');
  expect(decodeReason(4100, encodeReason([1]))).toEqual([1]);
  expect(decodeReason(4100, '1')).toBe('1');
});

test('P9.2 an empty reason becomes the text of the code', () => {
  expect(decodeReason(4001, '')).toBe('Client pong timed out');
  expect(decodeReason(1000, undefined)).toBe('Socket closed normally');
  expect(decodeReason(4777, '')).toBe('');
});

test('P9.6 the code decides how a client goes on', () => {
  const modes = (codes: number[]) => codes.map(reconnectMode);
  expect(modes([1000, 4500, 4999])).toEqual(['never', 'never', 'never']);
  expect(modes([4000, 4001, 1005])).toEqual(['immediate', 'immediate', 'immediate']);
  expect(modes([1001, 1006, 4008, 4011, 4499])).toEqual(Array(5).fill('delayed'));
});

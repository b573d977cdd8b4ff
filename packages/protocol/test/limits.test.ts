import {
  assertWithinLimits,
  type Limits,
  parseLimits,
  publishedLimits,
} from '@asyngular/protocol/internal';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const fits = (content: unknown, message: string | Uint8Array, limits: Partial<Limits>): boolean => {
  try {
    assertWithinLimits(content, message, { ...publishedLimits, ...limits });
    return true;
  } catch (error) {
    expect(error).toMatchObject({ name: 'ResourceLimitError', code: 'ERR_RESOURCE_LIMIT' });
    return false;
  }
};

describe('limits of a peer', () => {
  it('count the bytes of UTF-8, exactly where it matters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, maxPayload) => {
        expect(fits({}, text, { maxPayload })).toBe(Buffer.byteLength(text) <= maxPayload);
      }),
    );
    expect(fits({}, new Uint8Array(10), { maxPayload: 10 })).toBe(true);
    expect(fits({}, new Uint8Array(11), { maxPayload: 10 })).toBe(false);
  });

  it('count the packets of a batch', () => {
    expect(fits([1, 2], '[1,2]', { maxBatchLength: 2 })).toBe(true);
    expect(fits([1, 2, 3], '[1,2,3]', { maxBatchLength: 2 })).toBe(false);
  });

  it('are named by the error', () => {
    const limits = { maxPayload: 4, maxBatchLength: 1 };
    const refused = (content: unknown, message: string) => () =>
      assertWithinLimits(content, message, limits, '; send less');
    expect(refused({ event: 'say' }, '12345')).toThrow(
      "Event say was not sent: 5 bytes exceed the peer's maxPayload, 4; send less",
    );
    expect(refused({ rid: 1 }, '12345')).toThrow('The answer was not sent: 5 bytes');
    expect(refused(undefined, '12345')).toThrow('The message was not sent: 5 bytes');
    expect(refused([1, 2], '[]')).toThrow(
      "The message was not sent: 2 packets exceed the peer's maxBatchLength, 1; send less",
    );
  });

  it('are the published ones unless they were announced as positive numbers', () => {
    for (const bad of [undefined, null, 5, 'x', [], { maxPayload: '5', maxBatchLength: 0 }]) {
      expect(parseLimits(bad)).toEqual(publishedLimits);
    }
    expect(parseLimits({ maxPayload: Number.NaN, maxBatchLength: 7 })).toEqual({
      maxPayload: 104_857_600,
      maxBatchLength: 7,
    });
  });
});

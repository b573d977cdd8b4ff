import { describe, expect, it } from 'vitest';
import { defaultAutoReconnectOptions, reconnectDelay } from '../src/connection/reconnect.js';

const delay = (attempt: number, random: number, options = {}) =>
  reconnectDelay(attempt, { ...defaultAutoReconnectOptions, ...options }, random);

describe('reconnectDelay()', () => {
  it('first lies between initialDelay and initialDelay + randomness', () => {
    expect([delay(0, 0), delay(0, 0.5), delay(0, 1)]).toEqual([1_000, 1_500, 2_000]);
  });

  it('grows by the multiplier and never exceeds maxDelay, random part included', () => {
    expect([delay(3, 0), delay(3, 1)]).toEqual([3_375, 6_750]);
    for (const attempt of [8, 9, 50, 5_000]) {
      expect(delay(attempt, 1 - Number.EPSILON)).toBeLessThanOrEqual(60_000);
    }
  });

  it('keeps clients apart at the cap', () => {
    expect([delay(100, 0), delay(100, 1)]).toEqual([30_000, 60_000]);
  });

  it('is exact without randomness', () => {
    const exact = { initialDelay: 100, randomness: 0, multiplier: 2, maxDelay: 1_000 };
    expect([0, 1, 2, 3, 4].map((n) => delay(n, 0.7, exact))).toEqual([100, 200, 400, 800, 1_000]);
  });

  it('can be nothing, and fits into a timer', () => {
    expect(delay(10_000, 0.5, { initialDelay: 0, randomness: 0 })).toBe(0);
    expect(delay(99, 1, { maxDelay: Number.POSITIVE_INFINITY })).toBe(2 ** 31 - 1);
  });
});

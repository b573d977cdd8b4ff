import { describe, expect, it } from 'vitest';
import { PublishLedger } from '../src/publish-ledger.js';

describe('PublishLedger', () => {
  it('links every message to the one before it on its channel', () => {
    const ledger = new PublishLedger(10);
    expect(ledger.next('a', 100)).toEqual({ sequence: 1, previous: 0, previousAgeMs: 0 });
    expect(ledger.next('b', 110)).toEqual({ sequence: 2, previous: 0, previousAgeMs: 0 });
    expect(ledger.next('a', 130)).toEqual({ sequence: 3, previous: 1, previousAgeMs: 30 });
    expect(ledger.next(null, 140)).toEqual({ sequence: 4, previous: 0, previousAgeMs: 0 });
  });

  it('asks for one tail marker per channel that fell silent', () => {
    const ledger = new PublishLedger(10);
    ledger.next('a', 0);
    ledger.next('b', 50);
    ledger.next(null, 0);
    expect(ledger.quietChannels(100, 100, 10)).toEqual(['a']);
    ledger.next('a', 100, true);
    expect(ledger.quietChannels(1_000, 100, 10)).toEqual(['b']);
    ledger.unsettle('a');
    expect(ledger.quietChannels(1_000, 100, 1)).toHaveLength(1);
  });

  it('gives up the least recently used channel beyond its bound, and settled ones in time', () => {
    const ledger = new PublishLedger(2);
    ledger.next('a', 0);
    ledger.next('b', 1);
    ledger.next('a', 2);
    expect(ledger.excessChannel()).toBeUndefined();
    ledger.next('c', 3);
    expect(ledger.excessChannel()).toBe('b');
    ledger.forget('b');
    expect(ledger.excessChannel()).toBeUndefined();
    ledger.next('c', 10, true);
    ledger.forgetOlderThan(5);
    expect(ledger.channelCount).toBe(2);
    ledger.next('a', 11, true);
    ledger.forgetOlderThan(20);
    expect(ledger.channelCount).toBe(0);
  });
});

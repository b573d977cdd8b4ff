import type { LogEntry, LogPosition } from '@asyngular/broker';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Delivery, RecentBudget } from '../src/recovery/channel-host.js';
import { RecentEntries } from '../src/recovery/recent-entries.js';

/** As a server makes it of an entry. */
class Wrapped implements Delivery {
  readonly position: LogPosition;
  readonly payload: string | Uint8Array;
  readonly except: string | undefined;

  constructor({ position, payload, except }: LogEntry) {
    this.position = position;
    this.payload = payload;
    this.except = except;
  }

  get bytes(): number {
    return this.payload.length;
  }

  get text(): string | undefined {
    const { payload, except } = this;
    return typeof payload === 'string' && except === undefined ? payload : undefined;
  }
}

function createRecent(limitBytes = Number.POSITIVE_INFINITY) {
  const budget: RecentBudget = { bytes: 0, limitBytes };
  const made: Wrapped[] = [];
  const wrap = (entry: LogEntry) => {
    const delivery = new Wrapped(entry);
    made.push(delivery);
    return delivery;
  };
  return { recent: new RecentEntries({ recentBudget: budget, wrap }), budget, made };
}

const payload = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.integer({ min: 16_000, max: 40_000 }).map((length) => 'ü'.repeat(length)),
  fc.uint8Array({ maxLength: 50 }),
);
const except = fc.option(fc.constant('somebody'), { nil: undefined, freq: 5 });
const entries = fc.array(fc.record({ step: fc.integer({ min: 1, max: 40 }), payload, except }), {
  maxLength: 300,
  size: 'max',
});

describe('the last publications of a channel', () => {
  it('are what was added, whatever it was, without the oldest ones', () => {
    fc.assert(
      fc.property(entries, fc.nat(), (added, seed) => {
        const { recent } = createRecent();
        const all: Wrapped[] = [];
        let offset = 0;
        for (const { step, ...rest } of added) {
          offset += step;
          const position = { epoch: 'e', offset, tag: (offset * 7) >>> 1 };
          all.push(new Wrapped({ position, ...rest }));
          recent.add(all.at(-1)!);
          // Some are asked for before they are the last ones no more.
          if (offset % 11 === 0) recent.newest(3);
        }
        const kept = all.filter(({ position }) => recent.has(position));
        expect(kept).toEqual(all.slice(all.length - kept.length));
        expect(kept.length).toBeLessThanOrEqual(100);
        if (kept.length === 0) return;
        expect(recent.newest(kept.length)).toEqual(kept);
        expect(recent.newest(kept.length + 1)).toBeUndefined();
        const index = seed % kept.length;
        const { position } = kept[index]!;
        expect(recent.following(position)).toEqual(kept.slice(index + 1));
        expect(recent.following({ ...position, tag: position.tag + 1 })).toBeUndefined();
        expect(recent.following({ ...position, epoch: 'other' })).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });

  it('are a hundred, or so many as have room, and are counted', () => {
    const at = (offset: number) => ({ epoch: 'e', offset, tag: 1 });
    const { recent, budget } = createRecent(10_000);
    for (let offset = 1; offset <= 500; offset++) {
      recent.add(new Wrapped({ position: at(offset), payload: 'x'.repeat(offset % 300) }));
    }
    const { bytes } = budget;
    expect(bytes).toBeLessThanOrEqual(10_000);
    expect(bytes).toBeGreaterThan(8_000);
    recent.clear();
    expect(budget.bytes).toBe(0);
    expect(recent.newest(1)).toBeUndefined();
  });

  it('are all there ever was, until the first one leaves', () => {
    const { recent } = createRecent();
    const at = (offset: number) => ({ epoch: 'e', offset, tag: 1 });
    const three = [1, 2, 3].map((offset) => new Wrapped({ position: at(offset), payload: 'x' }));
    recent.fill(three, true);
    expect(recent.newest(50)).toEqual(three);
    for (let offset = 4; offset <= 101; offset++) {
      recent.add(new Wrapped({ position: at(offset), payload: 'x' }));
    }
    expect(recent.newest(101)).toBeUndefined();
    expect(recent.newest(100)).toHaveLength(100);
  });

  it('are made once for all who ask', () => {
    const { recent, made } = createRecent();
    const at = (offset: number) => ({ epoch: 'e', offset, tag: 1 });
    for (let offset = 1; offset <= 10; offset++) {
      recent.add(new Wrapped({ position: at(offset), payload: `${offset}` }));
    }
    expect(made).toHaveLength(0);
    const [first, second] = [recent.following(at(5))!, recent.following(at(7))!];
    expect(second).toHaveLength(3);
    for (const [index, delivery] of second.entries()) expect(delivery).toBe(first[index + 2]);
    expect(made).toHaveLength(5);
  });

  it('begin anew with another epoch', () => {
    const { recent, budget } = createRecent();
    const old = { epoch: 'old', offset: 7, tag: 1 };
    recent.add(new Wrapped({ position: old, payload: 'x' }));
    const next = new Wrapped({ position: { epoch: 'new', offset: 1, tag: 1 }, payload: 'y' });
    recent.add(next);
    expect(recent.has(old)).toBe(false);
    expect(recent.newest(1)).toEqual([next]);
    expect(budget.bytes).toBe(402);
  });
});

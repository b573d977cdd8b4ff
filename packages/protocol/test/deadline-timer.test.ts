import { type Deadline, DeadlineTimer } from '@asyngular/protocol/internal';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const push = (list: unknown[]) => (value: unknown) => void list.push(value);

test('fires in order, to the millisecond, with one timeout per duration', () => {
  const timer = new DeadlineTimer();
  const fired: unknown[] = [];
  timer.add(100, push(fired), 'a');
  vi.advanceTimersByTime(30);
  timer.add(100, push(fired), 'b');
  timer.add(50, push(fired), 'c');
  expect(vi.getTimerCount()).toBe(2);
  expect(timer.size).toBe(3);
  vi.advanceTimersByTime(49);
  expect(fired).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(fired).toEqual(['c']);
  vi.advanceTimersByTime(20);
  expect(fired).toEqual(['c', 'a']);
  vi.advanceTimersByTime(29);
  expect(fired).toEqual(['c', 'a']);
  vi.advanceTimersByTime(1);
  expect(fired).toEqual(['c', 'a', 'b']);
  expect(timer.size).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test('cancelling the last deadline of a duration clears its timeout', () => {
  const timer = new DeadlineTimer();
  const fired: unknown[] = [];
  const [a, b, c] = ['a', 'b', 'c'].map((name) => timer.add(100, push(fired), name));
  timer.cancel(b!);
  timer.cancel(b!);
  timer.cancel(a!);
  expect(vi.getTimerCount()).toBe(1);
  timer.cancel(c!);
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(1000);
  expect(fired).toEqual([]);
  timer.cancel(c!);
  expect(timer.size).toBe(0);
});

test('callbacks may add and cancel deadlines of the same duration', () => {
  const timer = new DeadlineTimer();
  const fired: string[] = [];
  timer.add(
    10,
    () => {
      fired.push('first');
      timer.cancel(second);
      timer.add(10, () => fired.push('third'), undefined);
    },
    undefined,
  );
  const second: Deadline = timer.add(10, () => fired.push('second'), undefined);
  vi.advanceTimersByTime(10);
  expect(fired).toEqual(['first']);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(10);
  expect(fired).toEqual(['first', 'third']);
  expect(vi.getTimerCount()).toBe(0);
});

test('a callback that throws does not stop the others', () => {
  const timer = new DeadlineTimer();
  const fired: unknown[] = [];
  timer.add(
    10,
    () => {
      throw new Error('from the callback');
    },
    undefined,
  );
  timer.add(10, push(fired), 'next');
  expect(() => vi.advanceTimersByTime(10)).toThrow('from the callback');
  vi.advanceTimersByTime(1);
  expect(fired).toEqual(['next']);
});

test('P2.7 durations are clamped to what a timeout takes', () => {
  const timer = new DeadlineTimer();
  const fired: unknown[] = [];
  timer.add(1e12, push(fired), 'long');
  timer.add(Number.NaN, push(fired), 'nan');
  timer.add(-5, push(fired), 'negative');
  vi.advanceTimersByTime(1);
  expect(fired).toEqual(['nan', 'negative']);
  vi.advanceTimersByTime(2 ** 31 - 3);
  expect(fired).toHaveLength(2);
  vi.advanceTimersByTime(1);
  expect(fired).toHaveLength(3);
});

test('deadlines of real time and of fake time do not wait for each other', async () => {
  const timer = new DeadlineTimer();
  timer.add(5, () => {}, 'left over from fake time');
  vi.useRealTimers();
  const startMs = performance.now();
  await new Promise<void>((resolve) => {
    timer.add(5, resolve, undefined);
  });
  expect(performance.now() - startMs).toBeGreaterThan(3);
});

test('an unref timer lets the process end', () => {
  vi.useRealTimers();
  const unref = vi.fn();
  vi.stubGlobal('setTimeout', () => ({ unref }));
  new DeadlineTimer({ unref: true }).add(10, () => {}, undefined);
  expect(unref).toHaveBeenCalledOnce();
  new DeadlineTimer().add(10, () => {}, undefined);
  expect(unref).toHaveBeenCalledOnce();
  vi.unstubAllGlobals();
});

test('any mix of adding, cancelling and waiting fires exactly what is due', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), ms: fc.integer({ min: 1, max: 12 }) }),
    fc.record({ kind: fc.constant('cancel' as const), index: fc.nat(40) }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 10 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const timer = new DeadlineTimer();
      const model: { dueMs: number; state: 'pending' | 'fired' | 'cancelled'; firedMs?: number }[] =
        [];
      const handles: Deadline[] = [];
      let nowMs = 0;
      const startMs = performance.now();
      for (const current of steps) {
        if (current.kind === 'add') {
          const entry: (typeof model)[number] = { dueMs: nowMs + current.ms, state: 'pending' };
          model.push(entry);
          handles.push(
            timer.add(
              current.ms,
              () => {
                entry.firedMs = performance.now() - startMs;
              },
              undefined,
            ),
          );
        } else if (current.kind === 'cancel') {
          const entry = model[current.index];
          if (entry !== undefined) {
            timer.cancel(handles[current.index]!);
            entry.state = entry.state === 'pending' ? 'cancelled' : entry.state;
          }
        } else {
          vi.advanceTimersByTime(current.ms);
          nowMs += current.ms;
          for (const entry of model) {
            if (entry.state === 'pending' && entry.dueMs <= nowMs) {
              entry.state = 'fired';
            }
          }
        }
        const pending = model.filter((entry) => entry.state === 'pending');
        expect(timer.size).toBe(pending.length);
        expect(vi.getTimerCount() > 0).toBe(pending.length > 0);
      }
      for (const entry of model) {
        const expected = entry.state === 'fired' ? entry.dueMs : undefined;
        expect(entry.firedMs === undefined ? undefined : Math.round(entry.firedMs)).toBe(expected);
      }
      vi.clearAllTimers();
    }),
  );
});

import { parsePacket, type ResponsePacket, TimeoutError } from '@asyngular/protocol';
import { type PendingCall, PendingCalls } from '@asyngular/protocol/internal';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const response = (wire: object) => parsePacket(wire) as ResponsePacket;

test('P3.9 call ids count from 1 and a response settles its own call', async () => {
  const calls = new PendingCalls();
  const first = calls.add('a');
  const second = calls.add('b', 1000);
  expect([first.id, second.id]).toEqual([1, 2]);
  expect(calls.settle(response({ rid: 2, data: 'B' }))).toBe(true);
  expect(calls.settle(response({ rid: 1 }))).toBe(true);
  expect(await second.promise).toBe('B');
  expect(await first.promise).toBeUndefined();
  expect([calls.size, vi.getTimerCount(), first.isSettled]).toEqual([0, 0, true]);
});

test('P3.9 an unknown or late rid is ignored', () => {
  const calls = new PendingCalls();
  calls.add('a');
  expect(calls.settle(response({ rid: 7 }))).toBe(false);
  calls.settle(response({ rid: 1 }));
  expect(calls.settle(response({ rid: 1 }))).toBe(false);
});

test.each([0, '', false])('P3.4 the error %j rejects', async (error) => {
  const calls = new PendingCalls();
  const { promise } = calls.add('a');
  calls.settle(response({ rid: 1, data: 'ignored', error }));
  await expect(promise).rejects.toBe(error);
});

test('P10.9 an error object rejects as an Error', async () => {
  const calls = new PendingCalls();
  const { promise } = calls.add('a');
  calls.settle(response({ rid: 1, error: { message: 'no', name: 'RoomError', room: 'x' } }));
  await expect(promise).rejects.toMatchObject({ message: 'no', name: 'RoomError', room: 'x' });
});

test('a call that is not answered in time rejects with TimeoutError', async () => {
  const calls = new PendingCalls();
  const { promise } = calls.add('login', 500);
  const outcome = promise.catch((error: unknown) => error);
  vi.advanceTimersByTime(499);
  expect(calls.size).toBe(1);
  vi.advanceTimersByTime(1);
  expect(calls.size).toBe(0);
  const error = await outcome;
  expect(error).toBeInstanceOf(TimeoutError);
  expect(error).toHaveProperty('message', 'Event response for login event timed out');
});

test('without a timeout a call waits for ever', () => {
  const calls = new PendingCalls();
  calls.add('a');
  calls.add('a', null);
  calls.add('a', Number.POSITIVE_INFINITY);
  expect(vi.getTimerCount()).toBe(0);
});

test('rejectAll rejects in the order of the calls and spares calls made meanwhile', async () => {
  const calls = new PendingCalls();
  const order: string[] = [];
  const outcomes = ['a', 'b', 'c'].map((event) =>
    calls.add(event, 1000).promise.catch((reason: unknown) => void order.push(String(reason))),
  );
  let added: PendingCall | undefined;
  calls.rejectAll((call) => {
    added ??= calls.add('later');
    return `lost ${call.procedure}`;
  });
  await Promise.all(outcomes);
  expect(order).toEqual(['lost a', 'lost b', 'lost c']);
  expect([calls.size, added?.isSettled, vi.getTimerCount()]).toEqual([1, false, 0]);
});

test('one call can be rejected by its id', async () => {
  const calls = new PendingCalls();
  const { promise, id } = calls.add('a', 1000);
  expect(calls.reject(id, 'unencodable')).toBe(true);
  expect(calls.reject(id, 'again')).toBe(false);
  await expect(promise).rejects.toBe('unencodable');
});

test('the number of calls in flight is limited', () => {
  const calls = new PendingCalls({ limit: 2 });
  calls.add('a');
  calls.add('a');
  expect(() => calls.add('c')).toThrow(
    expect.objectContaining({
      name: 'ResourceLimitError',
      message: expect.stringContaining('invoke c'),
    }),
  );
  calls.settle(response({ rid: 1 }));
  expect(calls.add('c').id).toBe(3);
});

test('ids may come from a generator, which must not repeat one in flight', () => {
  let next = 10;
  const calls = new PendingCalls({ generateId: () => next });
  expect(calls.add('a').id).toBe(10);
  expect(() => calls.add('b')).toThrow(expect.objectContaining({ name: 'InvalidArgumentsError' }));
  expect(calls.size).toBe(1);
  next = 11;
  expect(calls.add('b').id).toBe(11);
});

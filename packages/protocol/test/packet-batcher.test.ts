import { PacketBatcher } from '@asyngular/protocol/internal';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function createBatcher() {
  const sent: number[][] = [];
  const options = { send: (packets: number[]) => void sent.push(packets), intervalMs: 50 };
  return { batcher: new PacketBatcher<number>(options), sent, options };
}

test('nothing is buffered until asked', () => {
  const { batcher } = createBatcher();
  expect(batcher.push(1)).toBe(false);
  expect(batcher.isBuffering).toBe(false);
});

test('P7.1 startBatch buffers, flushBatch sends one array and stops', () => {
  const { batcher, sent } = createBatcher();
  batcher.startBatch();
  expect([batcher.push(1), batcher.push(2)]).toEqual([true, true]);
  batcher.flushBatch();
  expect(sent).toEqual([[1, 2]]);
  expect(batcher.push(3)).toBe(false);
});

test('P7.2 an empty batch is not sent', () => {
  const { batcher, sent } = createBatcher();
  batcher.flushBatch();
  batcher.startBatch();
  batcher.flushBatch();
  expect(sent).toEqual([]);
});

test('cancelBatch hands the packets back', () => {
  const { batcher, sent } = createBatcher();
  batcher.startBatch();
  batcher.push(1);
  expect(batcher.cancelBatch()).toEqual([1]);
  expect([batcher.isBuffering, sent]).toEqual([false, []]);
});

test('P7.4 continuous batching sends what gathered in an interval', () => {
  const { batcher, sent } = createBatcher();
  batcher.startBatching();
  batcher.push(1);
  vi.advanceTimersByTime(49);
  batcher.push(2);
  expect(sent).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(sent).toEqual([[1, 2]]);
  expect(vi.getTimerCount()).toBe(0);
  batcher.push(3);
  batcher.stopBatching();
  expect(sent).toEqual([[1, 2], [3]]);
  expect([batcher.isBatching, batcher.isBuffering, vi.getTimerCount()]).toEqual([false, false, 0]);
});

test('the interval can change while batching', () => {
  const { batcher, sent, options } = createBatcher();
  batcher.startBatching();
  options.intervalMs = 5;
  batcher.push(1);
  vi.advanceTimersByTime(5);
  expect(sent).toEqual([[1]]);
});

test('flushBatch during continuous batching keeps buffering', () => {
  const { batcher, sent } = createBatcher();
  batcher.startBatching();
  batcher.push(1);
  batcher.flushBatch();
  expect(batcher.push(2)).toBe(true);
  vi.advanceTimersByTime(50);
  expect(sent).toEqual([[1], [2]]);
});

test('cancelBatch during continuous batching drops the packets only, cancelBatching ends it', () => {
  const { batcher, sent } = createBatcher();
  batcher.startBatching();
  batcher.push(1);
  expect(batcher.cancelBatch()).toEqual([1]);
  expect(batcher.push(2)).toBe(true);
  expect(batcher.cancelBatching()).toEqual([2]);
  expect(batcher.push(3)).toBe(false);
  vi.advanceTimersByTime(100);
  expect(sent).toEqual([]);
});

test('batchFor buffers for a period; a flush ends it early', () => {
  const { batcher, sent } = createBatcher();
  batcher.batchFor(100);
  batcher.push(1);
  vi.advanceTimersByTime(100);
  expect(sent).toEqual([[1]]);
  expect(batcher.isBuffering).toBe(false);
  batcher.batchFor(100);
  batcher.push(2);
  batcher.flushBatch();
  expect(sent).toEqual([[1], [2]]);
  expect(vi.getTimerCount()).toBe(0);
});

test('a cancelled batch leaves no timer, and continuous batching goes on', () => {
  const { batcher, sent } = createBatcher();
  batcher.startBatching();
  batcher.push(1);
  expect(batcher.cancelBatch()).toEqual([1]);
  expect([batcher.isBatching, vi.getTimerCount()]).toEqual([true, 0]);
  expect(batcher.push(3)).toBe(true);
  vi.advanceTimersByTime(50);
  expect(sent).toEqual([[3]]);
});

test('packets pushed while a batch is being sent join the next one', () => {
  const sent: number[][] = [];
  const batcher = new PacketBatcher<number>({
    send(packets) {
      sent.push(packets);
      if (sent.length === 1) {
        batcher.push(9);
      }
    },
    intervalMs: 10,
  });
  batcher.startBatching();
  batcher.push(1);
  vi.advanceTimersByTime(20);
  expect(sent).toEqual([[1], [9]]);
});

test('continuous batching sends what a manual batch left when it starts', () => {
  const { batcher, sent } = createBatcher();
  batcher.startBatch();
  batcher.push(1);
  batcher.startBatching();
  vi.advanceTimersByTime(50);
  expect(sent).toEqual([[1]]);
});

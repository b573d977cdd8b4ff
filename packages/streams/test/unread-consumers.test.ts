import {
  AsyncStreamEmitter,
  StreamDemux,
  type UnreadConsumer,
  WritableConsumableStream,
} from '@asyngular/streams';
import { MessageStreams } from '@asyngular/streams/internal';
import { expect, test, vi } from 'vitest';
import { useVirtualTime } from './helpers/time.js';

function createReporter() {
  const reports: UnreadConsumer[] = [];
  return { reports, onUnreadConsumer: (consumer: UnreadConsumer) => reports.push(consumer) };
}

function write(stream: { write(value: number): void }, count: number) {
  for (let value = 0; value < count; value++) stream.write(value);
}

test('a consumer that reads nothing for 10 s while 1,024 packets wait is reported once', async () => {
  using _time = useVirtualTime();
  const { reports, ...options } = createReporter();
  const stream = new WritableConsumableStream<number>(options);
  stream.createConsumer();
  write(stream, 1_023);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(reports).toEqual([]);
  write(stream, 977);
  await vi.advanceTimersByTimeAsync(9_999);
  expect(reports).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(reports).toEqual([{ id: 1, backpressure: 2_000 }]);
  write(stream, 10_000);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(reports).toHaveLength(1);
});

test('one that reads is not, however slowly, until it stops', async () => {
  using _time = useVirtualTime();
  const { reports, ...options } = createReporter();
  const stream = new WritableConsumableStream<number>(options);
  const consumer = stream.createConsumer();
  write(stream, 2_000);
  for (let round = 0; round < 5; round++) {
    await consumer.next();
    write(stream, 1_024);
    await vi.advanceTimersByTimeAsync(5_000);
  }
  expect(reports).toEqual([]);
  write(stream, 1_024);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(reports).toHaveLength(1);
});

test('neither is a burst that is read in time, a bounded consumer, nor one that has left', async () => {
  using _time = useVirtualTime();
  const { reports, ...options } = createReporter();
  const demux = new StreamDemux<number>(options);
  const burst = demux.createConsumer('x');
  demux.createConsumer('x', { highWaterMark: 5_000, overflow: 'drop-newest' });
  const left = demux.createConsumer('x');
  for (let value = 0; value < 4_096; value++) demux.write('x', value);
  left.return();
  for (let count = 0; count < 4_096; count++) await burst.next();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(reports).toEqual([]);
});

test.each(['listener', 'receiver', 'procedure'] as const)(
  'the report names the %s',
  async (family) => {
    using _time = useVirtualTime();
    const { reports, ...options } = createReporter();
    class Socket extends MessageStreams {
      fill(): void {
        for (let count = 0; count < 1_024; count++) {
          this.emit('chat', count);
          this.writeToReceiver('chat', count);
          this.writeToProcedure('chat', count);
        }
      }
    }
    const socket = new Socket(options);
    socket[family as 'receiver']('chat').createConsumer();
    socket.fill();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(reports).toEqual([{ id: 1, backpressure: 1_024, stream: 'chat', family }]);
  },
);

test('watching keeps no process running and, without a callback, does not happen', () => {
  const timers = vi.spyOn(globalThis, 'setTimeout');
  try {
    const silent = new AsyncStreamEmitter();
    silent.listener('x').createConsumer();
    for (let count = 0; count < 5_000; count++) silent.emit('x', count);
    expect(timers).not.toHaveBeenCalled();
    const emitter = new AsyncStreamEmitter({ onUnreadConsumer: () => {} });
    emitter.listener('x').createConsumer();
    for (let count = 0; count < 5_000; count++) emitter.emit('x', count);
    expect(timers).toHaveBeenCalledTimes(1);
    const [timer] = timers.mock.results;
    expect(timer?.value.hasRef()).toBe(false);
    clearTimeout(timer?.value);
  } finally {
    timers.mockRestore();
  }
});

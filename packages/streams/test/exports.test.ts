import * as streams from '@asyngular/streams';
import * as internal from '@asyngular/streams/internal';
import { expect, test } from 'vitest';

test('the list of exports changes only on purpose', () => {
  expect(Object.keys(streams).sort()).toEqual([
    'AsyncStreamEmitter',
    'BacklogLimitError',
    'ConsumableStream',
    'Consumer',
    'DemuxedConsumableStream',
    'StreamDemux',
    'TimeoutError',
    'WritableConsumableStream',
    'consume',
    'setDefaultHighWaterMark',
  ]);
  expect(Object.keys(internal).sort()).toEqual([
    'MessageStreams',
    'StreamRoot',
    'addAbortListener',
    'close',
    'closeAll',
    'defineAsyncDisposal',
    'defineMember',
    'defineMethods',
    'getBackpressure',
    'getBackpressureAll',
    'getConsumerBackpressure',
    'getConsumerCount',
    'getConsumerCountAll',
    'getConsumerStats',
    'getConsumerStatsList',
    'getConsumerStatsListAll',
    'hasConsumer',
    'hasConsumerAll',
    'kill',
    'killAll',
    'killConsumer',
    'listenerMethods',
    'noStreams',
    'removeAbortListener',
    'streamsBelow',
    'wholeMethods',
  ]);
});

test('a stream class that creates no consumers does not compile, and throws where it runs', async () => {
  // @ts-expect-error createConsumer is abstract
  class Unfinished extends streams.ConsumableStream {}
  const stream = new Unfinished();
  expect(() => stream.createConsumer()).toThrow(TypeError);
  await expect(stream.next()).rejects.toThrow(TypeError);
});

test('a stream class of your own has everything but its consumers from the base', async () => {
  const inner = new streams.WritableConsumableStream<number>();
  class Own extends streams.ConsumableStream<number> {
    createConsumer(timeout?: streams.TimeoutOrOptions) {
      return inner.createConsumer(timeout);
    }
  }
  const stream = new Own();
  const values: number[] = [];
  const loop = (async () => {
    for await (const value of stream) values.push(value);
  })();
  const [one, packet, consumable] = [stream.once(), stream.next(), stream.createConsumable()];
  inner.write(7);
  inner.close();
  await loop;
  expect(values).toEqual([7]);
  expect([await one, await packet]).toEqual([7, { value: 7, done: false }]);
  expect(await consumable.next()).toEqual({ value: 7, done: false });
});

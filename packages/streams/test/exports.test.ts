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
  ]);
  expect(Object.keys(internal).sort()).toEqual([
    'MessageStreams',
    'StreamRoot',
    'defineMethods',
    'listenerMethods',
    'operations',
  ]);
});

test('a stream class that does not override createConsumer says so', () => {
  class Unfinished extends streams.ConsumableStream {}
  expect(() => new Unfinished().createConsumer()).toThrow(TypeError);
});

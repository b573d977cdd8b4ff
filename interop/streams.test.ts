import { createRequire } from 'node:module';
import { StreamDemux, WritableConsumableStream } from '@asyngular/streams';
import { describe, expect, it } from 'vitest';
import {
  closeOneOfTwo,
  type StreamUnderTest,
} from '../packages/streams/test/helpers/closing-one.js';
import { peerPath } from './support/peers.js';

type Create = () => StreamUnderTest;

/** A published package of streams, in the version that a published server uses. */
function published(server: 'asyngular-server' | 'socketcluster-server', name: string): any {
  const module = createRequire(peerPath(server))(name);
  return module.default ?? module;
}

/** One name of a demux, as if it were a stream. */
function nameOf(demux: any): StreamUnderTest {
  return {
    createConsumer: () => demux.stream('x').createConsumer(),
    write: (value) => demux.write('x', value),
    closeConsumer: (id, value) => demux.closeConsumer(id, value),
    getBackpressure: () => demux.getBackpressure('x'),
    getConsumerBackpressure: (id) => demux.getConsumerBackpressure(id),
  };
}

describe('closing one of two consumers', () => {
  it.each(['asyngular-server', 'socketcluster-server'] as const)(
    'leaves the same backlogs as the packages that %s uses',
    async (server) => {
      const Stream = published(server, 'writable-consumable-stream');
      const Demux = published(server, 'stream-demux');
      const pairs: [Create, Create][] = [
        [() => new WritableConsumableStream(), () => new Stream()],
        [() => nameOf(new StreamDemux()), () => nameOf(new Demux())],
      ];
      for (const [createOurs, createPublished] of pairs) {
        const backlogs = await closeOneOfTwo(createPublished());
        expect(backlogs[2]).toEqual([12, 12, 12]);
        expect(await closeOneOfTwo(createOurs())).toEqual(backlogs);
      }
    },
  );
});

import { describe, expect, test } from 'vitest';
import { differenceOf } from './differences.js';
import { batches } from './duties/batches.js';
import { channels } from './duties/channels.js';
import { clientsOfOurs, onStageWith, stageTimeoutMs } from './support/clients-of-ours.js';
import type { ServerOptions } from './support/server.js';
import type { Stage } from './support/stage.js';

// Clients that know nothing of recovery, on a server whose channels all have history: as on any other channel.

const options: ServerOptions = {
  channels: { '*': { history: { size: 50 } }, 'last:*': { history: {}, rewind: 2 } },
};

/** It compares the packet, which has one member more here; the test below does so in its place. */
const comparesPackets = 'the own publication arrives before its answer';

/** What a client does like all others: what it does not is listed in differences.ts. */
const dutiesOf = (client: string) =>
  [...channels, ...batches].filter(
    ({ title }) => title !== comparesPackets && !differenceOf(title, client),
  );

test('the rows that are left out here are there', () => {
  expect(channels.map(({ title }) => title)).toContain(comparesPackets);
  expect(clientsOfOurs).toHaveLength(4);
});

describe.concurrent.each(clientsOfOurs)('%s', (name, pair) => {
  const onStage = (run: (stage: Stage) => Promise<void>) => onStageWith(options, pair, run);

  test.each(dutiesOf(name))('$ids: $title', { timeout: stageTimeoutMs }, ({ run }) => onStage(run));

  test('P14.1 and P14.8: publications have a place, which the client ignores', async () => {
    await onStage(async (stage) => {
      const { client: subscriber } = await stage.connected();
      const seen: unknown[] = [];
      subscriber.subscribe('news');
      subscriber.watch('news', (data) => seen.push(data));
      await subscriber.subscribed('news');
      const earlier = subscriber.packets.length;
      await subscriber.invokePublish('news', { text: 'hello' });
      await stage.until('both packets', () => subscriber.packets.length >= earlier + 2);
      await stage.until('the publication', () => seen.length === 1);
      expect(seen).toEqual([{ text: 'hello' }]);
      const [delivery, answer] = subscriber.packets.slice(earlier);
      expect(delivery).toEqual({
        event: '#publish',
        data: {
          channel: 'news',
          data: { text: 'hello' },
          p: expect.stringMatching(/^\d+:[0-9a-f]+$/),
        },
      });
      expect(answer).toEqual({ rid: expect.any(Number) });
    });
  });

  test('P14.7: a subscription begins with the rewind of the pattern', async () => {
    await onStage(async (stage) => {
      const { client: subscriber, server: running } = await stage.connected();
      const { exchange } = running.native;
      for (const data of [1, 2, 3]) await exchange.invokePublish('last:1', data);
      const seen: unknown[] = [];
      subscriber.watch('last:1', (data) => seen.push(data));
      subscriber.subscribe('last:1');
      await subscriber.subscribed('last:1');
      await exchange.invokePublish('last:1', 4);
      await stage.until('three publications', () => seen.length === 3);
      expect(seen).toEqual([2, 3, 4]);
    });
  });

  test('P14.7: after a lost connection the client goes on with what is new', async () => {
    await onStage(async (stage) => {
      const { client: subscriber, server: running, socket } = await stage.connected();
      const { exchange } = running.native;
      const seen: unknown[] = [];
      subscriber.subscribe('news');
      subscriber.watch('news', (data) => seen.push(data));
      await subscriber.subscribed('news');
      await exchange.invokePublish('news', 1);
      socket.disconnect(4100, 'try again');
      await stage.until('a second subscription', () => running.of('subscription').length === 2);
      await exchange.invokePublish('news', 2);
      await stage.until('both publications', () => seen.length === 2);
      expect(seen).toEqual([1, 2]);
    });
  });
});

import { describe, expect, test } from 'vitest';
import { differenceOf } from './differences.js';
import { channels } from './duties/channels.js';
import { clientsOfOurs, onStageWith, stageTimeoutMs } from './support/clients-of-ours.js';
import type { ServerOptions } from './support/server.js';
import type { Stage } from './support/stage.js';

// Clients that know nothing of presence, on a server whose channels all show who is there: as on any other channel.

const options: ServerOptions = { channels: { '*': { presence: true } } };

/** What a client does like all others: what it does not is listed in differences.ts. */
const dutiesOf = (client: string) => channels.filter(({ title }) => !differenceOf(title, client));

test('there are such clients', () => {
  expect(clientsOfOurs).toHaveLength(4);
});

describe.concurrent.each(clientsOfOurs)('%s', (name, pair) => {
  const onStage = (run: (stage: Stage) => Promise<void>) => onStageWith(options, pair, run);

  test.each(dutiesOf(name))('$ids: $title', { timeout: stageTimeoutMs }, ({ run }) => onStage(run));

  test('P15.1: who enters, changes and leaves is nothing to the client', async () => {
    await onStage(async (stage) => {
      const { client: subscriber, server: running } = await stage.connected();
      subscriber.subscribe('news');
      await subscriber.subscribed('news');
      const earlier = subscriber.packets.length;
      const bot = running.native.presence('news').enter('bot', { mood: 'good' });
      bot.update({ mood: 'bad' });
      bot.leave();
      await subscriber.invokePublish('news', 'after it');
      await stage.until('both packets', () => subscriber.packets.length >= earlier + 2);
      const events = subscriber.packets.slice(earlier).map(({ event }) => event);
      expect(events).toEqual(['#publish', undefined]);
      expect(running.native.stats().presence).toMatchObject({ members: 0, watchers: 0 });
    });
  });
});

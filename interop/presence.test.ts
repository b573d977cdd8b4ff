import { describe, expect, test } from 'vitest';
import { differenceOf } from './differences.js';
import { channels } from './duties/channels.js';
import { pairs } from './support/pairs.js';
import { ourServer, type ServerPeer } from './support/server.js';
import { Stage } from './support/stage.js';

// Clients that know nothing of presence, on a server whose channels all show who is there: as on any other channel.

const patienceMs = 10_000;

/** Our server with presence on every channel. */
const server: ServerPeer = {
  ...ourServer,
  attach: (http, options) =>
    ourServer.attach(http, { channels: { '*': { presence: true } }, ...options }),
};

const clients = [...pairs].filter(
  ([name, pair]) => name !== 'ours' && pair.server.name === ourServer.name,
);

/** What a client does like all others: what it does not is listed in differences.ts. */
const dutiesOf = (client: string) => channels.filter(({ title }) => !differenceOf(title, client));

test('there are such clients', () => {
  expect(clients).toHaveLength(4);
});

describe.concurrent.each(clients)('%s', (name, { client }) => {
  const onStage = async (run: (stage: Stage) => Promise<void>): Promise<void> => {
    const stage = new Stage({ client, server }, patienceMs);
    try {
      await run(stage);
    } finally {
      await stage.end();
    }
  };

  test.each(dutiesOf(name))('$ids: $title', { timeout: 3 * patienceMs }, ({ run }) => onStage(run));

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

import type { AGClientSocket } from '@asyngular/client';
import { expect } from 'vitest';
import { collect } from './support/record.js';
import { row } from './support/suite.js';
import { settle, startServer } from './support/test-server.js';
import { soon } from './support/within.js';

const withPresence = { options: { channels: { 'room:*': { presence: true } } } };

/** Waits until the members' states, as `client` sees them, are these. */
async function untilStates(client: AGClientSocket, ...states: unknown[]): Promise<void> {
  const { presence } = client.channel('room:1');
  const wanted = JSON.stringify(states);
  const seen = () =>
    JSON.stringify([...presence.members.values()].map(({ state }) => state).sort());
  if (seen() === wanted) return;
  const changes = async () => {
    for await (const _ of presence.changes()) if (seen() === wanted) return;
  };
  await soon(`the states ${wanted}`, changes());
}

row('channel/presence', 'shows who is here, what they show, and who leaves', async () => {
  const server = await startServer(withPresence);
  const [watcher, ada, bob] = [await server.open(), await server.open(), await server.open()];
  watcher.subscribe('room:1');
  await untilStates(watcher);
  const { presence } = ada.subscribe('room:1', { presence: 'ada' });
  await soon('the entry', bob.subscribe('room:1').presence.enter('bob'));
  await untilStates(watcher, 'ada', 'bob');
  presence.update('ada, typing');
  await untilStates(watcher, 'ada, typing', 'bob');
  bob.channel('room:1').presence.leave();
  ada.disconnect();
  await untilStates(watcher);
  expect(watcher.channel('room:1').presence.count).toBe(0);
});

row('channel/presence', 'loops over changes begin with a sync', async () => {
  const server = await startServer(withPresence);
  const client = await server.open();
  const { presence } = client.subscribe('room:1');
  await soon('the entry', presence.enter(1));
  const { value: first } = await soon('the sync', presence.changes().createConsumer().next());
  expect(first.type).toBe('sync');
  await untilStates(client, 1);
  const consumer = presence.changes().createConsumer();
  const { value: second } = await soon('another sync', consumer.next());
  expect([...second.members.keys()]).toEqual([presence.key]);
});

row(
  'channel/presence',
  'is entered again after a lost connection, and nobody notices',
  async () => {
    const server = await startServer(withPresence);
    const watcher = await server.open();
    const client = await server.open({ autoReconnect: true });
    const { presence } = client.subscribe('room:1', { presence: { n: 1 } });
    watcher.subscribe('room:1');
    await untilStates(watcher, { n: 1 });
    const { key } = presence;
    const seen = collect(watcher.channel('room:1').presence.changes());
    client.transport?.socket?.close(3000);
    await soon('the reconnect', client.listener('connect').once());
    presence.update({ n: 2 });
    await untilStates(watcher, { n: 2 });
    expect(presence.key).toBe(key);
    expect(seen.values.map(({ type }) => type)).toEqual(['sync', 'update']);
  },
);

row('channel/presence', 'has nobody where the server keeps none', async () => {
  const server = await startServer();
  const client = await server.open();
  const { presence } = client.subscribe('foo');
  await settle(client);
  expect([presence.members.size, presence.count, presence.key]).toEqual([0, 0, undefined]);
  presence.leave();
  await settle(client);
  expect(client.state).toBe('open');
});

row('channel/event presenceFail', 'says that the server keeps no presence', async () => {
  const server = await startServer();
  const client = await server.open();
  const channel = client.channel('foo');
  const failed = soon('the event', channel.listener('presenceFail').once());
  const onSocket = soon('the event of the socket', client.listener('presenceFail').once());
  channel.subscribe({ presence: 1 });
  expect((await failed).error.name).toBe('InvalidActionError');
  expect((await onSocket).channel).toBe('foo');
  expect(channel.isSubscribed()).toBe(true);
});

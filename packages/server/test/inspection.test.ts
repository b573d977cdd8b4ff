import { MemoryHub, memoryBroker } from '@asyngular/broker';
import { expect, it } from 'vitest';
import { inspectionOf } from '../src/internal.js';
import { collect, onCleanup, startServer, until } from './support/server.js';

// What the inspector reads. It must not change what it looks at.

it('there is one inspection of a server', async () => {
  const { server } = await startServer();
  expect(inspectionOf(server)).toBe(inspectionOf(server));
});

it('counts the sockets of a channel, and neither watchers nor the exchange', async () => {
  const { server, open } = await startServer({ channels: { 'kept/*': { history: {} } } });
  const inspection = inspectionOf(server);
  for (const name of ['plain', 'kept/1']) {
    const client = await open();
    await client.subscribe(name);
    server.exchange.subscribe(name);
    const end = await inspection.watchChannel(name, () => {});
    expect(inspection.channel(name)).toEqual({ name, sockets: 1, hasExchange: true });
    expect(inspection.socketsOn(name, 10)).toHaveLength(1);
    end();
    end();
    await server.exchange.unsubscribe(name);
    expect(inspection.channel(name)).toEqual({ name, sockets: 1, hasExchange: false });
  }
  expect([...inspection.channelNames()].sort()).toEqual(['kept/1', 'plain']);
  expect(inspection.hasHistory('kept/1')).toBe(true);
  expect(inspection.hasHistory('plain')).toBe(false);
});

it.each(['plain', 'kept/1'])(
  'a watcher of %s gets what is published, until it ends',
  async (name) => {
    const { server } = await startServer({ channels: { 'kept/*': { history: {} } } });
    const seen: unknown[] = [];
    const end = await inspectionOf(server).watchChannel(name, ({ data }) => seen.push(data));
    await server.exchange.invokePublish(name, 'first');
    await server.exchange.invokePublish(name, 'second');
    expect(seen).toEqual(['first', 'second']);
    end();
    await server.exchange.invokePublish(name, 'third');
    expect(seen).toEqual(['first', 'second']);
  },
);

it('a lane between servers is no channel to watch, nor is the channel of a user', async () => {
  const { server } = await startServer({ userId: () => undefined });
  const watch = (name: string) => inspectionOf(server).watchChannel(name, () => {});
  await expect(watch('#fleet:all')).rejects.toThrow(/#fleet:/);
  await expect(watch('#user')).rejects.toThrow(/#user/);
});

it('a watcher hears the publications of other servers', async () => {
  const hub = new MemoryHub();
  const here = await startServer({ broker: memoryBroker({ hub }) });
  const there = await startServer({ broker: memoryBroker({ hub }) });
  const seen: unknown[] = [];
  onCleanup(await inspectionOf(here.server).watchChannel('news', ({ data }) => seen.push(data)));
  await there.server.exchange.invokePublish('news', 'from there');
  await until(
    'the publication',
    () => seen.length === 1,
    () => seen,
  );
});

it('counts publications only while it is asked to', async () => {
  const { server } = await startServer({ channels: { 'kept/*': { history: {} } } });
  const counted: string[] = [];
  const inspection = inspectionOf(server);
  await server.exchange.invokePublish('a', 1);
  inspection.countPublications((channel) => counted.push(channel));
  await server.exchange.invokePublish('a', 1);
  await server.exchange.invokePublish('kept/b', 1);
  inspection.countPublications(undefined);
  await server.exchange.invokePublish('a', 1);
  expect(counted).toEqual(['a', 'kept/b']);
});

it('a topic that comes first and late makes servers know each other', async () => {
  const hub = new MemoryHub();
  const servers = [
    await startServer({ broker: memoryBroker({ hub }) }),
    await startServer({ broker: memoryBroker({ hub }) }),
  ].map(({ server }) => inspectionOf(server));
  const heard: string[] = [];
  const topics = servers.map((inspection) =>
    inspection.topic<string>('test', {
      parse: (value) => (typeof value === 'string' ? value : undefined),
      onMessage: (message, from) => heard.push(`${message} of ${from}`),
    }),
  );
  await until('both servers', () => servers.every((each) => each.servers().length === 2));
  topics[0]!.sendTo(servers[1]!.id, 'hello');
  await until(
    'the message',
    () => heard.length === 1,
    () => heard,
  );
  expect(heard).toEqual([`hello of ${servers[0]!.id}`]);
});

it('shows who is in a channel, once', async () => {
  const { server } = await startServer({ channels: { room: { presence: true } } });
  const inspection = inspectionOf(server);
  server.presence('room').enter('bot', { mood: 'fine' });
  expect(await inspection.presence('room')).toMatchObject({
    count: 1,
    members: [{ key: 'bot', state: { mood: 'fine' } }],
  });
  expect(await inspection.presence('elsewhere')).toBeUndefined();
  expect(inspection.hasPresence('room')).toBe(true);
});

it('writes to the log of the server, however often', async () => {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const logger = { debug: write, info: write, warn: write, error: write };
  const { server } = await startServer({ logger });
  for (let time = 0; time < 3; time++) inspectionOf(server).log('done\nby nobody');
  expect(lines).toHaveLength(3);
  expect(lines[0]).not.toContain('\n');
  expect(lines[0]).toMatch(/^asyngular: done/);
});

it('says since when a socket is open', async () => {
  const before = Date.now();
  const { server, open } = await startServer();
  const connections = collect(server.listener('connection'));
  await open();
  await until('the connection', () => connections.length === 1);
  const since = inspectionOf(server).sinceOf(connections[0]!.socket);
  expect(since).toBeGreaterThanOrEqual(before - 1_000);
  expect(since).toBeLessThanOrEqual(Date.now() + 1_000);
});

import { MemoryHub, memoryBroker } from '@asyngular/broker';
import type { AGClientSocket, PresenceChange } from '@asyngular/client';
import type { AGServerOptions } from '@asyngular/server';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { collect } from '@asyngular/test-utils/collect';
import { TcpProxy } from '@asyngular/test-utils/tcp-proxy';
import { until, within } from '@asyngular/test-utils/wait';
import { expect, it } from 'vitest';
import * as support from './support/breaking-network.js';

// docs/presence.md, as an application sees it: our client and our server, with a network between them that breaks.

const channels = {
  'room:*': { presence: true },
  'live:*': { presence: 'count' },
  'guarded:*': {
    presence: { accept: (_socket: unknown, state: unknown) => state !== 'bad' && state },
  },
} satisfies AGServerOptions['channels'];

async function startServer(options: AGServerOptions = {}) {
  const network = await support.startServer({
    channels,
    userId: ({ authToken }) => authToken?.sub,
    ...options,
  });
  network.server.handle('login', (sub: string, { socket }) => void socket.setAuthToken({ sub }));
  return network;
}

type Network = Awaited<ReturnType<typeof startServer>>;

/** Another way to the same server, whose connections break alone. */
async function startOwnNetwork({ server }: Network) {
  const proxy = await TcpProxy.start(server.port!);
  onCleanup(() => proxy.stop());
  return { proxy };
}

/** A client, logged in as that user if there is a name. */
async function connect({ proxy }: Pick<Network, 'proxy'>, user?: string) {
  const socket = support.connect(proxy.port);
  if (user !== undefined) await socket.invoke('login', user);
  return socket;
}

function words(change: PresenceChange): string {
  if (change.type === 'sync') return `sync ${[...change.members.keys()].sort()}`;
  return change.type === 'count' ? `count ${change.count}` : `${change.type} ${change.member.key}`;
}

/** What a loop over the members of the channel reads, once it knows them. */
async function watch(socket: AGClientSocket, channel: string): Promise<string[]> {
  const seen = collect(socket.subscribe(channel).presence.changes(), words);
  await until('the members', () => seen.length > 0);
  return seen;
}

const untilLast = (seen: string[], last: string) =>
  until(
    last,
    () => seen.at(-1) === last,
    () => seen.join(', '),
  );

it('people enter, change and leave, on all their connections', async () => {
  const network = await startServer();
  const watcher = await connect(network);
  const seen = await watch(watcher, 'room:1');
  const { presence } = watcher.channel('room:1');
  const ada = await connect(network, 'ada');
  const room = ada.subscribe('room:1', { presence: { status: 'online' } });
  await untilLast(seen, 'enter ada');
  expect(presence.members.get('ada')).toMatchObject({
    userId: 'ada',
    state: { status: 'online' },
    connections: 1,
  });
  room.presence.update({ status: 'typing' });
  await until('the update', () => presence.members.get('ada')?.state.status === 'typing');
  expect(room.presence.key).toBe('ada');
  const phone = await connect(network, 'ada');
  phone.subscribe('room:1', { presence: { status: 'phone' } });
  await until('two connections', () => presence.members.get('ada')?.connections === 2);
  ada.disconnect();
  await until('one connection', () => presence.members.get('ada')?.connections === 1);
  phone.channel('room:1').presence.leave();
  await untilLast(seen, 'leave ada');
  expect(phone.channel('room:1').state).toBe('subscribed');
  expect(new Set(seen)).toEqual(new Set(['sync ', 'enter ada', 'update ada', 'leave ada']));
});

it('a guest is a member, too, and keeps its key over lost connections', async () => {
  const network = await startServer();
  const seen = await watch(await connect(network), 'room:1');
  const own = await startOwnNetwork(network);
  const guest = await connect(own);
  const { presence } = guest.subscribe('room:1', { presence: 'here' });
  await until('an enter', () => seen.length === 2);
  const { key } = presence;
  expect(seen[1]).toBe(`enter ${key}`);
  for (let cuts = 1; cuts <= 3; cuts++) {
    own.proxy.cut();
    own.proxy.restore();
    await within('the reconnect', guest.listener('connect').once());
    await within('the subscription', guest.channel('room:1').subscribed());
  }
  presence.update('still here');
  await until('an update', () => seen.length > 2);
  expect([seen.slice(2), presence.key]).toEqual([[`update ${key}`], key]);
});

it('a watcher that was away reads the difference alone', async () => {
  const network = await startServer({ presenceGrace: 100 });
  const people = await Promise.all(['ada', 'bob', 'cy'].map((user) => connect(network, user)));
  for (const socket of people) socket.subscribe('room:1', { presence: 1 });
  const own = await startOwnNetwork(network);
  const watcher = await connect(own);
  const seen = collect(watcher.subscribe('room:1').presence.changes(), words);
  await until('everybody', () => watcher.channel('room:1').presence.count === 3);
  seen.length = 0;
  own.proxy.cut();
  people[0]!.unsubscribe('room:1');
  people[1]!.channel('room:1').presence.update(2);
  const dan = await connect(network, 'dan');
  await dan.subscribe('room:1').presence.enter(1);
  expect(watcher.channel('room:1').presence.members.has('ada')).toBe(true);
  own.proxy.restore();
  await until(
    'the difference',
    () => seen.length === 3,
    () => seen.join(),
  );
  expect(seen.sort()).toEqual(['enter dan', 'leave ada', 'update bob']);
});

it('a member that moves to another server is there all the time', async () => {
  const hub = new MemoryHub();
  const [here, there] = [
    await startServer({ broker: memoryBroker({ hub }) }),
    await startServer({ broker: memoryBroker({ hub }) }),
  ];
  const watchers = await Promise.all([here, there].map((network) => connect(network)));
  const seen = await Promise.all(watchers.map((watcher) => watch(watcher, 'room:1')));
  let target = here.server.port!;
  const proxy = await TcpProxy.start(() => target);
  onCleanup(() => proxy.stop());
  const ada = await connect({ proxy }, 'ada');
  const { presence } = ada.subscribe('room:1', { presence: { n: 0 } });
  for (const changes of seen) await untilLast(changes, 'enter ada');
  for (let moves = 1; moves <= 4; moves++) {
    target = moves % 2 ? there.server.port! : here.server.port!;
    proxy.cut();
    proxy.restore();
    await within('the reconnect', ada.listener('connect').once());
    await within('the subscription', ada.channel('room:1').subscribed());
    presence.update({ n: moves });
    for (const watcher of watchers) {
      const { members } = watcher.channel('room:1').presence;
      expect(members.has('ada')).toBe(true);
      await until(
        `state ${moves} at both`,
        () => watcher.channel('room:1').presence.members.get('ada')?.state.n === moves,
      );
    }
  }
  for (const changes of seen) {
    expect(changes.filter((change) => !change.startsWith('update'))).toEqual([
      'sync ',
      'enter ada',
    ]);
  }
});

it('a refused member hears why, and watches', async () => {
  const network = await startServer();
  const socket = await connect(network, 'ada');
  const channel = socket.subscribe('guarded:1');
  const failed = collect(channel.listener('presenceFail'), ({ error }) => error.name);
  await expect(channel.presence.enter('bad')).rejects.toMatchObject({
    name: 'PresenceRefusedError',
  });
  await channel.presence.enter('good');
  await until('the member', () => channel.presence.members.get('ada')?.state === 'good');
  await expect(channel.presence.enter('bad')).rejects.toThrow();
  expect([channel.presence.state, failed]).toEqual([
    'good',
    ['PresenceRefusedError', 'PresenceRefusedError'],
  ]);
  expect(channel.presence.members.get('ada')?.state).toBe('good');
});

it('a channel without presence says so, and is subscribed to all the same', async () => {
  const network = await startServer();
  const socket = await connect(network, 'ada');
  const channel = socket.subscribe('plain', { presence: 1 });
  const failed = collect(channel.listener('presenceFail'), ({ error }) => error.name);
  await until('the failure', () => failed.length > 0);
  expect([channel.presence.members.size, channel.state, failed]).toEqual([
    0,
    'subscribed',
    ['InvalidActionError'],
  ]);
});

it('numbers come where only numbers are kept', async () => {
  const network = await startServer();
  const watcher = await connect(network);
  const seen = await watch(watcher, 'live:1');
  const { presence } = watcher.channel('live:1');
  const people = await Promise.all(['ada', 'bob', 'cy'].map((user) => connect(network, user)));
  for (const socket of people) await socket.subscribe('live:1').presence.enter(1);
  await until(
    'three',
    () => presence.count === 3,
    () => String(presence.count),
  );
  expect(presence.members.size).toBe(0);
  expect(seen[0]).toBe('sync ');
  expect(seen.at(-1)).toBe('count 3');
  expect(seen.slice(1).filter((change) => !change.startsWith('count'))).toEqual([]);
});

it('a login in the channel changes the key, and everybody sees it', async () => {
  const network = await startServer();
  const watcher = await connect(network);
  const seen = await watch(watcher, 'room:1');
  const socket = await connect(network);
  const { presence } = socket.subscribe('room:1', { presence: 'here' });
  await until('an enter', () => seen.length === 2);
  const guest = presence.key;
  await socket.invoke('login', 'ada');
  await until(
    'the other key',
    () => presence.key === 'ada',
    () => String(presence.key),
  );
  await until(
    'leave and enter',
    () => seen.length === 4,
    () => seen.join(),
  );
  expect(seen.slice(2).sort()).toEqual(['enter ada', `leave ${guest}`]);
});

it('a middleware that thinks long does not cost the entry', async () => {
  const network = await startServer();
  network.server.use('inbound', async () => {
    await new Promise((resolve) => setTimeout(resolve, 30));
  });
  const socket = await connect(network, 'ada');
  const { presence } = socket.subscribe('room:1');
  // Sent behind the request for the subscription, which the server is still thinking about.
  await within('the entry', presence.enter('here'));
  await until('the member', () => presence.members.get('ada')?.state === 'here');
});

import { MemoryHub, memoryBroker } from '@asyngular/broker';
import { describe, expect, it } from 'vitest';
import type { AGServerOptions, AGServerSocket } from '../src/index.js';
import { join, notices, openPresent, untilSeen, watch } from './support/presence-client.js';
import { startServer, type TestServer, until } from './support/server.js';
import { sign } from './support/tokens.js';

/** Servers that share a broker. */
async function startServers(count: number, options: AGServerOptions = {}) {
  const hub = new MemoryHub();
  const servers: TestServer[] = [];
  for (let n = 0; n < count; n++) {
    const server = await startServer({
      userId: (socket: AGServerSocket) => socket.authToken?.sub,
      channels: { 'room:*': { presence: true }, 'live:*': { presence: 'count' } },
      broker: memoryBroker({ hub }),
      ...options,
    });
    servers.push(server);
  }
  return servers;
}

/** Whether each watcher's packets after the first `count` speak of these keys alone. */
function keysAfter(watcher: Parameters<typeof notices>[0], count: number): string[] {
  return notices(watcher, 'room:1')
    .slice(count)
    .flatMap(({ enter = [], update = [], leave = [] }) => [
      ...[...enter, ...update].map(({ key }) => key),
      ...leave,
    ]);
}

describe('members on two servers', () => {
  it('are seen on both, with all their connections', async () => {
    const [here, there] = (await startServers(2)) as [TestServer, TestServer];
    const watchers = [await watch(here, 'room:1'), await watch(there, 'room:1')];
    const one = await openPresent(here, { authToken: sign({ sub: 'ada' }) });
    const other = await openPresent(there, { authToken: sign({ sub: 'ada' }) });
    await join(one.client, 'room:1', { state: 'here' });
    for (const watcher of watchers) await untilSeen(watcher, 'room:1', { ada: 'here' });
    await join(other.client, 'room:1', { state: 'there' });
    for (const watcher of watchers) await untilSeen(watcher, 'room:1', { ada: 'there' });
    await until('two connections', () =>
      watchers.every((watcher) => notices(watcher, 'room:1').at(-1).update?.[0].n === 2),
    );
    await other.client.request('#presence', { channel: 'room:1', leave: true });
    for (const watcher of watchers) await untilSeen(watcher, 'room:1', { ada: 'here' });
    one.client.close();
    for (const watcher of watchers) await untilSeen(watcher, 'room:1', {});
  });

  it('are there for those who come to watch later', async () => {
    const [here, there] = (await startServers(2)) as [TestServer, TestServer];
    here.server.presence('room:1').enter('bot', 1);
    const { client } = await openPresent(here, { authToken: sign({ sub: 'ada' }) });
    await join(client, 'room:1', { state: 2 });
    const watcher = await watch(there, 'room:1');
    await untilSeen(watcher, 'room:1', { bot: 1, ada: 2 });
    const room = there.server.presence('room:1');
    await until('both', () => room.count === 2);
    expect([...room.members.keys()].sort()).toEqual(['ada', 'bot']);
  });

  it.each([
    ['users', { authToken: sign({ sub: 'ada' }) }],
    ['guests', {}],
  ])('P15.8 were never away when they are %s who come back on the other server', async (_, who) => {
    const servers = (await startServers(2, { presenceGrace: 60_000 })) as [TestServer, TestServer];
    const [here, there] = servers;
    const watchers = [await watch(here, 'room:1'), await watch(there, 'room:1')];
    const first = await openPresent(here, who);
    const { key } = await join(first.client, 'room:1', { state: 1 });
    for (const watcher of watchers) await untilSeen(watcher, 'room:1', { [key]: 1 });
    const before = watchers.map((watcher) => notices(watcher, 'room:1').length);
    first.client.terminate();
    const second = await openPresent(there, { ...who, offer: first.offer });
    expect(await join(second.client, 'room:1', { state: 1 })).toEqual({ key });
    await until('the move', () => here.server.stats().presence?.members === 0);
    // Somebody else's entry shows that nothing came before it.
    there.server.presence('room:1').enter('bot', 2);
    for (const watcher of watchers) await untilSeen(watcher, 'room:1', { [key]: 1, bot: 2 });
    expect(watchers.map((watcher, n) => keysAfter(watcher, before[n]!))).toEqual([
      ['bot'],
      ['bot'],
    ]);
    second.client.close();
    for (const watcher of watchers) await untilSeen(watcher, 'room:1', { bot: 2 });
  });

  it('leave when their server closes', async () => {
    const [here, there] = (await startServers(2, { presenceGrace: 100 })) as [
      TestServer,
      TestServer,
    ];
    const watcher = await watch(there, 'room:1');
    const { client } = await openPresent(here, { authToken: sign({ sub: 'ada' }) });
    await join(client, 'room:1', { state: 1 });
    await untilSeen(watcher, 'room:1', { ada: 1 });
    await here.server.close();
    await untilSeen(watcher, 'room:1', {});
  });

  it('P15.14 are counted together', async () => {
    const [here, there] = (await startServers(2)) as [TestServer, TestServer];
    const watcher = await watch(here, 'live:1');
    for (const server of [here, here, there]) {
      const { client } = await openPresent(server);
      await join(client, 'live:1', { state: 1 });
    }
    await until(
      'three',
      () => notices(watcher, 'live:1').at(-1)?.count === 3,
      () => notices(watcher, 'live:1'),
    );
    expect(notices(watcher, 'live:1').every((notice) => Object.keys(notice).length === 1)).toBe(
      true,
    );
  });
});

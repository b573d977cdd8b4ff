import { type Broker, MemoryHub, memoryBroker } from '@asyngular/broker';
import { localBroker } from '@asyngular/broker-local';
import { natsBroker } from '@asyngular/broker-nats';
import { redisBroker } from '@asyngular/broker-redis';
import type { AGServerOptions } from '@asyngular/server';
import { startJetStream } from '@asyngular/test-utils/nats';
import { RawClient } from '@asyngular/test-utils/raw-client';
import { startRedis } from '@asyngular/test-utils/redis';
import { type Address, TcpProxy } from '@asyngular/test-utils/tcp-proxy';
import { within } from '@asyngular/test-utils/wait';
import { afterAll, describe, expect, it } from 'vitest';
import { answering } from '../../packages/server/test/support/answering.js';
import { dataOf, openRecovering } from '../../packages/server/test/support/recovery-client.js';
import {
  onCleanup,
  startServer,
  type TestServer,
  until,
} from '../../packages/server/test/support/server.js';
import { sign } from '../../packages/server/test/support/tokens.js';
import { type BrokerService, startBrokerService } from './support/broker-service.js';
import { ServerProcess } from './support/server-process.js';

// People with devices on three servers, over each broker.

interface Backend {
  readonly start: () => Promise<BrokerService | undefined>;
  readonly create: (address: Address, hub: MemoryHub) => Broker;
}

const backends: Record<string, Backend> = {
  memory: { start: async () => undefined, create: (_, hub) => memoryBroker({ hub }) },
  nats: {
    start: () => startJetStream(),
    create: (port) =>
      natsBroker({ port: Number(port), reconnectTimeWait: 50, log: { storage: 'memory' } }),
  },
  redis: {
    start: () => startRedis(),
    create: (port) => redisBroker({ redis: { port: Number(port) } }),
  },
  local: {
    start: () => startBrokerService('local'),
    create: (path) => localBroker({ path: String(path) }),
  },
};

const users: AGServerOptions = { userId: (socket) => socket.authToken?.sub };
const complete = { unanswered: [], isComplete: true };

/** A user id that a test has put into the URL. */
function nameIn(url = ''): string {
  return JSON.parse(new URL(url, 'ws://host').searchParams.get('name')!);
}

/** Every server knows all others, and knows that it does. */
async function found(servers: readonly TestServer[], count = servers.length): Promise<void> {
  await until('the servers to find each other', async () => {
    for (const { server } of servers) {
      if (server.fleet.servers().length !== count) return false;
      if (!(await server.fleet.sockets({ timeoutMs: 100 })).isComplete) return false;
    }
    return true;
  });
}

describe.each(Object.keys(backends))('on %s', (kind) => {
  const { start, create } = backends[kind]!;
  let service: BrokerService | undefined;
  afterAll(() => service?.stop());

  async function startServers(count: number, options: AGServerOptions = {}) {
    service ??= await start();
    const hub = new MemoryHub();
    const servers: TestServer[] = [];
    for (let index = 0; index < count; index++) {
      const broker = create(service?.address ?? 0, hub);
      servers.push(await startServer({ broker, ...users, serverTimeout: 1_500, ...options }));
    }
    await found(servers);
    return servers;
  }

  const openAs = ({ open }: TestServer, sub: string) => open(sign({ sub }));

  it('reaches a user on all servers, from any of them', async () => {
    const servers = await startServers(3);
    const devices = await Promise.all(servers.map((server) => openAs(server, 'ada')));
    const other = await openAs(servers[1]!, 'bob');
    for (const device of devices) await device.subscribe('#user');
    for (const [from, { server }] of servers.entries()) {
      const user = server.user('ada');
      const data = { from, text: '"😀\u2028' };
      expect(await user.transmit('notice', data)).toEqual({ connections: 3, ...complete });
      expect(await user.publish(data)).toEqual({ connections: 3, ...complete });
      for (const device of devices) {
        await device.settled();
        const got = device.received.flat().slice(-3, -1);
        expect(got).toEqual([
          { event: 'notice', data },
          { event: '#publish', data: { channel: '#user', data } },
        ]);
      }
    }
    await other.settled();
    expect(other.received.flat().filter(({ event }) => event === 'notice')).toEqual([]);
  });

  it('knows users by whatever ids they have', async () => {
    const servers = await startServers(2, { userId: ({ request }) => nameIn(request.url) });
    const names = ['__proto__', '"; \\', '\u0000', '😀', '\ud800', 'a*.>', 'x'.repeat(256)];
    for (const [index, name] of names.entries()) {
      const { url } = servers[index % 2]!;
      const client = new RawClient(`${url}?name=${encodeURIComponent(JSON.stringify(name))}`);
      onCleanup(() => client.terminate());
      await client.handshake();
    }
    for (const { server } of servers) {
      for (const name of names) {
        expect(await server.user(name).transmit('n'), name).toEqual({
          connections: 1,
          ...complete,
        });
        const { sockets } = await server.user(name).sockets();
        expect(sockets.map(({ userId }) => userId)).toEqual([name]);
      }
    }
  });

  it('takes the first answer, wherever the device is', async () => {
    const servers = await startServers(3);
    const [silent, broken, able] = await Promise.all(
      servers.map((server) => openAs(server, 'ada')),
    );
    answering(silent!, { confirm: () => new Promise(() => {}) });
    answering(broken!, {
      confirm: () => {
        throw new Error('no screen');
      },
    });
    answering(able!, { confirm: (question) => ({ question, answer: 'yes' }) });
    for (const { server } of servers) {
      const answer = server.user('ada').invoke('confirm', 'sure?', { timeoutMs: 10_000 });
      expect(await within('an answer', answer)).toEqual({ question: 'sure?', answer: 'yes' });
    }
    able!.terminate();
    silent!.terminate();
    await until('them to be gone', () => servers[2]!.server.clientsCount === 0);
    await until('them to be gone', () => servers[0]!.server.clientsCount === 0);
    const refused = servers[0]!.server.user('ada').invoke('confirm', 'sure?');
    await expect(refused).rejects.toThrow('no screen');
    const nobody = servers[0]!.server.user('eve').invoke('confirm', 'sure?');
    await expect(nobody).rejects.toMatchObject({ name: 'BadConnectionError' });
  });

  it('lists the sockets of all servers in parts, each once, and closes those that fit', async () => {
    const servers = await startServers(3);
    for (let index = 0; index < 9; index++) {
      const device = await openAs(servers[index % 3]!, index < 6 ? 'ada' : 'bob');
      if (index % 2 === 0) await device.subscribe('room');
    }
    const [{ server }] = servers as [TestServer];
    const listed = async (filter: object) => {
      const seen: string[] = [];
      for (let cursor: string | undefined, first = true; first || cursor; first = false) {
        const part = await server.fleet.sockets({ ...filter, limit: 2, cursor });
        expect(part).toMatchObject(complete);
        seen.push(...part.sockets.map(({ id }) => id));
        cursor = part.cursor;
      }
      return new Set(seen).size === seen.length ? seen.length : 'a socket came twice';
    };
    expect(await listed({})).toBe(9);
    expect(await listed({ user: 'ada' })).toBe(6);
    expect(await listed({ channel: 'room' })).toBe(5);
    expect(await listed({ user: 'ada', channel: 'room' })).toBe(3);
    expect((await server.user('ada').kickOut('room')).connections).toBe(3);
    expect(await listed({ channel: 'room' })).toBe(2);
    expect((await server.user('ada').disconnect(4500, 'out')).connections).toBe(6);
    const last = servers[2]!.server.broker.node;
    expect((await server.fleet.disconnect({ server: last })).connections).toBe(1);
    expect(await listed({})).toBe(2);
    expect(server.fleet.servers().map(({ id }) => id)).toHaveLength(3);
  });

  it('does not replay to a client what it has published without itself', async () => {
    const channels = { 'log:*': { history: { size: 50 } } };
    const servers = await startServers(2, { channels });
    const room = `log:${kind} ${performance.now()}`;
    const named = (index: number) => openRecovering(servers[index]!, { people: { id: 'one' } });
    const one = await named(0);
    const subscribed = await one.request('#subscribe', { channel: room });
    const other = await openRecovering(servers[1]!);
    await other.request('#subscribe', { channel: room });
    for (const data of [1, 2, 3, 4]) {
      await one.request('#publish', { channel: room, data, except: data % 2 === 1 });
    }
    await until('everything', () => dataOf(other).length === 4);
    await until('the rest', () => dataOf(one).length === 2);
    one.terminate();
    await other.request('#publish', { channel: room, data: 5 });
    for (const index of [0, 1]) {
      const again = await named(index);
      const { position } = subscribed.data;
      const answer = await again.request('#subscribe', { channel: room, recover: position });
      expect(answer.data.recovered).toBe(true);
      await until('what was missed', () => dataOf(again).length === 3);
      expect(dataOf(again)).toEqual([2, 4, 5]);
      const stranger = await openRecovering(servers[index]!);
      await stranger.request('#subscribe', { channel: room, recover: position });
      await until('all of it', () => dataOf(stranger).length === 5);
    }
  });

  it('knows a server that has left, and asks it nothing', async () => {
    const servers = await startServers(3);
    await openAs(servers[0]!, 'ada');
    await openAs(servers[2]!, 'ada');
    const [{ server }] = servers as [TestServer];
    expect((await server.user('ada').transmit('n')).connections).toBe(2);
    await servers[2]!.server.close();
    await found(servers.slice(0, 1), 2);
    expect(await server.user('ada').transmit('n')).toEqual({ connections: 1, ...complete });
  });
});

describe.each(['nats', 'redis', 'local'] as const)('on %s, when servers die', (kind) => {
  let service: BrokerService | undefined;
  afterAll(() => service?.stop());

  it('names a server that was killed while it was asked, and soon misses it no more', async () => {
    service ??= (await backends[kind]!.start())!;
    const victim = await ServerProcess.create(kind, service.address, { hasUsers: true });
    onCleanup(() => victim.kill());
    await victim.start();
    const broker = backends[kind]!.create(service.address, new MemoryHub());
    const here = await startServer({ broker, authKey: 'fleet', ...users, serverTimeout: 900 });
    await found([here], 2);
    const [, { id: victimId }] = here.server.fleet.servers() as [unknown, { id: string }];
    const token = sign({ sub: 'ada' }, { key: 'fleet' });
    const there = new RawClient(`ws://127.0.0.1:${victim.settings.port}/asyngular/`);
    onCleanup(() => there.terminate());
    await there.handshake(token);
    await here.open(token);
    const user = here.server.user('ada');
    expect(await user.transmit('n')).toEqual({ connections: 2, ...complete });

    victim.signal('SIGSTOP');
    const started = performance.now();
    const asked = user.transmit('n', 1, { timeoutMs: 15_000 });
    const call = user.invoke('confirm', 1, { timeoutMs: 15_000 });
    call.catch(() => {});
    await victim.kill();
    // Long before the deadline, because the server is given up.
    expect(await within('an answer', asked)).toEqual({
      connections: 1,
      unanswered: [victimId],
      isComplete: false,
    });
    expect(performance.now() - started).toBeLessThan(10_000);
    await found([here], 1);
    expect(await user.transmit('n')).toEqual({ connections: 1, ...complete });
  });

  it('says that nobody can be asked while the own broker is away', async () => {
    service ??= (await backends[kind]!.start())!;
    const proxy = await TcpProxy.start(service.address);
    onCleanup(() => proxy.stop());
    const addresses = [proxy.address, service.address];
    const servers: TestServer[] = [];
    for (const address of addresses) {
      const broker = backends[kind]!.create(address, new MemoryHub());
      servers.push(await startServer({ broker, ...users, serverTimeout: 900 }));
    }
    await found(servers);
    const [here, there] = servers as [TestServer, TestServer];
    await here.open(sign({ sub: 'ada' }));
    await there.open(sign({ sub: 'ada' }));
    const user = here.server.user('ada');
    proxy.cut();
    await until('the loss to be noticed', async () => {
      const answer = await user.transmit('n', 1, { timeoutMs: 100 });
      return answer.connections === 1 && !answer.isComplete;
    });
    expect(await user.transmit('n', 1, { timeoutMs: 60_000 })).toEqual({
      connections: 1,
      unanswered: [there.server.broker.node],
      isComplete: false,
    });
    proxy.restore();
    await found(servers);
    expect(await user.transmit('n')).toEqual({ connections: 2, ...complete });
  });
});

import { MemoryHub, memoryBroker } from '@asyngular/broker';
import { within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import type { AGServerOptions } from '../src/index.js';
import { dataOf, openRecovering, packets } from './support/recovery-client.js';
import { startServer, type TestServer, until } from './support/server.js';

const channels = {
  'log:*': { history: { size: 50 }, rewind: 9 },
} satisfies AGServerOptions['channels'];

/** A client that has a name as a publisher, and agreed to recovery. */
const openNamed = (context: TestServer, id: string) => openRecovering(context, { people: { id } });

async function startTwo(): Promise<[TestServer, TestServer]> {
  const hub = new MemoryHub();
  const start = () => startServer({ channels, broker: memoryBroker({ hub }) });
  return [await start(), await start()];
}

describe('a publication that leaves its publisher out', () => {
  it('P18.1 needs the agreement: without it the member means nothing', async () => {
    const context = await startServer();
    for (const people of [
      undefined,
      {},
      { id: '' },
      { id: 5 },
      { id: 'x'.repeat(65) },
      { id: '#a' },
    ]) {
      const client = context.connect();
      await client.opened();
      const reply = await client.request('#handshake', { authToken: null, ext: { people } });
      expect(reply.data.ext).toBeUndefined();
      await client.subscribe('c');
      await client.request('#publish', { channel: 'c', data: 1, except: true });
      expect(dataOf(client)).toEqual([1]);
      client.terminate();
    }
  });

  it.each(['c', 'log:1'])('P18.2 comes to all others on %s', async (channel) => {
    const context = await startServer({ channels });
    const [one, other, plain] = [
      await openNamed(context, 'one'),
      await openNamed(context, 'other'),
      await context.open(),
    ];
    for (const client of [one, other, plain]) await client.request('#subscribe', { channel });
    await one.request('#publish', { channel, data: 1, except: true });
    await one.request('#publish', { channel, data: 2, except: false });
    await one.request('#publish', { channel, data: 3 });
    await one.request('#publish', { channel, data: 4, except: 'yes' });
    await other.request('#publish', { channel, data: 5, except: true });
    for (const client of [one, other, plain]) await client.settled();
    expect(dataOf(one)).toEqual([2, 3, 4, 5]);
    expect(dataOf(other)).toEqual([1, 2, 3, 4]);
    expect(dataOf(plain)).toEqual([1, 2, 3, 4, 5]);
    const text = JSON.stringify([other.received, plain.received]);
    expect(text).not.toContain('"one"');
    expect(text).not.toContain('except');
  });

  it.each(['c', 'log:1'])('P18.2 is left out on other servers, too, on %s', async (channel) => {
    const [here, there] = await startTwo();
    const [one, alsoOne, other] = [
      await openNamed(here, 'one'),
      await openNamed(there, 'one'),
      await openNamed(there, 'other'),
    ];
    for (const client of [one, alsoOne, other]) await client.request('#subscribe', { channel });
    await one.request('#publish', { channel, data: 1, except: true });
    await one.request('#publish', { channel, data: 2 });
    await until('the last one', () => dataOf(other).length === 2 && dataOf(alsoOne).length > 0);
    expect(dataOf(one)).toEqual([2]);
    expect(dataOf(alsoOne)).toEqual([2]);
    expect(dataOf(other)).toEqual([1, 2]);
  });

  it('P18.2 is not replayed to its publisher after a reconnect, on whatever server', async () => {
    const [here, there] = await startTwo();
    const one = await openNamed(here, 'one');
    const subscribed = await one.request('#subscribe', { channel: 'log:1', rewind: 0 });
    const { position } = subscribed.data;
    for (const data of [1, 2, 3]) {
      await one.request('#publish', { channel: 'log:1', data, except: data !== 2 });
    }
    one.terminate();
    await here.server.exchange.invokePublish('log:1', 4);
    for (const context of [here, there]) {
      const again = await openNamed(context, 'one');
      await again.request('#subscribe', { channel: 'log:1', recover: position });
      await until('the missed ones', () => dataOf(again).length === 2);
      expect(dataOf(again)).toEqual([2, 4]);
      const fresh = await openNamed(context, 'one');
      await fresh.request('#subscribe', { channel: 'log:1' });
      await until('the rewind', () => dataOf(fresh).length === 2);
      const other = await openNamed(context, 'other');
      await other.request('#subscribe', { channel: 'log:1' });
      await until('everything', () => dataOf(other).length === 4);
      const page = await other.request('#history', { channel: 'log:1' });
      expect(page.data.publications).toHaveLength(4);
      expect(JSON.stringify(other.received)).not.toContain('except');
    }
  });

  it('P18.2 moves the position of its publisher on', async () => {
    const context = await startServer({ channels });
    const one = await openNamed(context, 'one');
    await one.request('#subscribe', { channel: 'log:1' });
    const told = one.nextEvent('#position');
    const answer = await one.request('#publish', { channel: 'log:1', data: 1, except: true });
    const { data } = await told;
    expect(answer.data.position.endsWith(`:${data.p}`)).toBe(true);
    expect(data.channel).toBe('log:1');
    // One that follows in the same turn tells it by itself.
    one.send([
      { event: '#publish', data: { channel: 'log:1', data: 2, except: true } },
      { event: '#publish', data: { channel: 'log:1', data: 3 } },
    ]);
    await one.settled();
    await one.settled();
    const places = packets(one).filter(({ event }) => event === '#position');
    expect(places).toHaveLength(1);
  });

  it('does not seem to have what waits in the outbound middleware', async () => {
    const context = await startServer({ channels });
    const release: (() => void)[] = [];
    context.server.use('outbound', (action) =>
      action.data === 'held' ? new Promise<void>((resolve) => release.push(resolve)) : undefined,
    );
    const one = await openNamed(context, 'one');
    await one.request('#subscribe', { channel: 'log:1' });
    void context.server.exchange.transmitPublish('log:1', 'held');
    one.transmit('#publish', { channel: 'log:1', data: 'own', except: true });
    await until('the publication to be held', () => release.length === 1);
    await until('both to be in the log', async () => {
      return (await context.server.exchange.history('log:1')).publications.length === 2;
    });
    expect(packets(one).filter(({ event }) => event === '#position')).toEqual([]);
    const told = one.nextEvent('#position');
    release[0]!();
    await told;
    const order = packets(one).map(({ event }) => event);
    expect(order.indexOf('#publish')).toBeLessThan(order.indexOf('#position'));
  });
});

describe('exchange: except a socket', () => {
  it.each(['c', 'log:1'])(
    'leaves out the client of the socket on %s, now and later',
    async (channel) => {
      const [here, there] = await startTwo();
      const [named, plain, other] = [
        await openNamed(here, 'one'),
        await here.open(),
        await openNamed(there, 'other'),
      ];
      for (const client of [named, plain, other]) await client.request('#subscribe', { channel });
      const [ofNamed, ofPlain] = Object.values(here.server.clients);
      const { exchange } = here.server;
      await exchange.invokePublish(channel, 1, { except: ofNamed! });
      await exchange.invokePublish(channel, 2, { except: ofPlain! });
      await exchange.channel(channel).invokePublish(3, { except: ofPlain! });
      await exchange.transmitPublish(channel, 4);
      await until('everything', () => dataOf(other).length === 4);
      await named.settled();
      await plain.settled();
      expect(dataOf(named)).toEqual([2, 3, 4]);
      expect(dataOf(plain)).toEqual([1, 4]);
      if (channel === 'c') return;
      const again = await openNamed(there, 'one');
      await again.request('#subscribe', { channel });
      await until('the rewind', () => dataOf(again).length === 3);
      expect(dataOf(again)).toEqual([2, 3, 4]);
    },
  );

  it('lets nobody leave out somebody else by taking the name of a socket', async () => {
    const context = await startServer();
    const plain = await context.open();
    await plain.subscribe('c');
    const [socket] = Object.values(context.server.clients);
    const thief = await openNamed(context, socket!.id);
    await thief.request('#publish', { channel: 'c', data: 1, except: true });
    await plain.settled();
    expect(dataOf(plain)).toEqual([1]);
  });

  it.each([['self'], [{}], [5]])('refuses %j', async (except) => {
    const { server } = await startServer();
    await expect(server.exchange.invokePublish('c', 1, { except: except as any })).rejects.toThrow(
      /except option of a publication is .*must be/,
    );
  });

  it('still reaches the loops of the exchange', async () => {
    const { server, open } = await startServer();
    await open();
    const channel = server.exchange.subscribe('c');
    const next = channel.once();
    const [socket] = Object.values(server.clients);
    await server.exchange.invokePublish('c', 'x', { except: socket! });
    expect(await within('the publication', next)).toBe('x');
  });
});

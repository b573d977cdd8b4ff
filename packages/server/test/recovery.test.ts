import { type Broker, MemoryHub, memoryBroker } from '@asyngular/broker';
import type { RawClient } from '@asyngular/test-utils/raw-client';
import { describe, expect, it } from 'vitest';
import { lastPlace, openRecovering, seenOn, startWithLogs } from './support/recovery.js';
import { collect, startServer, until } from './support/server.js';

const publish = async (
  server: Awaited<ReturnType<typeof startWithLogs>>['server'],
  ...data: unknown[]
) => {
  for (const each of data) await server.exchange.invokePublish('room', each);
};

describe('a channel with a log', () => {
  it('gives a client that comes back what it missed, after the answer, in order and once', async () => {
    const started = await startWithLogs();
    const { server } = started;
    const first = await openRecovering(started);
    const { data: answer } = await first.request('#subscribe', { channel: 'room' });
    expect(answer).toEqual({ position: expect.stringMatching(/^[\w-]+:0:0$/) });
    await publish(server, 'a', 'b');
    await until('both', () => seenOn(first).length === 2);
    const [epoch] = answer.position.split(':');
    const recover = `${epoch}:${lastPlace(first)}`;
    first.terminate();
    await publish(server, 'c', 'd');

    const second = await openRecovering(started);
    const subscribed = await second.request('#subscribe', { channel: 'room', recover, away: 5 });
    expect(subscribed.data).toEqual({ position: `${epoch}:4:0`, recovered: true });
    await publish(server, 'e');
    await until('the rest', () => seenOn(second).includes('e'));
    expect(seenOn(second)).toEqual(['c', 'd', 'e']);
    const packets = second.received.map(({ event, rid }) => event ?? rid);
    expect(packets.slice(-4)).toEqual([2, '#publish', '#publish', '#publish']);
    expect(server.stats()).toBeDefined();
  });

  it('begins a new subscription with the last publications, for old clients, too', async () => {
    const started = await startWithLogs();
    await publish(started.server, 1, 2, 3, 4, 5);
    const knowing = await openRecovering(started);
    const { data } = await knowing.request('#subscribe', { channel: 'room', rewind: 2 });
    expect(data).toMatchObject({ rewind: 2 });
    const unlimited = await openRecovering(started);
    await unlimited.request('#subscribe', { channel: 'room', rewind: 40 });
    const none = await openRecovering(started);
    await none.request('#subscribe', { channel: 'room', rewind: 0 });
    const old = await started.open();
    expect(await old.subscribe('room')).toEqual({ rid: 2 });
    await publish(started.server, 6);
    const all = [knowing, unlimited, none, old];
    await until('the last one', () => all.every((client) => seenOn(client).includes(6)));
    expect(all.map((client) => seenOn(client))).toEqual([
      [4, 5, 6],
      [3, 4, 5, 6],
      [6],
      [3, 4, 5, 6],
    ]);
  });

  it('P14.3 has one order on all servers', async () => {
    const hub = new MemoryHub();
    const fleet = [await startWithLogs({ hub }), await startWithLogs({ hub })] as const;
    const clients: RawClient[] = [];
    for (const started of fleet) {
      const client = await openRecovering(started);
      await client.request('#subscribe', { channel: 'room' });
      clients.push(client);
    }
    const loops = fleet.map(({ server }) => collect(server.exchange.subscribe('room')));
    for (let round = 0; round < 10; round++) {
      for (const { server } of fleet)
        await publish(server, `${round} of ${fleet.indexOf(fleet[0])}`);
    }
    await until('everything', () => clients.every((client) => seenOn(client).length === 20));
    expect(seenOn(clients[0]!)).toEqual(seenOn(clients[1]!));
    expect(loops[0]).toEqual(seenOn(clients[0]!));
    expect(loops[1]).toEqual(loops[0]);
  });

  it('tells a client what it cannot get, before the answer, and goes on like a new subscription', async () => {
    const started = await startWithLogs({
      channels: { room: { history: { size: 2 }, rewind: 1 } },
    });
    const { server } = started;
    await publish(server, 1);
    const first = await openRecovering(started);
    const { data } = await first.request('#subscribe', { channel: 'room' });
    first.terminate();
    await publish(server, 2, 3, 4);
    const second = await openRecovering(started);
    const request = { channel: 'room', recover: data.position, away: 5_000 };
    const answer = await second.request('#subscribe', request);
    expect(answer.data).toMatchObject({ recovered: false, rewind: 1 });
    await until('the rewind', () => seenOn(second).length === 2);
    expect(seenOn(second)).toEqual([
      {
        '#interruption': {
          channel: 'room',
          since: expect.any(Number),
          until: expect.any(Number),
          reason: 'unrecoverable',
          position: answer.data.position,
        },
      },
      4,
    ]);
    const { since, until: end } = (seenOn(second)[0] as any)['#interruption'];
    expect(end - since).toBe(5_000);

    const strict = await openRecovering(started);
    const refusal = await strict.request('#subscribe', { ...request, mode: 'reject' });
    expect(refusal.error).toMatchObject({
      name: 'UnrecoverablePositionError',
      code: 'ERR_UNRECOVERABLE_POSITION',
    });
    const alone = started.connect();
    await alone.opened();
    await alone.request('#handshake', { authToken: null, ext: { recovery: {} } });
    await alone.request('#subscribe', request);
    expect(seenOn(alone)[0]).toMatchObject({ '#interruption': { channel: 'room' } });
    for (const recover of ['nonsense', 'epoch:1:0']) {
      const answer = await strict.request('#subscribe', { channel: 'room', recover });
      expect(answer.data).toMatchObject({ recovered: false });
      await strict.request('#unsubscribe', 'room');
    }
  });

  it('answers a repeated subscription, and sends nothing again', async () => {
    const started = await startWithLogs();
    await publish(started.server, 1, 2);
    const client = await openRecovering(started);
    const { data } = await client.request('#subscribe', { channel: 'room' });
    const again = await client.request('#subscribe', { channel: 'room', recover: 'x:1:0' });
    expect(again.data).toEqual({ position: data.position });
    await client.settled();
    expect(seenOn(client)).toEqual([1, 2]);
  });

  it('tells where a client is whose publications were blocked, and keeps places of replaced ones', async () => {
    const started = await startWithLogs();
    const { server } = started;
    server.setMiddleware('outbound', async (stream) => {
      for await (const action of stream) {
        if (String(action.data).startsWith('secret')) action.block();
        else if (action.data === 'long') action.allow({ data: 'short' });
        else action.allow();
      }
    });
    collect(server.listener('warning'));
    const knowing = await openRecovering(started);
    const old = await started.open();
    for (const client of [knowing, old]) await client.request('#subscribe', { channel: 'room' });
    await publish(server, 'long', 'secret 1', 'secret 2');
    await until('the position', () => knowing.received.some(({ event }) => event === '#position'));
    expect(lastPlace(knowing)).toBe('3:0');
    await publish(server, 'open');
    await until('the last one', () => seenOn(old).includes('open'));
    expect(seenOn(old)).toEqual(['short', 'open']);
    const places = knowing.received.filter(({ data }) => data?.p).map(({ data }) => data.p);
    expect(places.at(0)).toBe('1:0');
    expect(places.at(-1)).toBe('4:0');
  });

  it('refuses history when the broker keeps no logs', async () => {
    const broker: Broker = Object.create(memoryBroker(), { log: { value: undefined } });
    await expect(startServer({ broker, channels: { c: { history: {} } } })).rejects.toThrow(
      'the memory broker keeps no logs',
    );
  });
});

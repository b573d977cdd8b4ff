import { describe, expect, it } from 'vitest';
import type { AGServerOptions } from '../src/index.js';
import { dataOf, deliveries, openRecovering, packets, placeOf } from './support/recovery-client.js';
import { startServer, until } from './support/server.js';

const options: AGServerOptions = {
  channels: { 'log:*': { history: { size: 5 }, rewind: 3 }, 'quiet:*': { history: {} } },
};

async function startWithPublications(count: number) {
  const context = await startServer(options);
  const publish = async (data: unknown) =>
    (await context.server.exchange.invokePublish('log:1', data))!.position;
  const positions: string[] = [];
  for (let data = 1; data <= count; data++) positions.push(await publish(data));
  return { ...context, publish, positions };
}

describe('the extension recovery', () => {
  it('P14.1 is agreed to where channels may have history', async () => {
    const context = await startServer(options);
    const client = context.connect();
    await client.opened();
    const { data } = await client.request('#handshake', { ext: { recovery: {} } });
    expect(data.ext).toEqual({ recovery: {} });
  });

  it('P14.1 is not agreed to where no channel has history', async () => {
    const context = await startServer({ channels: { 'log:*': { overflow: 'latest' } } });
    const client = context.connect();
    await client.opened();
    const { data } = await client.request('#handshake', {
      ext: { recovery: {}, interruption: {} },
    });
    expect(data.ext).toEqual({ interruption: {} });
    await client.request('#subscribe', { channel: 'log:1', recover: 5, rewind: 'all' });
    expect((await client.request('#publish', { channel: 'log:1', data: 1, id: 5 })).error).toBe(
      undefined,
    );
    expect(deliveries(client)).toEqual([{ channel: 'log:1', data: 1 }]);
  });

  it('P12.5 P14.1 changes nothing for a client without it but members that it does not know', async () => {
    const { server, open, publish } = await startWithPublications(0);
    const client = await open();
    server.handle('#history', () => 'an ordinary name');
    const recover = { recover: 5, rewind: 'all', mode: 'reject', away: 'long' };
    const answer = await client.request('#subscribe', { channel: 'log:1', ...recover });
    expect(answer).toEqual({ rid: answer.rid });
    const published = await client.request('#publish', { channel: 'log:1', data: 1, id: 5 });
    expect(published).toEqual({ rid: published.rid });
    expect((await client.request('#history', { channel: 'log:1' })).data).toBe('an ordinary name');
    await publish(2);
    await until('both publications', () => deliveries(client).length === 2);
    expect(deliveries(client)).toEqual([
      { channel: 'log:1', data: 1, p: expect.stringMatching(/^\d+:[0-9a-f]+$/) },
      { channel: 'log:1', data: 2, p: expect.stringMatching(/^\d+:[0-9a-f]+$/) },
    ]);
  });
});

describe('a new subscription', () => {
  it('P14.6 learns where the log ends, also when it is empty', async () => {
    const context = await startServer(options);
    const client = await openRecovering(context);
    const { data } = await client.request('#subscribe', { channel: 'quiet:1' });
    expect(data).toEqual({ position: expect.stringMatching(/^[\w-]+:0:0$/) });
    expect(deliveries(client)).toEqual([]);
  });

  it('P14.5, P14.6 and P14.7 begins with as many publications as it asks for, after the answer', async () => {
    const context = await startWithPublications(5);
    const client = await openRecovering(context);
    const { rid, data } = await client.request('#subscribe', { channel: 'log:1', rewind: 2 });
    expect(data).toEqual({ position: context.positions[4], rewind: 2 });
    await context.publish(6);
    await until('three publications', () => dataOf(client).length === 3);
    expect(dataOf(client)).toEqual([4, 5, 6]);
    const order = packets(client).map((packet) => packet.event ?? packet.rid);
    expect(order.slice(order.indexOf(rid))).toEqual([rid, '#publish', '#publish', '#publish']);
  });

  it.each([
    [undefined, 3],
    [0, 0],
    [1, 1],
    [100, 3],
  ])(
    'P14.5 with a rewind of %j begins with %i publications, as the pattern allows',
    async (rewind, count) => {
      const context = await startWithPublications(5);
      const client = await openRecovering(context);
      const { data } = await client.request('#subscribe', { channel: 'log:1', rewind });
      expect(data.rewind).toBe(count === 0 ? undefined : count);
      await context.publish(6);
      await until('the live one', () => dataOf(client).at(-1) === 6);
      expect(dataOf(client)).toEqual([1, 2, 3, 4, 5, 6].slice(5 - count));
    },
  );

  it('P14.7 of a client without the extension begins with the rewind of the pattern', async () => {
    const { open, publish } = await startWithPublications(5);
    const client = await open();
    const answer = await client.request('#subscribe', { channel: 'log:1' });
    expect(answer).toEqual({ rid: answer.rid });
    await publish(6);
    await until('the live one', () => dataOf(client).at(-1) === 6);
    expect(dataOf(client)).toEqual([3, 4, 5, 6]);
  });

  it('P14.9 that is repeated gets nothing again', async () => {
    const context = await startWithPublications(2);
    const client = await openRecovering(context);
    await client.request('#subscribe', { channel: 'log:1', rewind: 2 });
    await until('the rewind', () => dataOf(client).length === 2);
    const { data } = await client.request('#subscribe', { channel: 'log:1', rewind: 2 });
    expect(data).toEqual({ position: context.positions[1] });
    await context.publish(3);
    await until('the live one', () => dataOf(client).at(-1) === 3);
    expect(dataOf(client)).toEqual([1, 2, 3]);
  });
});

describe('a subscription with a position', () => {
  it('P14.4 and P14.8 gets what follows it, each with its place', async () => {
    const context = await startWithPublications(4);
    const client = await openRecovering(context);
    const { data } = await client.request('#subscribe', {
      channel: 'log:1',
      recover: context.positions[1],
      away: 100,
      rewind: 1,
    });
    expect(data).toEqual({ position: context.positions[3], recovered: true });
    const fifth = await context.publish(5);
    await until('the live one', () => dataOf(client).at(-1) === 5);
    expect(deliveries(client)).toEqual(
      [context.positions[2]!, context.positions[3]!, fifth].map((position, index) => ({
        channel: 'log:1',
        data: index + 3,
        p: placeOf(position),
      })),
    );
  });

  it('P14.6 at the end of an empty log is recovered', async () => {
    const context = await startServer(options);
    const one = await openRecovering(context);
    const { position } = (await one.request('#subscribe', { channel: 'quiet:1' })).data;
    const two = await openRecovering(context);
    const { data } = await two.request('#subscribe', { channel: 'quiet:1', recover: position });
    expect(data).toEqual({ position, recovered: true });
  });

  it.each([
    ['that the log has forgotten', (positions: string[]) => positions[0]!],
    ['of another epoch', (positions: string[]) => positions[6]!.replace(/^[^:]+/, 'other')],
    ['with another tag', (positions: string[]) => positions[6]!.replace(/[^:]+$/, 'abc')],
    ['that nobody made', () => 'x'.repeat(128)],
  ])(
    'P14.11 %s is announced as a hole before the answer, and goes on as a new one',
    async (_, choose) => {
      const context = await startWithPublications(7);
      const client = await openRecovering(context);
      const recover = choose(context.positions);
      const before = Date.now();
      const answer = await client.request('#subscribe', {
        channel: 'log:1',
        recover,
        away: 60_000,
        rewind: 1,
      });
      expect(answer.data).toEqual({ position: context.positions[6], recovered: false, rewind: 1 });
      const [, interruption, answered] = packets(client);
      expect(answered).toEqual(answer);
      expect(interruption).toEqual({
        event: '#interruption',
        data: {
          channel: 'log:1',
          since: expect.any(Number),
          until: expect.any(Number),
          reason: expect.any(String),
          position: context.positions[6],
        },
      });
      const { since, until: end } = interruption.data;
      expect(end - since).toBeCloseTo(60_000, -1);
      expect(end).toBeGreaterThanOrEqual(before);
      await until('the rewind', () => dataOf(client).length === 1);
      expect(dataOf(client)).toEqual([7]);
    },
  );

  it('P14.11 is announced as a hole to a client that offers this extension alone', async () => {
    const context = await startWithPublications(7);
    const client = context.connect();
    await client.opened();
    await client.request('#handshake', { ext: { recovery: {} } });
    await client.request('#subscribe', { channel: 'log:1', recover: context.positions[0] });
    expect(packets(client).map(({ event }) => event)).toContain('#interruption');
  });

  it('P14.12 that cannot be reached is refused if the client says so, without a warning', async () => {
    const context = await startWithPublications(7);
    const client = await openRecovering(context);
    const subscribe = { channel: 'log:1', recover: context.positions[0], mode: 'reject' };
    const { error } = await client.request('#subscribe', subscribe);
    expect(error).toMatchObject({
      name: 'UnrecoverablePositionError',
      code: 'ERR_UNRECOVERABLE_POSITION',
    });
    await context.publish(8);
    await client.request('#subscribe', { channel: 'quiet:1' });
    expect(packets(client).filter(({ event }) => event !== undefined)).toEqual([]);
    const [socket] = Object.values(context.server.clients);
    expect(socket!.subscriptions()).toEqual(['quiet:1']);
    expect(context.warnings).toEqual([]);
    expect((await client.request('#subscribe', { channel: 'log:1' })).data.rewind).toBe(3);
  });

  it.each([
    { recover: 5 },
    { recover: '' },
    { recover: 'x'.repeat(129) },
    { rewind: -1 },
    { rewind: '5' },
  ])('P14.19 with %j is refused, and subscribes to nothing', async (members) => {
    const context = await startServer(options);
    const client = await openRecovering(context);
    const { error } = await client.request('#subscribe', { channel: 'log:1', ...members });
    expect(error).toMatchObject({ name: 'InvalidActionError' });
    expect(Object.values(context.server.clients)[0]!.subscriptions()).toEqual([]);
  });

  it('P14.19 of a channel without history is an ordinary subscription', async () => {
    const context = await startServer(options);
    const client = await openRecovering(context);
    const subscribe = { channel: 'plain', recover: 'k:1:0', rewind: 5, mode: 'reject' };
    const answer = await client.request('#subscribe', subscribe);
    expect(answer).toEqual({ rid: answer.rid });
    await context.server.exchange.invokePublish('plain', 1);
    await until('the publication', () => deliveries(client).length === 1);
    expect(deliveries(client)).toEqual([{ channel: 'plain', data: 1 }]);
  });
});

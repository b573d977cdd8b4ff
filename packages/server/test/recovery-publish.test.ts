import { MemoryHub, memoryBroker } from '@asyngular/broker';
import { describe, expect, it } from 'vitest';
import type { AGServerOptions } from '../src/index.js';
import { dataOf, deliveries, openRecovering, placeOf } from './support/recovery-client.js';
import { startServer, until } from './support/server.js';

const channels = { 'log:*': { history: { size: 5 } } } satisfies AGServerOptions['channels'];

describe('a publication on a channel with history', () => {
  it('P14.13 is answered with its position, after the delivery', async () => {
    const context = await startServer({ channels });
    const client = await openRecovering(context);
    await client.request('#subscribe', { channel: 'log:1' });
    const answer = await client.request('#publish', { channel: 'log:1', data: 'a' });
    expect(answer.data).toEqual({ position: expect.any(String) });
    const [delivery] = deliveries(client);
    expect(delivery).toEqual({ channel: 'log:1', data: 'a', p: placeOf(answer.data.position) });
    const order = client.received.flat();
    expect(order.findIndex(({ event }) => event === '#publish')).toBeLessThan(
      order.findIndex(({ rid }) => rid === answer.rid),
    );
  });

  it('P14.13 with an id is published once, and answered like the first', async () => {
    const context = await startServer({ channels });
    const [one, two] = [await openRecovering(context), await openRecovering(context)];
    await one.request('#subscribe', { channel: 'log:1' });
    const first = await one.request('#publish', { channel: 'log:1', data: 'a', id: 'order-17' });
    const again = await two.request('#publish', { channel: 'log:1', data: 'b', id: 'order-17' });
    expect(again.data).toEqual({ position: first.data.position, duplicate: true });
    await two.request('#publish', { channel: 'log:2', data: 'elsewhere', id: 'order-17' });
    await one.request('#publish', { channel: 'log:1', data: 'c', id: 'x'.repeat(64) });
    await until('the last one', () => dataOf(one).length === 2);
    expect(dataOf(one)).toEqual(['a', 'c']);
  });

  it('P14.13 has ids that servers share', async () => {
    const hub = new MemoryHub();
    const [here, there] = await Promise.all(
      [0, 1].map(() => startServer({ channels, broker: memoryBroker({ hub }) })),
    );
    const [one, two] = [await openRecovering(here!), await openRecovering(there!)];
    await two.request('#subscribe', { channel: 'log:1' });
    const first = await one.request('#publish', { channel: 'log:1', data: 1, id: 'a' });
    const again = await two.request('#publish', { channel: 'log:1', data: 2, id: 'a' });
    expect(again.data).toEqual({ position: first.data.position, duplicate: true });
    await until('the publication', () => dataOf(two).length === 1);
    expect(deliveries(two)).toEqual([
      { channel: 'log:1', data: 1, p: placeOf(first.data.position) },
    ]);
  });

  it('P14.13 may come as a message, which is answered by nothing', async () => {
    const context = await startServer({ channels });
    const client = await openRecovering(context);
    await client.request('#subscribe', { channel: 'log:1' });
    client.transmit('#publish', { channel: 'log:1', data: 'a', id: 'one' });
    client.transmit('#publish', { channel: 'log:1', data: 'b', id: 'one' });
    await client.request('#publish', { channel: 'log:1', data: 'c' });
    expect(dataOf(client)).toEqual(['a', 'c']);
  });

  it.each(['', 'x'.repeat(65), 5, true, {}, ['a']])(
    'P14.14 is refused with the id %j',
    async (id) => {
      const context = await startServer({ channels });
      const client = await openRecovering(context);
      await client.request('#subscribe', { channel: 'log:1' });
      const { error } = await client.request('#publish', { channel: 'log:1', data: 1, id });
      expect(error).toMatchObject({
        name: 'InvalidActionError',
        message: 'The id of a publication must be a text of 1 to 64 characters',
      });
      await client.request('#publish', { channel: 'log:1', data: 2, id: null });
      expect(dataOf(client)).toEqual([2]);
    },
  );
});

describe('a publication on another channel', () => {
  it('P14.14 is refused with an id, before middleware sees it', async () => {
    const context = await startServer({ channels });
    const client = await openRecovering(context);
    const seen: unknown[] = [];
    context.server.use('inbound', ({ type }) => void seen.push(type));
    const { error } = await client.request('#publish', { channel: 'plain', data: 1, id: 'a' });
    expect(error.name).toBe('InvalidActionError');
    expect(error.message).toContain("give the channel history with the server's option channels");
    expect(seen).toEqual([]);
  });

  it('P14.13 is answered without data', async () => {
    const context = await startServer({ channels });
    const client = await openRecovering(context);
    const answer = await client.request('#publish', { channel: 'plain', data: 1 });
    expect(answer).toEqual({ rid: answer.rid });
  });
});

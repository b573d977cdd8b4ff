import { describe, expect, it } from 'vitest';
import { deadlines } from '../src/turns/deadlines.js';
import { startServer, type TestServer } from './support/server.js';

/** A client that says it comes from another server, or whatever `offer` is. */
async function arriving({ connect }: TestServer, offer: unknown = { from: 'elsewhere' }) {
  const client = connect();
  await client.opened();
  await client.request('#handshake', { authToken: null, ext: { moving: offer, interruption: {} } });
  return client;
}

const refusal = { error: { name: 'InvalidActionError' } };

describe('a client on its way from another server', () => {
  it.each([
    ['nothing', undefined],
    ['a text', 'now'],
    ['no channels', {}],
    ['channels that are no list', { channels: 'a' }],
    ['channels that are no names', { channels: ['a', 1] }],
    ['no id to go to', { to: 7 }],
  ])('is refused a step that says %s (P19.9)', async (_, data) => {
    const server = await startServer();
    const client = await arriving(server);
    expect(await client.request('#moving', data)).toMatchObject(refusal);
    expect(server.server.clientsCount).toBe(1);
  });

  it.each([
    ['nothing', {}],
    ['no id', { from: 7 }],
    ['no object', 'elsewhere'],
  ])('is one like any other when it offers %s, and cannot arrive (P19.3)', async (_, offer) => {
    const client = await arriving(await startServer(), offer);
    expect(await client.request('#moving', { channels: ['a'] })).toMatchObject(refusal);
    expect(await client.request('#moving', { heard: {} })).toMatchObject(refusal);
    expect(await client.subscribe('a')).not.toHaveProperty('error');
  });

  it('without the extension sends an ordinary call of that name (P3.8)', async () => {
    const { server, connect } = await startServer();
    const client = connect();
    await client.handshake();
    server.handle('#moving', (data) => ({ data }));
    expect(await client.request('#moving', { channels: ['a'] })).toMatchObject({
      data: { data: { channels: ['a'] } },
    });
  });

  // Each time another deadline was made for each of them, and kept for ten seconds.
  it('names its channels once, before it arrives (P19.9)', async () => {
    const server = await startServer();
    const client = await arriving(server);
    const channels = Array.from({ length: 2_000 }, (_, index) => `c${index}`);
    const before = deadlines.size;
    expect(await client.request('#moving', { channels })).toEqual({ rid: expect.any(Number) });
    // As many as it may subscribe to.
    expect(deadlines.size).toBeLessThanOrEqual(before + 1_001);
    const after = deadlines.size;
    expect(await client.request('#moving', { channels })).toMatchObject(refusal);
    expect(deadlines.size).toBeLessThanOrEqual(after + 1);
    const late = await arriving(server);
    late.transmit('#moving', { heard: null });
    expect(await late.request('#moving', { channels })).toMatchObject(refusal);
  });

  it.each([
    ['no object', 'all'],
    ['no numbers', { a: 'all' }],
    ['other channels', { b: {} }],
  ])('hears of a hole when the other server said %s (P19.6)', async (_, heard) => {
    const server = await startServer();
    const client = await arriving(server);
    await client.request('#moving', { channels: ['a'] });
    server.server.exchange.transmitPublish('a', 1);
    client.transmit('#moving', { heard });
    const hole = client.nextEvent('#interruption');
    await client.subscribe('a');
    expect((await hole).data).toMatchObject({ channel: 'a', reason: 'moved' });
    await client.settled();
    expect(client.received.filter(({ event }) => event === '#publish')).toEqual([]);
  });

  // It came to the channel between naming its channels and leaving, and what was published after that was missing.
  it('hears of a hole in a channel that it had not named, but has been in (P19.6)', async () => {
    const server = await startServer();
    const client = await arriving(server);
    await client.request('#moving', { channels: ['a'] });
    client.transmit('#moving', { heard: { b: { node: 1 } } });
    const hole = client.nextEvent('#interruption');
    await client.subscribe('b');
    expect((await hole).data).toMatchObject({ channel: 'b', reason: 'moved' });
    await client.subscribe('c');
    await client.settled();
    expect(client.received.filter(({ event }) => event === '#interruption')).toHaveLength(1);
  });

  it('cannot leave twice, and gets no publication after it has left (P19.5)', async () => {
    const server = await startServer();
    const client = await arriving(server, {});
    await client.subscribe('a');
    expect(await client.request('#moving', { to: 'elsewhere' })).toMatchObject({
      data: { heard: expect.any(Object) },
    });
    expect(await client.request('#moving', { to: 'elsewhere' })).toMatchObject(refusal);
    await server.server.exchange.invokePublish('a', 1);
    await client.settled();
    expect(client.received.filter(({ event }) => event === '#publish')).toEqual([]);
  });
});

import { rejection } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { answering } from './support/answering.js';
import { startServer } from './support/server.js';

// The extension `limits`: what both ends take in one message (P12.7, P12.8).

/** A client that announces its own limits in the handshake. */
async function startLimited(limits: object | undefined, options = {}) {
  const test = await startServer(options);
  const client = test.connect();
  await client.opened();
  const reply = await client.request('#handshake', { authToken: null, ext: { limits } });
  const sizes: number[] = [];
  client.ws.on('message', (data: Buffer) => sizes.push(data.length));
  const [socket] = Object.values(test.server.clients);
  return { ...test, client, reply, sizes, socket: socket! };
}

describe('limits', () => {
  it('of the server are in the reply to a client that offered the extension', async () => {
    const { reply, client } = await startLimited({}, { maxPayload: 5_000, maxBatchLength: 50 });
    expect(reply.data.ext).toEqual({ limits: { maxPayload: 5_000, maxBatchLength: 50 } });
    client.send([...Array(50)].map((_, n) => ({ event: 'x', data: n })));
    client.send('x'.repeat(5_000));
    await client.settled();
  });

  it('of the client are kept: batches go in parts, in order', async () => {
    const { client, socket, sizes } = await startLimited({ maxPayload: 1_000, maxBatchLength: 10 });
    socket.startBatch();
    for (let n = 0; n < 100; n++) socket.transmit('x', n);
    socket.flushBatch();
    await client.settled();
    const got = client.received.flat().filter(({ event }) => event === 'x');
    expect(got.map(({ data }) => data)).toEqual([...Array(100)].map((_, n) => n));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1_000);
    const lengths = client.received.map((message) => message.length ?? 1);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(10);
  });

  it('of the client are kept: one message that is too large fails at the call', async () => {
    const { server, client, socket, warnings } = await startLimited({ maxPayload: 1_000 });
    answering(client, { short: () => 'yes' });
    server.handle('long', () => 'x'.repeat(1_000));
    expect(await rejection(socket.invoke('long', 'x'.repeat(1_000)))).toMatchObject({
      name: 'ResourceLimitError',
    });
    expect((await client.request('long')).error.message).toMatch(
      /^The answer was not sent: 10\d\d bytes exceed the peer's maxPayload, 1000; send less at a time, or raise wsOptions/,
    );
    await socket.transmit('long', 'x'.repeat(1_000));
    expect(await socket.invoke('short')).toBe('yes');
    expect(warnings.map(({ name }) => name)).toEqual(Array(3).fill('ResourceLimitError'));
  });

  it('are those of published clients without the extension', async () => {
    const { reply, client, socket } = await startLimited(undefined);
    expect(reply.data).not.toHaveProperty('ext');
    const event = client.nextEvent('x');
    await socket.transmit('x', 'x'.repeat(2_000_000));
    expect((await event).data).toHaveLength(2_000_000);
  });
});

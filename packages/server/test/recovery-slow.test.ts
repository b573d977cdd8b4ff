import { describe, expect, it } from 'vitest';
import type { AGServerOptions } from '../src/index.js';
import { openRecovering, seenOn } from './support/recovery.js';
import { startServer, until } from './support/server.js';

const KIB = 1_024;
const TEXT = 'x'.repeat(64 * KIB);

/** A client that has stopped reading, and has been found out. */
async function startWithSlowClient(channels: AGServerOptions['channels']) {
  const started = await startServer({
    channels,
    outboundHighWaterMark: 256 * KIB,
    outboundLimit: 1_024 * KIB,
  });
  const { server } = started;
  const client = await openRecovering(started);
  await client.request('#subscribe', { channel: 'room' });
  const [socket] = Object.values(server.clients);
  let published = 0;
  const publish = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index++) {
      await server.exchange.transmitPublish('room', `${++published} ${TEXT}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  client.ws.pause();
  // The kernel takes some megabytes before that.
  while (server.stats().limits.outboundHighWaterMark === 0 && published < 2_000) await publish(1);
  return { ...started, client, socket: socket!, publish, count: () => published };
}

function numbers(client: Parameters<typeof seenOn>[0]): number[] {
  return seenOn(client).map((text) => Number.parseInt(String(text), 10));
}

describe('a slow socket on a channel with a log', () => {
  it('is neither closed nor robbed: it catches up when it reads again', async () => {
    const test = await startWithSlowClient({
      room: { history: { size: 10_000, maxBytes: 100_000 * KIB } },
    });
    const { client, socket, publish, server } = test;
    const reader = await openRecovering(test);
    await reader.request('#subscribe', { channel: 'room' });
    const before = test.count();
    await publish(200);
    expect(socket.bufferedBytes).toBeLessThan(400 * KIB);
    expect(server.stats().history).toMatchObject({ catchingUp: 1 });
    await until('the other one', () => seenOn(reader).length === test.count() - before);
    client.ws.resume();
    await until('the newest', () => numbers(client).at(-1) === test.count());
    await publish(3);
    await until('what follows', () => numbers(client).at(-1) === test.count());
    const all = Array.from({ length: test.count() }, (_, index) => index + 1);
    expect(numbers(client)).toEqual(all);
    expect(numbers(reader)).toEqual(all.slice(before));
    expect(socket.state).toBe('open');
    expect(server.stats()).toMatchObject({
      history: { catchingUp: 0, interruptions: 0 },
      limits: { outboundLimit: 0 },
    });
  });

  it('is closed with 4011 when the log has left it behind', async () => {
    const test = await startWithSlowClient({ room: { history: { size: 3 } } });
    await test.publish(20);
    expect(test.socket.state).toBe('open');
    test.client.ws.resume();
    expect(await test.client.whenClosed()).toMatchObject({ code: 4011 });
    const received = numbers(test.client);
    expect(received).toEqual(received.map((_, index) => index + 1));
    expect(test.server.stats().history).toMatchObject({ catchingUp: 0 });
  });

  it('gets the newest value alone where that is what the channel is for', async () => {
    const test = await startWithSlowClient({ room: { history: { size: 1 }, overflow: 'latest' } });
    const { client, socket, publish } = test;
    await publish(50);
    expect(socket.stats().droppedPublications).toBeGreaterThan(40);
    client.ws.resume();
    await until('the newest', () => numbers(client).at(-1) === test.count());
    const received = numbers(client);
    expect(received).toEqual(received.toSorted((a, b) => a - b));
    expect(socket.state).toBe('open');
  });

  it('does not hold up the other sockets while a crowd catches up', async () => {
    const test = await startServer({ channels: { room: { history: { size: 1_000 } } } });
    const { server } = test;
    const first = await openRecovering(test);
    const { data } = await first.request('#subscribe', { channel: 'room' });
    for (let index = 0; index < 500; index++) await server.exchange.invokePublish('room', index);
    const crowd = await Promise.all(Array.from({ length: 100 }, () => openRecovering(test)));
    const bystander = await test.open();
    const request = { channel: 'room', recover: data.position };
    const answers = crowd.map((client) => client.request('#subscribe', request));
    // More than fits into one turn: the bystander's answer does not wait for all of it.
    await bystander.request('#unsubscribe', 'nothing');
    await Promise.all(answers);
    await until('everybody', () => crowd.every((client) => seenOn(client).length === 500));
    for (const client of crowd) expect(seenOn(client)).toEqual(seenOn(first));
    expect(server.stats().history).toMatchObject({ recovered: 100, catchingUp: 0 });
  });
});

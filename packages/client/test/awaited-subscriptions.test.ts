import { beforeEach, expect, it } from 'vitest';
import { connected, outcome, pass, start, useVirtualTime } from './support/harness.js';

beforeEach(() => useVirtualTime());

const refusal = { name: 'Forbidden', message: 'members only' };

it('subscribed() resolves with the channel when the server confirms, and at once after that', async () => {
  const { socket, server } = await connected();
  server.behaviour.latencyMs = 5;
  const channel = socket.subscribe('news');
  const result = outcome(channel.subscribed());
  await pass(9);
  expect(channel.state).toBe('pending');
  await pass(1);
  expect((await result).value).toBe(channel);
  expect(await channel.subscribed({ timeout: 0 })).toBe(channel);
  socket.disconnect();
});

it('subscribed() waits over a lost connection', async () => {
  const { socket, server } = start();
  server.behaviour.connect = 'refuse';
  socket.connect();
  const result = outcome(socket.subscribe('news').subscribed());
  await pass(3_000);
  server.behaviour.connect = 'accept';
  await pass(5_000);
  expect((await result).value.name).toBe('news');
  socket.disconnect();
});

it("subscribed() rejects with the server's error, or what ended the wait", async () => {
  const { socket, server } = await connected();
  server.behaviour.subscribe = () => ({ error: refusal });
  const refused = outcome(socket.subscribe('secret').subscribed({ timeout: 1_000 }));
  await pass();
  expect((await refused).error).toMatchObject(refusal);

  server.behaviour.subscribe = () => undefined;
  const channel = socket.subscribe('slow');
  const late = outcome(channel.subscribed({ timeout: 50 }));
  const controller = new AbortController();
  const aborted = outcome(channel.subscribed({ signal: controller.signal }));
  const left = outcome(channel.subscribed());
  await pass(50);
  expect((await late).error).toMatchObject({
    name: 'TimeoutError',
    message: 'The channel slow was not subscribed within 50 ms',
  });
  controller.abort(new Error('enough'));
  expect((await aborted).error.message).toBe('enough');
  channel.unsubscribe();
  await pass();
  expect((await left).error).toMatchObject({
    name: 'AbortError',
    message: 'The channel slow has no subscription',
  });
  expect((await outcome(socket.channel('other').subscribed())).error.name).toBe('AbortError');
  socket.disconnect();
});

it('leaves no listener behind', async () => {
  const { socket } = await connected();
  const channel = socket.subscribe('news');
  const result = channel.subscribed();
  expect(channel.getAllListenersConsumerCount()).toBe(2);
  await pass();
  await result;
  expect(channel.getAllListenersConsumerCount()).toBe(0);
  socket.disconnect();
});

it('orThrow throws a refusal into the loops over the channel, after what they have not read', async () => {
  const { socket, server } = await connected();
  const read: unknown[] = [];
  const loop = outcome(
    (async () => {
      for await (const data of socket.subscribe('news', { orThrow: true })) {
        read.push(data);
        await pass(5);
      }
    })(),
  );
  await pass();
  for (const data of [1, 2])
    server.last.emitMessage({ event: '#publish', data: { channel: 'news', data } });
  // Refused when it comes back, as with a token that has expired meanwhile.
  server.behaviour.subscribe = () => ({ error: refusal });
  server.last.drop(4001);
  await pass(100);
  expect((await loop).error).toMatchObject(refusal);
  expect(read).toEqual([1, 2]);
  socket.disconnect();
});

it('without orThrow a loop waits for the next subscription', async () => {
  const { socket, server } = await connected();
  server.behaviour.subscribe = () => ({ error: refusal });
  const next = outcome(socket.subscribe('news').next());
  await pass();
  server.behaviour.subscribe = () => ({});
  socket.subscribe('news');
  await pass();
  server.last.emitMessage({ event: '#publish', data: { channel: 'news', data: 'hello' } });
  await pass();
  expect((await next).value).toMatchObject({ value: 'hello' });
  socket.disconnect();
});

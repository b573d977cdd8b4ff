import { beforeEach, expect, it } from 'vitest';
import { connected, outcome, pass, start, useVirtualTime } from './support/harness.js';

beforeEach(() => useVirtualTime());

it.each([
  ['all of a socket', { waitForConnection: true }, {}],
  ['one', {}, { wait: true }],
])('calls wait for a server that comes up later: %s', async (_which, options, callOptions) => {
  const { socket, server } = start(options);
  server.behaviour.connect = 'refuse';
  const result = outcome(socket.invoke('a', 1, callOptions));
  await pass(5_000);
  expect(server.connections.length).toBeGreaterThan(2);
  expect(socket.unsentCount).toBe(1);
  server.behaviour.connect = 'accept';
  await pass(5_000);
  expect(await result).toEqual({ value: { event: 'a', data: 1 } });
  socket.disconnect();
});

it('in their order, with the transmits among them', async () => {
  const { socket, server } = start({ waitForConnection: true });
  server.behaviour.connect = 'refuse';
  const results = [outcome(socket.invoke('a')), socket.transmit('b'), outcome(socket.invoke('c'))];
  await pass(1_000);
  server.behaviour.connect = 'accept';
  await pass(5_000);
  await Promise.all(results);
  expect(server.last.packets.slice(1).map(({ event }) => event)).toEqual(['a', 'b', 'c']);
  socket.disconnect();
});

it('no longer than ackTimeout', async () => {
  const { socket, server } = start({ waitForConnection: true, ackTimeout: 2_000 });
  server.behaviour.connect = 'refuse';
  const result = outcome(socket.invoke('a'));
  await pass(1_999);
  expect(socket.unsentCount).toBe(1);
  await pass(1);
  expect((await result).error).toMatchObject({
    name: 'TimeoutError',
    message: 'Event response for a event timed out after 2000 ms; the connection is not open',
  });
  socket.disconnect();
});

it('not when no attempt follows, and not once they are sent', async () => {
  const { socket, server } = start({ waitForConnection: true, autoReconnect: false });
  server.behaviour.connect = 'refuse';
  const refused = outcome(socket.invoke('a'));
  await pass();
  expect((await refused).error).toMatchObject({ name: 'BadConnectionError' });

  const open = await connected({ waitForConnection: true });
  open.server.behaviour.invoke = () => undefined;
  const lost = outcome(open.socket.invoke('b'));
  await pass();
  open.server.last.drop(1006);
  expect((await lost).error).toMatchObject({ name: 'BadConnectionError', type: 'disconnect' });
  open.socket.disconnect();
});

it.each([{}, { wait: false }])('by default they fail, and say what waits (%o)', async (options) => {
  const { socket, server } = start('wait' in options ? { waitForConnection: true } : {});
  server.behaviour.connect = 'refuse';
  const result = outcome(socket.invoke('a', 1, options));
  await pass();
  expect((await result).error).toMatchObject({
    name: 'BadConnectionError',
    message:
      'Event a was aborted due to a bad connection: Could not connect to ws://localhost/asyngular/: refused; ' +
      'with waitForConnection it would have waited',
  });
  socket.disconnect();
});

it('a call that times out on an open connection says so', async () => {
  const { socket, server } = await connected({ ackTimeout: 50 });
  server.behaviour.invoke = () => undefined;
  const result = outcome(socket.invoke('slow'));
  await pass(50);
  expect((await result).error.message).toBe(
    'Event response for slow event timed out after 50 ms; the connection is open',
  );
  socket.disconnect();
});

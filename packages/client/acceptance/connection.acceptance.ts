import { expect } from 'vitest';
import { collect, record } from './support/record.js';
import { row } from './support/suite.js';
import { serverKind, settle, startServer } from './support/test-server.js';
import { rejection, soon, turn } from './support/within.js';

row(
  'methods/connect()',
  'starts an attempt in the same tick when closed, else does nothing',
  async () => {
    const server = await startServer();
    const client = server.client({ autoConnect: false });
    const events = record(client, ['connecting', 'connect', 'close']);
    client.connect();
    expect(client.state).toBe('connecting');
    client.connect();
    await events.until('connect');
    client.connect();
    await settle(client);
    expect(events.names).toEqual(['connecting', 'connect']);
  },
);

row('methods/connect()', 'cancels the backoff', async () => {
  const server = await startServer();
  const client = await server.open({
    autoReconnect: true,
    autoReconnectOptions: { initialDelay: 60_000 },
  });
  const events = record(client, ['close', 'connect']);
  await server.cut();
  await events.until('close');
  client.connect();
  expect(client.pendingReconnect).toBe(false);
  expect(client.state).toBe('connecting');
  await events.until('connect');
});

row('methods/connect()', 'with options leaves the old connection for the new address', async () => {
  const [first, second] = [await startServer(), await startServer()];
  const client = await first.open();
  const events = record(client, ['close', 'connect']);
  client.connect({ port: second.port });
  expect(await events.until('close')).toMatchObject({ code: 1000 });
  await events.until('connect');
  expect(await second.run('sockets')).toHaveLength(1);
  await first.seen({ type: 'wireClose', code: 1000 });
  await settle(client);
});

row('methods/connect()', 'with options applies those the socket keeps itself', async () => {
  const server = await startServer();
  const client = await server.open();
  const connected = client.listener('connect').once();
  client.connect({ channelPrefix: 'new/', ackTimeout: 500 });
  await soon('connect', connected);
  client.subscribe('foo');
  expect((await rejection('silent', client.invoke('silent'))).name).toBe('TimeoutError');
  await server.seen({ type: 'subscribe', channel: 'new/foo' });
});

row('methods/getState()', 'equals state', async () => {
  const server = await startServer();
  const client = server.client({ autoConnect: false });
  expect(client.getState()).toBe('closed');
  const connected = client.listener('connect').once();
  client.connect();
  expect(client.getState()).toBe('connecting');
  await soon('connect', connected);
  expect(client.getState()).toBe('open');
});

row('methods/disconnect([code,data])', '1000 by default, without reconnection', async () => {
  const server = await startServer();
  const client = await server.open({ autoReconnect: true });
  const events = record(client, ['disconnect', 'close', 'error']);
  client.disconnect();
  expect(client.pendingReconnect).toBe(false);
  expect(await events.until('disconnect')).toEqual({ code: 1000, reason: undefined });
  await server.seen({ type: 'close', code: 1000 });
  expect(events.names).toEqual(['disconnect', 'close']);
});

row('methods/disconnect([code,data])', 'other codes below 4500 reconnect', async () => {
  const server = await startServer();
  const client = await server.open({
    autoReconnect: true,
    autoReconnectOptions: { initialDelay: 1, randomness: 1 },
  });
  const events = record(client, ['close', 'connect']);
  client.disconnect(4200);
  await events.until('connect');
  client.disconnect(4500);
  await events.until('close', 2);
  expect(client.pendingReconnect).toBe(false);
});

row('methods/disconnect([code,data])', 'the server sees a string reason', async () => {
  const server = await startServer();
  const client = await server.open();
  client.disconnect(4200, 'to bed');
  await server.seen({ type: 'disconnect', code: 4200, reason: 'to bed' });
});

row('methods/disconnect([code,data])', 'our server sees an object as object', async () => {
  const server = await startServer();
  const client = await server.open();
  const events = record(client, ['close']);
  client.disconnect(4200, { why: 'tired' });
  expect(await events.until('close')).toEqual({ code: 4200, reason: { why: 'tired' } });
  await server.seen({ type: 'wireClose', code: 4200, reason: '{"why":"tired"}' });
  await server.seen({ type: 'disconnect', code: 4200, reason: { why: 'tired' } });
});

row('methods/disconnect([code,data])', 'a long reason is cut at a character', async () => {
  const server = await startServer();
  const client = await server.open();
  client.disconnect(4200, 'é'.repeat(100));
  const [entry] = await server.seen({ type: 'wireClose', code: 4200 });
  expect(entry?.reason).toBe('é'.repeat(61));
});

row('methods/disconnect([code,data])', 'unusable codes throw and change nothing', async () => {
  const server = await startServer();
  const client = await server.open();
  for (const code of ['x', {}, true] as any[]) {
    expect(() => client.disconnect(code)).toThrowError(
      expect.objectContaining({ name: 'InvalidArgumentsError' }),
    );
  }
  expect(client.state).toBe('open');
  await settle(client);
});

row(
  'methods/disconnect([code,data])',
  'when closed cancels a pending reconnection, without events',
  async () => {
    const server = await startServer();
    const client = await server.open({
      autoReconnect: true,
      autoReconnectOptions: { initialDelay: 60_000 },
    });
    const events = record(client, ['close', 'disconnect', 'connectAbort']);
    await server.cut();
    await events.until('close');
    expect(client.pendingReconnect).toBe(true);
    client.disconnect();
    expect(client.pendingReconnect).toBe(false);
    await turn();
    expect(events.names).toEqual(['disconnect', 'close']);
  },
);

row('reconnection', 'reconnect() ends the connection and starts another', async () => {
  const server = await startServer();
  const client = await server.open();
  const events = record(client, ['disconnect', 'close', 'connecting', 'connect']);
  client.reconnect(4200, 'again');
  expect(client.state).toBe('connecting');
  await events.until('connect');
  expect(events.names).toEqual(['disconnect', 'close', 'connecting', 'connect']);
  expect(events.of('disconnect')).toEqual([{ code: 4200, reason: 'again' }]);
});

row(
  'reconnection',
  'a restarted server gets its client, subscriptions and token back',
  async () => {
    const server = await startServer();
    const client = await server.open({
      autoReconnect: true,
      autoReconnectOptions: { initialDelay: 5, randomness: 5, multiplier: 1 },
    });
    await client.invoke('login', { name: 'Ann' });
    const events = record(client, ['connect', 'subscribe', 'close']);
    const got = collect(client.subscribe('foo'));
    await events.until('subscribe');
    await server.stop();
    await events.until('close');
    await server.start();
    await events.until('subscribe', 2);
    expect(events.of('connect')[0]).toMatchObject({ isAuthenticated: true });
    await server.publish('foo', 'after');
    await got.until(1);
    expect(got.values).toEqual(['after']);
  },
);

row('reconnection', 'the delay grows by the multiplier up to maxDelay', async () => {
  const server = await startServer();
  await server.faults({ refuse: true });
  const delays: (number | null)[] = [];
  const client = server.client({
    autoConnect: false,
    autoReconnect: true,
    autoReconnectOptions: { initialDelay: 10, randomness: 0, multiplier: 2, maxDelay: 35 },
  });
  const closes = collect(client.listener('close'), () => {
    delays.push(client.pendingReconnectTimeout);
  });
  client.connect();
  await closes.until(4);
  client.disconnect();
  expect(delays.slice(0, 4)).toEqual([10, 20, 35, 35]);
});

row('reconnection', 'sending on a closed socket connects at once', async () => {
  const server = await startServer();
  const client = server.client({ autoConnect: false });
  expect(await soon('echo', client.invoke('echo', 1))).toBe(1);
  client.disconnect();
  client.transmit('note', 'revived');
  expect(client.state).toBe('connecting');
  await server.seen({ type: 'receive', data: 'revived' });
  client.disconnect();
  client.subscribe('foo');
  expect(client.state).toBe('closed');
});

row('ordering', 'loss: rejected calls, unsubscribe, disconnect, close, error', async () => {
  const server = await startServer();
  const client = await server.open();
  const order: string[] = [];
  client.subscribe('foo');
  await settle(client);
  const events = record(
    client,
    ['error', 'close', 'disconnect', 'unsubscribe', 'subscribeStateChange'],
    (name) => order.push(name),
  );
  client.invoke('silent').catch((error: Error) => order.push(error.name));
  await server.seen({ type: 'invoke', name: 'silent' });
  await server.cut();
  await events.until('error');
  expect(order).toEqual([
    'BadConnectionError',
    'subscribeStateChange',
    'unsubscribe',
    'disconnect',
    'close',
    'error',
  ]);
});

row(
  'ordering',
  'the wire sees the handshake, subscriptions, then what was sent before',
  async () => {
    const server = await startServer();
    const client = server.client({ autoConnect: false });
    const token = await server.sign({ name: 'Ann' });
    client.transmit('note', 1);
    const answers = Promise.all([client.invoke('echo', 2), client.authenticate(token)]);
    client.subscribe('foo');
    client.transmit('note', 3);
    await soon('the answers', answers);
    await server.seen({ type: 'receive', data: 3 });
    expect((await server.packets()).map((packet) => packet.event)).toEqual([
      '#handshake',
      '#subscribe',
      'note',
      'echo',
      '#authenticate',
      'note',
    ]);
  },
);

row('malformed', 'garbage from the server surfaces as raw; the connection stays', async () => {
  const server = await startServer();
  const client = await server.open();
  const raws = collect(client.listener('raw'));
  for (const frame of [
    'nonsense',
    'null',
    '[1,{"event":5}]',
    '{"rid":"x"}',
    '{"a":1}',
    '{"event":',
  ]) {
    await server.inject(frame);
  }
  await raws.until(6);
  await server.injectPacket({ event: '#publish' });
  await server.injectPacket({ event: '#publish', data: { data: 1 } });
  await server.injectPacket({ event: '#kickOut' });
  await server.injectPacket({ event: '#kickOut', data: { channel: 'unknown' } });
  await server.injectPacket({ rid: 4_711, data: 1 });
  await settle(client);
  expect(serverKind()).toBeTruthy();
  expect(client.state).toBe('open');
});

row('malformed', 'a handshake answer without data is refused, not trusted', async () => {
  const server = await startServer();
  await server.faults({ rewriteToClient: [{ match: '"pingTimeout"', with: '{"rid":$rid}' }] });
  const client = server.client();
  const aborted = await soon('connectAbort', client.listener('connectAbort').once());
  expect(aborted.code).toBe(4003);
  expect(client.id).toBe(null);
});

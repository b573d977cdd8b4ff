import type { AGClientSocket } from '@asyngular/client';
import { expect } from 'vitest';
import { collect, record } from './support/record.js';
import { row } from './support/suite.js';
import { settle, startServer } from './support/test-server.js';
import { soon, turn } from './support/within.js';

row('events/error', 'one SocketProtocolError after close for abnormal codes', async () => {
  const server = await startServer();
  const client = await server.open();
  const events = record(client, ['close', 'error']);
  await server.cut();
  const { error } = await events.until('error');
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ name: 'SocketProtocolError', code: 1006 });
  await turn();
  expect(events.names).toEqual(['close', 'error']);
});

row('events/error', 'none for 1000 and 1001', async () => {
  const server = await startServer();
  for (const code of [1000, 1001]) {
    const client = await server.open();
    const events = record(client, ['close', 'error']);
    await server.closeClients(code);
    expect((await events.until('close')).code).toBe(code);
    await turn();
    expect(events.names).toEqual(['close']);
  }
});

row('events/error', 'errors emitted locally are received; unheard ones throw nothing', async () => {
  const server = await startServer();
  const client: AGClientSocket<{ events: { error: { error: Error } } }> = await server.open();
  client.emit('error', { error: new Error('unheard') });
  const errors = collect(client.listener('error'));
  const error = new Error('heard');
  client.emit('error', { error });
  await errors.until(1);
  expect(errors.values).toEqual([{ error }]);
  await settle(client);
});

row(
  'events/error',
  'a rejected handshake gives the server’s error, then the protocol error',
  async () => {
    const server = await startServer({
      block: [{ type: 'handshake', error: { name: 'Closed', message: 'come back later' } }],
    });
    const client = server.client();
    const events = record(client, ['error', 'connectAbort']);
    await events.until('error', 2);
    expect(events.of('error')[0].error).toMatchObject({
      name: 'Closed',
      message: 'come back later',
    });
    expect(events.of('error')[1].error).toMatchObject({ name: 'SocketProtocolError', code: 4008 });
    expect(events.of('connectAbort')[0].code).toBe(4008);
  },
);

row('events/connect', 'once per connection, with the documented payload', async () => {
  const server = await startServer({ options: { pingTimeout: 12_345 } });
  const client = server.client();
  const events = record(client, ['connect', 'close']);
  const status = await events.until('connect');
  expect(status).toMatchObject({
    id: client.id,
    pingTimeout: 12_345,
    isAuthenticated: false,
    authToken: null,
    processPendingSubscriptions: expect.any(Function),
    processSubscriptions: expect.any(Function),
  });
  expect(status.authError ?? null).toBe(null);
  client.disconnect();
  client.connect();
  await events.until('connect', 2);
  await settle(client);
  expect(events.names).toEqual(['connect', 'close', 'connect']);
});

row('events/connect', 'carries the token that was sent, and why it was refused', async () => {
  const server = await startServer();
  const client = await server.open();
  const events = record(client, ['connect']);
  const good = await server.sign({ name: 'Ann' });
  await client.authenticate(good);
  client.disconnect();
  client.connect();
  expect(await events.until('connect')).toMatchObject({ isAuthenticated: true, authToken: good });

  const expired = await server.sign({ name: 'Ann', exp: 1_000_000_000 });
  const other = server.client({
    authEngine: {
      loadToken: async () => expired,
      saveToken: async (_name: string, token: string) => token,
      removeToken: async () => null,
    },
  });
  const refused = await soon('connect', other.listener('connect').once());
  expect(refused).toMatchObject({ isAuthenticated: false, authToken: expired });
  expect(refused.authError).toBeInstanceOf(Error);
  expect(refused.authError).toMatchObject({ name: 'AuthTokenExpiredError', isBadToken: true });
});

for (const name of ['processPendingSubscriptions', 'processSubscriptions'] as const) {
  row(
    'events/connect',
    `${name} starts subscriptions with autoSubscribeOnConnect: false`,
    async () => {
      const server = await startServer();
      const client = server.client({ autoSubscribeOnConnect: false });
      const subscribes = collect(client.listener('subscribe'));
      const requests = collect(client.listener('subscribeRequest'));
      client.subscribe('early');
      const status = await soon('connect', client.listener('connect').once());
      client.subscribe('late');
      await settle(client);
      expect(requests.values).toEqual([]);
      expect(client.subscriptions(true)).toEqual(['early', 'late']);
      status[name]();
      await subscribes.until(2);
      expect(client.subscriptions()).toEqual(['early', 'late']);
      // Harmless once everything is sent.
      status[name]();
      await settle(client);
      expect(requests.values).toHaveLength(2);
    },
  );
}

row('events/connect', 'with automatic subscription the functions are harmless', async () => {
  const server = await startServer();
  const client = server.client();
  client.subscribe('foo');
  const requests = collect(client.listener('subscribeRequest'));
  const status = await soon('connect', client.listener('connect').once());
  status.processPendingSubscriptions();
  status.processSubscriptions();
  await settle(client);
  expect(requests.values).toHaveLength(1);
  expect(client.isSubscribed('foo')).toBe(true);
});

row(
  'events/disconnect',
  '{code, reason} of an open connection that ended, whoever ended it',
  async () => {
    const server = await startServer();
    const client = await server.open();
    const events = record(client, ['disconnect', 'connectAbort', 'connect']);
    await server.run('disconnect', 4123, 'server says so');
    expect(await events.until('disconnect')).toEqual({ code: 4123, reason: 'server says so' });
    client.connect();
    await events.until('connect');
    client.disconnect(4321, 'client says so');
    expect(await events.until('disconnect', 2)).toEqual({ code: 4321, reason: 'client says so' });
    client.connect();
    await events.until('connect', 2);
    await server.cut();
    expect(await events.until('disconnect', 3)).toEqual({ code: 1006, reason: 'Socket hung up' });
    expect(events.of('connectAbort')).toEqual([]);
  },
);

row('events/connectAbort', 'disconnect() while connecting', async () => {
  const server = await startServer();
  await server.faults({ holdUpgrade: true });
  const client = server.client();
  const events = record(client, ['disconnect', 'connectAbort', 'close', 'connect']);
  expect(client.state).toBe('connecting');
  client.disconnect(4444, 'changed my mind');
  expect(client.state).toBe('closed');
  expect(await events.until('connectAbort')).toEqual({ code: 4444, reason: 'changed my mind' });
  await events.until('close');
  expect(events.names).toEqual(['connectAbort', 'close']);
});

row('events/connectAbort', 'a server that refuses the connection', async () => {
  const server = await startServer();
  await server.faults({ refuse: true });
  const client = server.client();
  const events = record(client, ['disconnect', 'connectAbort', 'close']);
  expect((await events.until('connectAbort')).code).toBe(1006);
  await events.until('close');
  expect(events.names).toEqual(['connectAbort', 'close']);
});

row('events/connectAbort', 'nobody listens on the port', async () => {
  const server = await startServer();
  await server.stop();
  const client = server.client();
  const aborted = await soon('connectAbort', client.listener('connectAbort').once());
  expect(aborted.code).toBe(1006);
  await server.start();
});

row('events/connectAbort', 'a server that does not answer in time: 4007, 4003', async () => {
  const server = await startServer();
  await server.faults({ holdUpgrade: true });
  const mute = server.client({ connectTimeout: 50 });
  const aborted = await soon('connectAbort', mute.listener('connectAbort').once());
  expect(aborted.code).toBe(4007);
  await server.faults({ dropToClient: ['"rid":'] });
  const unanswered = server.client({ ackTimeout: 50 });
  const events = record(unanswered, ['connectAbort', 'error']);
  expect((await events.until('connectAbort')).code).toBe(4003);
  await events.until('error', 2);
});

row(
  'events/connectAbort',
  'the server ends the connection before the handshake is answered',
  async () => {
    const server = await startServer();
    await server.faults({ dropToServer: ['#handshake'] });
    const client = server.client();
    const events = record(client, ['disconnect', 'connectAbort']);
    await server.seen({ type: 'frame', direction: 'in' });
    await server.closeClients(4999, 'go away');
    expect(await events.until('connectAbort')).toEqual({ code: 4999, reason: 'go away' });
    expect(events.of('disconnect')).toEqual([]);
  },
);

row(
  'events/close',
  'exactly once after each disconnect and connectAbort, with the same payload',
  async () => {
    const server = await startServer();
    const client = server.client();
    const events = record(client, ['disconnect', 'connectAbort', 'close', 'connect']);
    client.disconnect();
    await events.until('close');
    client.connect();
    await events.until('connect');
    await server.cut();
    await events.until('close', 2);
    client.connect();
    await events.until('connect', 2);
    client.disconnect(4200, 'bye');
    await events.until('close', 3);
    // Nothing happens on a closed socket.
    client.disconnect(4201);
    await turn();
    expect(events.names).toEqual([
      'connectAbort',
      'close',
      'connect',
      'disconnect',
      'close',
      'connect',
      'disconnect',
      'close',
    ]);
    expect(events.of('close')).toEqual([
      events.of('connectAbort')[0],
      events.of('disconnect')[0],
      events.of('disconnect')[1],
    ]);
    expect(events.of('close')[0]).toMatchObject({ code: 1000 });
  },
);

row('events/connecting', 'every attempt; the first one with autoConnect: false', async () => {
  const server = await startServer();
  const client = server.client({
    autoConnect: false,
    autoReconnect: true,
    autoReconnectOptions: { initialDelay: 1, randomness: 1, multiplier: 1 },
  });
  const events = record(client, ['connecting', 'connect']);
  client.connect();
  await events.until('connect');
  expect(events.names).toEqual(['connecting', 'connect']);
  expect(events.of('connecting')[0]).toEqual({});
  await server.faults({ refuse: true });
  await server.cut();
  await events.until('connecting', 3);
  await server.faults({});
  await events.until('connect', 2);
});

row('events/raw', 'what the server socket sends, text and binary', async () => {
  const server = await startServer();
  const client = await server.open();
  const raws = collect(client.listener('raw'));
  await server.send('x');
  await server.send('{"half":');
  await server.send('5');
  await server.send(new Uint8Array([0, 1, 255]));
  await raws.until(4);
  expect(raws.values.slice(0, 3)).toEqual([
    { message: 'x' },
    { message: '{"half":' },
    { message: '5' },
  ]);
  const binary = raws.values[3]?.message;
  expect(binary).toBeInstanceOf(ArrayBuffer);
  expect([...new Uint8Array(binary)]).toEqual([0, 1, 255]);
});

row('events/raw', 'never for packets, batches or heartbeats', async () => {
  const server = await startServer({ options: { pingInterval: 120, protocolVersion: 2 } });
  const client = await server.open();
  const raws = collect(client.listener('raw'));
  const messages = collect(client.listener('message'));
  const got = collect(client.receiver('a'));
  await server.transmit('a', 1);
  await server.injectPacket([{ event: 'a', data: 2 }, { event: 'a' }]);
  await server.injectPacket({ rid: 987_654 });
  await got.until(3);
  await messages.until(6);
  await settle(client);
  expect(messages.values.map(({ message }) => message)).toContain('');
  expect(raws.values).toEqual([]);
});

row(
  'events/message',
  'every inbound frame, heartbeats included, before it is interpreted',
  async () => {
    const server = await startServer();
    const client = server.client();
    const order: string[] = [];
    const messages = collect(client.listener('message'), ({ message }) => {
      order.push(`message ${message}`);
    });
    const received = collect(client.receiver('a'), () => order.push('receiver a'));
    const raws = collect(client.listener('raw'), () => order.push('raw'));
    await soon('connect', client.listener('connect').once());
    await server.transmit('a', 1);
    await received.until(1);
    await server.send('text');
    await raws.until(1);
    await server.send(new Uint8Array([7]));
    await settle(client);
    await server.inject('');
    await messages.until(6);
    const texts = messages.values.map(({ message }) => message);
    expect(texts.some((message) => String(message).includes('"rid":1'))).toBe(true);
    expect(texts).toContain('');
    expect(texts).toContain('{"event":"a","data":1}');
    expect(texts.some((message) => message instanceof ArrayBuffer)).toBe(true);
    expect(order.indexOf('message {"event":"a","data":1}')).toBeLessThan(
      order.indexOf('receiver a'),
    );
    expect(order.indexOf('message text')).toBeLessThan(order.indexOf('raw'));
  },
);

import { AGClientSocket, consume, create, version } from '@asyngular/client';
import { expect } from 'vitest';
import { collect, record } from './support/record.js';
import { row } from './support/suite.js';
import { adopt, settle, startServer } from './support/test-server.js';
import { rejection, soon, turn } from './support/within.js';

const inPage = typeof window === 'object';

row('options', 'a page that is left disconnects', async () => {
  const server = await startServer();
  const client = await server.open();
  const kept = await server.open({ disconnectOnUnload: false });
  // Into the back-forward cache. Pages that end are disconnected by the browser itself.
  globalThis.dispatchEvent?.(Object.assign(new Event('pagehide'), { persisted: true }));
  expect(client.state).toBe(inPage ? 'closed' : 'open');
  await settle(kept);
});

for (const sign of ['online', 'visibilitychange', 'resume']) {
  row('options', `a page that hears of ${sign} reconnects at once`, async () => {
    await returnsWith(sign);
  });
}

async function returnsWith(sign: string): Promise<void> {
  const server = await startServer();
  const client = await server.open({
    autoReconnect: true,
    autoReconnectOptions: { initialDelay: 60_000 },
  });
  const events = record(client, ['close', 'connect']);
  await server.cut();
  await events.until('close');
  expect(client.pendingReconnect).toBe(true);
  // Where browsers dispatch it, and without bubbling.
  (sign === 'online' ? globalThis : globalThis.document)?.dispatchEvent?.(new Event(sign));
  if (inPage) {
    await events.until('connect');
  }
  expect(client.pendingReconnect).toBe(!inPage);
}

row('authentication', 'with syncAuthTokens a token stored by another tab is taken up', async () => {
  const server = await startServer();
  const client = await server.open({ syncAuthTokens: true, authTokenName: 'acceptance.shared' });
  const events = record(client, ['authenticate', 'deauthenticate']);
  const token = await server.sign({ name: 'Ann' });
  if (!inPage) {
    await client.authenticate(token);
    return;
  }
  const key = 'acceptance.shared';
  const tell = (newValue: string | null) => {
    if (newValue === null) localStorage.removeItem(key);
    else localStorage.setItem(key, newValue);
    window.dispatchEvent(new StorageEvent('storage', { key, newValue }));
  };
  tell(token);
  expect(await events.until('authenticate')).toMatchObject({ signedAuthToken: token });
  tell(null);
  await events.until('deauthenticate');
});

row('options', 'defaults, and what the socket tells about itself', async () => {
  const server = await startServer();
  const client = server.client({ autoConnect: false, channelPrefix: 'p/' });
  expect(client.version).toBe(version);
  expect(client.protocolVersion).toBe(2);
  expect(client.connectTimeout).toBe(20_000);
  expect(client.ackTimeout).toBe(10_000);
  expect(client.channelPrefix).toBe('p/');
  expect(client.pingTimeoutDisabled).toBe(false);
  expect(client.batchOnHandshake).toBe(false);
  expect(client.batchOnHandshakeDuration).toBe(100);
  expect(client.isBatching).toBe(false);
  expect(client.preparingPendingSubscriptions).toBe(false);
  expect(client.options).toMatchObject({ path: '/asyngular/', hostname: '127.0.0.1' });
  expect(client.uri()).toBe(`ws://127.0.0.1:${server.port}/asyngular/`);
  expect(client.getBytesReceived()).toBe(undefined);
  expect(AGClientSocket.errorStatuses[1006]).toBe('Socket hung up');
  expect(AGClientSocket.ignoreStatuses[1000]).toBe('Socket closed normally');
  expect(adopt(create({ autoConnect: false })).authTokenName).toBe('asyngular.authToken');
  await settle(client);
  expect(client.pingTimeout).toBeGreaterThan(1_000);
  await client.authenticate(await server.sign({ name: 'Ann' }));
  expect(client.getAuthToken()).toEqual(client.authToken);
  expect(client.getSignedAuthToken()).toBe(client.signedAuthToken);
});

row(
  'options',
  'version 1: the server’s #disconnect packet is the close with its reason',
  async () => {
    const server = await startServer({ options: { protocolVersion: 1 } });
    const client = await server.open({ protocolVersion: 1 });
    const closed = client.listener('close').once();
    await server.injectPacket({ event: '#disconnect', data: { code: 4123, data: 'good night' } });
    expect(await soon('close', closed)).toEqual({ code: 4123, reason: 'good night' });
  },
);

row('ordering', 'connecting, authentication, subscription requests, connect', async () => {
  const server = await startServer();
  const token = await server.sign({ name: 'Ann' });
  const client = server.client({
    autoConnect: false,
    authEngine: {
      loadToken: async () => token,
      saveToken: async (_name: string, signed: string) => signed,
      removeToken: async () => token,
    },
  });
  const events = record(client, [
    'connect',
    'subscribeRequest',
    'authenticate',
    'authStateChange',
    'connecting',
    'subscribe',
  ]);
  client.subscribe('private', { waitForAuth: true });
  client.connect();
  await events.until('subscribe');
  expect(events.names).toEqual([
    'connecting',
    'authStateChange',
    'authenticate',
    'subscribeRequest',
    'connect',
    'subscribe',
  ]);
});

row('ordering', 'an old connection cannot speak to the new one', async () => {
  const server = await startServer();
  const client = await server.open();
  await server.faults({ holdToClient: ['"late"'] });
  const late = rejection('late', client.invoke('echo', 'late'));
  await server.seen({ type: 'invoke', data: 'late' });
  const got = collect(client.receiver('a'));
  const connected = client.listener('connect').once();
  client.reconnect();
  expect((await late).name).toBe('BadConnectionError');
  await soon('connect', connected);
  await server.release();
  await settle(client);
  expect(got.values).toEqual([]);
  expect(client.state).toBe('open');
});

row('reconnection', 'transmits that are given up are told by transmitDropped', async () => {
  const server = await startServer();
  await server.faults({ refuse: true });
  const client = server.client({ autoConnect: false });
  const dropped = collect(client.listener('transmitDropped'));
  client.transmit('note', { a: 1 });
  const [drop] = await dropped.until(1);
  expect(drop).toMatchObject({ event: 'note', data: { a: 1 } });
  expect(drop?.error).toBeInstanceOf(Error);
});

row(
  'reconnection',
  'transmits outlive failed attempts of an automatic reconnection, calls do not',
  async () => {
    const server = await startServer();
    const client = await server.open({
      autoReconnect: true,
      autoReconnectOptions: { initialDelay: 20, randomness: 5, multiplier: 1 },
      connectOnSend: false,
    });
    const events = record(client, ['close', 'connect']);
    await server.faults({ refuse: true });
    await server.cut();
    await events.until('close');
    client.transmit('note', 'kept');
    const call = rejection('the call', client.invoke('echo', 1));
    expect(await call).toMatchObject({ name: 'BadConnectionError', type: 'connectAbort' });
    await events.until('close', 2);
    await server.faults({});
    await server.seen({ type: 'receive', data: 'kept' });
  },
);

row('reconnection', 'the unsent buffer is bounded; what is queued stays', async () => {
  const server = await startServer();
  const client = server.client({ autoConnect: false, maxUnsentMessages: 2 });
  const dropped = collect(client.listener('transmitDropped'));
  client.transmit('note', 1);
  client.transmit('note', 2);
  client.transmit('note', 3);
  const error = await rejection('the call too many', client.invoke('echo', 4));
  expect(error.name).toBe('QueueFullError');
  await dropped.until(1);
  expect(dropped.values[0]?.data).toBe(3);
  const received = await server.seen({ type: 'receive' }, 2);
  expect(received.map(({ data }) => data)).toEqual([1, 2]);
});

row('reconnection', 'without autoReconnect a lost connection stays lost', async () => {
  const server = await startServer();
  const client = await server.open();
  const events = record(client, ['close', 'connecting']);
  await server.cut();
  await events.until('close');
  await turn();
  expect(client.pendingReconnect).toBe(false);
  expect(events.names).toEqual(['close']);
});

row('streams', 'a callback reads any stream until it is taken back', async () => {
  const server = await startServer();
  const client = await server.open();
  const seen: unknown[] = [];
  const stop = consume(client.receiver('a'), (data) => {
    seen.push(data);
  });
  await server.transmit('a', 1);
  await settle(client);
  stop();
  await server.transmit('a', 2);
  await settle(client);
  expect(seen).toEqual([1]);
  expect(client.getAllReceiversConsumerCount()).toBe(0);
});

row('streams', 'an AbortSignal ends once() and a loop over a consumer', async () => {
  const server = await startServer();
  const client = await server.open();
  const controller = new AbortController();
  const { signal } = controller;
  const once = rejection('once', client.receiver('a').once({ signal }));
  const loop = rejection(
    'the loop',
    (async () => {
      for await (const _data of client.receiver('a').createConsumer({ signal })) {
        // Nothing comes.
      }
      throw new Error('ended');
    })(),
  );
  controller.abort();
  expect((await once).name).toBe('AbortError');
  await loop;
  expect(client.getAllReceiversConsumerCount()).toBe(0);
});

row('streams', 'disposing of a socket ends its connection and its loops', async () => {
  const server = await startServer();
  const client = await server.open();
  const loop = collect(client.receiver('a'));
  const dispose: symbol = Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose');
  await (client as any)[dispose]();
  expect(client.state).toBe('closed');
  await loop.untilEnded();
});

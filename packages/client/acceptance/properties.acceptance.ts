import { AGClientSocket, create } from '@asyngular/client';
import { expect } from 'vitest';
import { collect, record } from './support/record.js';
import { row } from './support/suite.js';
import { adopt, startServer } from './support/test-server.js';
import { soon } from './support/within.js';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

row(
  'properties/id',
  'null before open and after close; a new one for each connection',
  async () => {
    const server = await startServer();
    const client = server.client({ autoConnect: false });
    expect(client.id).toBe(null);
    const events = record(client, ['connect', 'close']);
    client.connect();
    expect(client.id).toBe(null);
    const first = await events.until('connect');
    expect(client.id).toBe(first.id);
    expect((await server.run('sockets'))[0].id).toBe(first.id);
    client.disconnect();
    expect(client.id).toBe(null);
    client.connect();
    const second = await events.until('connect', 2);
    expect(client.id).toBe(second.id);
    expect(second.id).not.toBe(first.id);
    await server.cut();
    await events.until('close', 2);
    expect(client.id).toBe(null);
  },
);

row(
  'properties/clientId',
  'a UUID v4 that outlives connections and differs between sockets',
  async () => {
    const server = await startServer();
    const client = await server.open();
    const { clientId } = client;
    expect(clientId).toMatch(uuid);
    client.disconnect();
    const again = client.listener('connect').once();
    client.connect();
    await soon('the second connection', again);
    expect(client.clientId).toBe(clientId);
    expect(server.client({ autoConnect: false }).clientId).not.toBe(clientId);
    expect(server.client({ autoConnect: false, clientId: 'mine' }).clientId).toBe('mine');
  },
);

row(
  'properties/state',
  'closed, connecting, open; already closed in the loops of the closing',
  async () => {
    const server = await startServer();
    const client = server.client({ autoConnect: false });
    expect(client.state).toBe('closed');
    const seen: string[] = [];
    const names = ['connecting', 'connect', 'disconnect', 'close'];
    const events = record(client, names, (name) => seen.push(`${name} ${client.state}`));
    client.connect();
    expect(client.state).toBe('connecting');
    await events.until('connect');
    expect(client.state).toBe('open');
    client.disconnect();
    expect(client.state).toBe('closed');
    await events.until('close');
    client.connect();
    await events.until('connect', 2);
    await server.cut();
    await events.until('close', 2);
    expect(seen).toEqual([
      'connecting connecting',
      'connect open',
      'disconnect closed',
      'close closed',
      'connecting connecting',
      'connect open',
      'disconnect closed',
      'close closed',
    ]);
  },
);

row('properties/pendingReconnect', 'true from an abnormal close to the next attempt', async () => {
  const server = await startServer();
  const slow = { autoReconnect: true, autoReconnectOptions: { initialDelay: 60_000 } };
  const client = await server.open(slow);
  const events = record(client, ['close', 'connect']);
  expect(client.pendingReconnect).toBe(false);
  await server.cut();
  await events.until('close');
  expect(client.pendingReconnect).toBe(true);
  client.connect();
  expect(client.pendingReconnect).toBe(false);
  await events.until('connect');
  await server.cut();
  await events.until('close', 2);
  expect(client.pendingReconnect).toBe(true);
  client.disconnect();
  expect(client.pendingReconnect).toBe(false);
});

row(
  'properties/pendingReconnect',
  'false after codes that end the connection for good',
  async () => {
    const server = await startServer();
    for (const code of [1000, 4500, 4999]) {
      const client = await server.open({ autoReconnect: true });
      const closed = client.listener('close').once();
      await server.closeClients(code);
      expect((await soon(`close ${code}`, closed)).code).toBe(code);
      expect(client.pendingReconnect).toBe(false);
    }
  },
);

row(
  'properties/pendingReconnectTimeout',
  'the chosen delay of the first delayed retry',
  async () => {
    const server = await startServer();
    const client = await server.open({
      autoReconnect: true,
      autoReconnectOptions: { initialDelay: 40_000, randomness: 5_000 },
    });
    expect(client.pendingReconnectTimeout).toBe(null);
    const closed = client.listener('close').once();
    await server.cut();
    await soon('close', closed);
    expect(client.pendingReconnectTimeout).toBeGreaterThanOrEqual(40_000);
    expect(client.pendingReconnectTimeout).toBeLessThanOrEqual(45_000);
    client.disconnect();
    expect(client.pendingReconnectTimeout).toBe(null);
  },
);

row('properties/pendingReconnectTimeout', '0 after 4000, 4001 and 1005', async () => {
  const server = await startServer();
  for (const code of [4000, 4001, undefined]) {
    let delay: unknown = 'unread';
    const client = await server.open({ autoReconnect: true });
    const closes = collect(client.listener('close'), () => {
      delay = client.pendingReconnectTimeout;
    });
    const again = client.listener('connect').once();
    await server.closeClients(code);
    await soon(`the reconnection after ${code}`, again);
    expect(closes.values[0]?.code).toBe(code ?? 1005);
    expect(delay).toBe(0);
    client.disconnect();
  }
});

row('properties/connectAttempts', '1, 2, 3 over failed retries; 0 after success', async () => {
  const server = await startServer();
  const client = await server.open({
    autoReconnect: true,
    autoReconnectOptions: { initialDelay: 1, randomness: 1, multiplier: 1 },
  });
  expect(client.connectAttempts).toBe(0);
  const seen: number[] = [];
  const events = record(client, ['close', 'connect'], (name) => {
    if (name === 'close') {
      seen.push(client.connectAttempts);
    }
  });
  await server.faults({ refuse: true });
  await server.cut();
  await events.until('close', 3);
  await server.faults({});
  await events.until('connect');
  expect(seen.slice(0, 3)).toEqual([1, 2, 3]);
  expect(client.connectAttempts).toBe(0);
});

row('properties/connectAttempts', 'is not changed by connect() and disconnect()', async () => {
  const server = await startServer();
  await server.faults({ refuse: true });
  const client = server.client({ autoConnect: false });
  const closed = client.listener('close').once();
  client.connect();
  expect(client.connectAttempts).toBe(0);
  await soon('close', closed);
  client.disconnect();
  expect(client.connectAttempts).toBe(0);
});

row('properties/authState', 'follows the token and outlives the connection', async () => {
  const server = await startServer();
  const client = server.client();
  expect(client.authState).toBe('unauthenticated');
  const events = record(client, ['authenticate', 'deauthenticate', 'close']);
  await client.invoke('login', { name: 'Ann' });
  await events.until('authenticate');
  expect(client.authState).toBe('authenticated');
  await server.cut();
  await events.until('close');
  expect(client.authState).toBe('authenticated');
  await client.deauthenticate();
  expect(client.authState).toBe('unauthenticated');
});

row('properties/authToken', 'the decoded payload while authenticated, else null', async () => {
  const server = await startServer();
  const client = await server.open();
  expect(client.authToken).toBe(null);
  const authenticated = client.listener('authenticate').once();
  await client.invoke('login', { name: 'Änn ✓' });
  await soon('authenticate', authenticated);
  expect(client.authToken).toMatchObject({ name: 'Änn ✓', exp: expect.any(Number) });
  await client.deauthenticate();
  expect(client.authToken).toBe(null);
});

row('properties/signedAuthToken', 'the exact JWT while authenticated, else null', async () => {
  const server = await startServer();
  const client = await server.open();
  expect(client.signedAuthToken).toBe(null);
  const token = await server.sign({ name: 'Ann' });
  await client.authenticate(token);
  expect(client.signedAuthToken).toBe(token);
  await client.deauthenticate();
  expect(client.signedAuthToken).toBe(null);
});

const constants = {
  CONNECTING: 'connecting',
  OPEN: 'open',
  CLOSED: 'closed',
  AUTHENTICATED: 'authenticated',
  UNAUTHENTICATED: 'unauthenticated',
} as const;

function expectConstant(name: keyof typeof constants): void {
  const client = adopt(create({ autoConnect: false }));
  expect(client[name]).toBe(constants[name]);
  expect(AGClientSocket[name]).toBe(constants[name]);
}

row('properties/CONNECTING', "'connecting' on instance and class", () =>
  expectConstant('CONNECTING'),
);
row('properties/OPEN', "'open' on instance and class", () => expectConstant('OPEN'));
row('properties/CLOSED', "'closed' on instance and class", () => expectConstant('CLOSED'));
row('properties/AUTHENTICATED', "'authenticated' on instance and class", () => {
  expectConstant('AUTHENTICATED');
});
row('properties/UNAUTHENTICATED', "'unauthenticated' on instance and class", () => {
  expectConstant('UNAUTHENTICATED');
});

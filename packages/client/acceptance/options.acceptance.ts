import { create } from '@asyngular/client';
import { expect } from 'vitest';
import { collect } from './support/record.js';
import { row } from './support/suite.js';
import { adopt, settle, startServer } from './support/test-server.js';
import { soon } from './support/within.js';

row('options', 'host is shorthand for hostname and port', async () => {
  const server = await startServer();
  const { hostname: _hostname, port, ...options } = server.options();
  const client = adopt(create({ ...options, host: `127.0.0.1:${port}` }));
  await soon('connect', client.listener('connect').once());
});

row('options', 'host without a port or together with hostname or port throws', () => {
  const wrong = [
    { host: 'example.com' },
    { host: 'example.com:1' },
    { host: 'example.com:8000', hostname: 'example.com' },
    { host: 'example.com:8000', port: 8000 },
  ];
  for (const options of wrong) {
    expect(() => create({ autoConnect: false, ...options })).toThrowError(
      expect.objectContaining({
        name: 'InvalidArgumentsError',
        message: expect.stringContaining('host'),
      }),
    );
  }
});

row('options', 'timeouts beyond the largest timer throw', () => {
  for (const name of ['connectTimeout', 'ackTimeout', 'pingTimeout']) {
    expect(() => create({ autoConnect: false, [name]: 2 ** 31 })).toThrowError(
      expect.objectContaining({
        name: 'InvalidArgumentsError',
        message: expect.stringContaining(name),
      }),
    );
  }
});

row('options', 'protocol is answered by an observable error event', async () => {
  const server = await startServer();
  const client = server.client({ autoConnect: false, protocol: 'https' });
  const { error } = await soon('error', client.listener('error').once());
  expect(error).toMatchObject({
    name: 'InvalidArgumentsError',
    message: expect.stringContaining('secure'),
  });
});

row('options', 'query as object and as string, with a timestamp on request', async () => {
  const server = await startServer();
  const query = { a: ['1', '3'], b: 'x y' };
  await server.open({ query });
  await server.seen({ type: 'upgrade' });
  await server.open({ query: 'a=1&b=2&a=3' });
  await server.open({ query, timestampRequests: true, timestampParam: 'now' });
  const urls = (await server.seen({ type: 'upgrade' }, 3)).map(
    ({ url }) => new URL(url, 'http://localhost'),
  );
  expect(urls.map((url) => url.pathname)).toEqual(['/asyngular/', '/asyngular/', '/asyngular/']);
  expect(urls[0]?.searchParams.getAll('a')).toEqual(['1', '3']);
  expect(urls[0]?.searchParams.get('b')).toBe('x y');
  expect(urls[1]?.searchParams.getAll('a')).toEqual(['1', '3']);
  expect(urls[1]?.searchParams.get('b')).toBe('2');
  expect(Number(urls[2]?.searchParams.get('now'))).toBeGreaterThan(1_500_000_000_000);
  expect(query).toEqual({ a: ['1', '3'], b: 'x y' });
});

row('options', 'another path is refused by the server', async () => {
  const server = await startServer();
  const client = server.client({ path: '/elsewhere/' });
  expect((await soon('connectAbort', client.listener('connectAbort').once())).code).toBe(1006);
});

row('options', 'the caller’s options are not changed', async () => {
  const server = await startServer();
  const autoReconnectOptions = { initialDelay: 5 };
  const options = { ...server.options(), autoReconnectOptions, timestampRequests: true };
  const copy = structuredClone(options);
  const client = adopt(create(options));
  await soon('connect', client.listener('connect').once());
  expect(options).toEqual(copy);
});

row('options', 'callIdGenerator numbers the calls', async () => {
  const server = await startServer();
  let id = 1_000;
  const client = await server.open({
    callIdGenerator: () => {
      id += 10;
      return id;
    },
  });
  expect(await client.invoke('echo', 1)).toBe(1);
  const cids = (await server.packets()).map((packet) => packet.cid);
  expect(cids).toEqual([1_010, 1_020]);
});

row('options', 'call ids go on over reconnections', async () => {
  const server = await startServer();
  const client = await server.open();
  await client.invoke('echo', 1);
  client.disconnect();
  await client.invoke('echo', 2);
  expect((await server.packets()).map((packet) => packet.cid)).toEqual([1, 2, 3, 4]);
});

/** A handshake answer that announces a short ping limit, which the server itself does not apply. */
const impatient = (pingTimeout: number) => ({
  match: '"pingTimeout"',
  with: `{"rid":$rid,"data":{"id":"short","pingTimeout":${pingTimeout},"isAuthenticated":false}}`,
});

row('options', 'the announced pingTimeout ends a silent connection with 4000', async () => {
  const server = await startServer();
  await server.faults({ rewriteToClient: [impatient(60)] });
  const client = await server.open();
  expect((await soon('close', client.listener('close').once())).code).toBe(4000);
});

row('options', 'pings keep the connection', async () => {
  const server = await startServer({ options: { pingInterval: 150 } });
  await server.faults({ rewriteToClient: [impatient(1_000)] });
  const client = await server.open();
  const silent = await startServer();
  await silent.faults({ rewriteToClient: [impatient(1_000)] });
  const other = await silent.open();
  // The other client gives up after the same time without pings.
  await soon('close', other.listener('close').once());
  expect(client.state).toBe('open');
});

row('options', 'pingTimeoutDisabled keeps a silent connection', async () => {
  const server = await startServer();
  await server.faults({ rewriteToClient: [impatient(60)] });
  const client = await server.open({ pingTimeoutDisabled: true });
  const other = await server.open();
  // The other client gives up after the same silence.
  await soon('close', other.listener('close').once());
  await settle(client);
});

row('options', 'protocolVersion 1 speaks the legacy heartbeat', async () => {
  const server = await startServer({ options: { protocolVersion: 1, pingInterval: 20 } });
  const client = await server.open({
    protocolVersion: 1,
    // asyngular-server pings before the handshake, and closes with 4009 when the answer comes first.
    autoReconnect: true,
    autoReconnectOptions: { initialDelay: 10, randomness: 10 },
  });
  const raws = collect(client.listener('raw'));
  await server.seen({ type: 'frame', direction: 'in', data: '#2' }, 2);
  expect(raws.values).toEqual([]);
  await settle(client);
});

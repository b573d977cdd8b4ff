import { connect as connectTcp } from 'node:net';
import { pass, stopTime } from '@asyngular/test-utils/clock';
import { nextEvent } from '@asyngular/test-utils/event';
import { clientFrame } from '@asyngular/test-utils/frame-client';
import type { RawClient } from '@asyngular/test-utils/raw-client';
import { within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import type { AGServerOptions, LimitName } from '../src/index.js';
import { onConnection, startServer, type TestServer, testEngine, until } from './support/server.js';

interface Bound {
  what: string;
  options: AGServerOptions;
  /** What is sent at the limit: the client stays, and nothing is counted. */
  within: (client: RawClient, test: TestServer) => unknown;
  /** What is sent beyond it. */
  beyond: (client: RawClient, test: TestServer) => unknown;
  /** Expected close code, or the name of the error in the answer to `beyond`. */
  outcome: number | string;
  counted: LimitName;
}

const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

function sendBytes(client: RawClient, ...frames: Buffer[]): void {
  (client.ws as any)._socket.write(Buffer.concat(frames));
}

function fragments(count: number): Buffer[] {
  const all = [clientFrame(0x01, 'a')];
  for (let i = 2; i < count; i++) all.push(clientFrame(0x00, 'a'));
  return [...all, clientFrame(0x80, 'a')];
}

const bounds: Bound[] = [
  {
    what: 'bytes of a message',
    options: { maxPayload: 1_000 },
    within: (client) => client.send('x'.repeat(1_000)),
    beyond: (client) => client.send('x'.repeat(1_001)),
    outcome: 1009,
    counted: 'maxPayload',
  },
  {
    what: 'fragments of a message',
    options: { maxFragments: 8 },
    within: (client) => sendBytes(client, ...fragments(8)),
    beyond: (client) => sendBytes(client, ...fragments(9)),
    outcome: 1008,
    counted: 'maxFragments',
  },
  {
    what: 'valid UTF-8',
    options: {},
    within: (client) => sendBytes(client, clientFrame(0x81, 'ä')),
    beyond: (client) => sendBytes(client, clientFrame(0x81, Buffer.from([0xc3, 0x28]))),
    outcome: 1007,
    counted: 'protocol',
  },
  {
    what: 'valid frames',
    options: {},
    within: (client) => sendBytes(client, clientFrame(0x82, 'x')),
    beyond: (client) => sendBytes(client, clientFrame(0x83, 'x')),
    outcome: 1002,
    counted: 'protocol',
  },
  {
    what: 'packets of a batch',
    options: { maxBatchLength: 3 },
    within: (client) => client.send([1, 2, 3]),
    beyond: (client) => client.send([1, 2, 3, 4]),
    outcome: 1008,
    counted: 'maxBatchLength',
  },
  {
    what: 'nesting',
    options: { maxDepth: 20 },
    within: (client) => client.send(deep(20)),
    beyond: (client) => client.send(deep(21)),
    outcome: 1008,
    counted: 'maxDepth',
  },
  {
    what: 'name of a receiver',
    options: { maxNameLength: 10 },
    within: (client) => client.transmit('x'.repeat(10)),
    beyond: (client) => client.request('x'.repeat(11)),
    outcome: 'InvalidActionError',
    counted: 'maxNameLength',
  },
  {
    what: 'name of a channel',
    options: { maxNameLength: 12 },
    within: (client) => client.subscribe('x'.repeat(12)),
    beyond: (client) => client.subscribe('x'.repeat(13)),
    outcome: 'InvalidActionError',
    counted: 'maxNameLength',
  },
  {
    what: 'subscriptions',
    options: { socketChannelLimit: 2 },
    within: async (client) => {
      await client.subscribe('a');
      await client.subscribe('b');
      await client.subscribe('b');
    },
    beyond: (client) => client.subscribe('c'),
    outcome: 'BrokerError',
    counted: 'socketChannelLimit',
  },
  {
    what: 'calls in flight',
    options: { maxPendingCalls: 2 },
    within: (client) => {
      client.send(client.call('never'));
      client.send(client.call('never'));
    },
    beyond: (client) => client.request('never'),
    outcome: 'InvalidActionError',
    counted: 'maxPendingCalls',
  },
  {
    what: 'messages at once',
    options: { rateLimits: { messages: { perSecond: 0.001, burst: 10 } } },
    // The handshake and the question whether all is handled are messages, too.
    within: (client) => client.send(Array(9).fill(1)),
    beyond: (client) => client.send('x'),
    outcome: 1008,
    counted: 'rateLimits',
  },
  {
    what: 'publications at once',
    options: { rateLimits: { publishes: { perSecond: 0.001, burst: 2 } } },
    within: async (client) => {
      for (let i = 0; i < 2; i++) await client.request('#publish', { channel: 'c' });
    },
    beyond: (client) => client.transmit('#publish', { channel: 'c' }),
    outcome: 1008,
    counted: 'rateLimits',
  },
  {
    what: 'calls at once',
    options: { rateLimits: { calls: { perSecond: 0.001, burst: 2 } } },
    within: async (client) => {
      for (let i = 0; i < 2; i++) await client.request('echo');
    },
    beyond: (client) => client.send(client.call('echo')),
    outcome: 1008,
    counted: 'rateLimits',
  },
  {
    what: 'subscriptions at once',
    options: { rateLimits: { subscribes: { perSecond: 0.001, burst: 2 } } },
    within: async (client) => {
      for (let i = 0; i < 2; i++) await client.subscribe('c');
    },
    beyond: (client) => client.send(client.call('#subscribe', { channel: 'c' })),
    outcome: 1008,
    counted: 'rateLimits',
  },
];

/** What uWebSockets.js judges itself, in its own way: see uws.test.ts. */
const judgedByUws = new Set(['fragments of a message', 'valid UTF-8', 'valid frames']);

describe('at a limit all is well, one past it', () => {
  it.each(bounds.filter(({ what }) => testEngine() !== 'uws' || !judgedByUws.has(what)))(
    '$what: $outcome',
    async (bound) => {
      const test = await startServer(bound.options);
      const { server } = test;
      server.handle('echo', (data) => data);
      onConnection(server, async (socket) => {
        for await (const _call of socket.procedure('never'));
      });
      const client = await test.open();
      const counts = () => server.stats().limits;
      await bound.within(client, test);
      if (bound.counted !== 'rateLimits') await client.settled();
      expect(counts()[bound.counted]).toBe(0);
      expect(client.closed).toBeUndefined();
      if (typeof bound.outcome === 'number') {
        const disconnected = within(
          'the disconnect',
          Object.values(server.clients)[0]!.listener('disconnect').once(),
        );
        await bound.beyond(client, test);
        expect((await client.whenClosed()).code).toBe(bound.outcome);
        expect((await disconnected).code).toBe(bound.outcome);
      } else {
        expect(((await bound.beyond(client, test)) as any).error.name).toBe(bound.outcome);
        await client.settled();
      }
      expect(counts()[bound.counted]).toBe(1);
    },
  );
});

describe('handshakes', () => {
  it('that never finish end at the deadline, while others are served', async () => {
    const { server, connect, open } = await startServer({ handshakeTimeout: 200 });
    stopTime();
    const idlers = [...Array(20)].map(() => connect());
    await Promise.all(idlers.map((idler) => idler.opened()));
    expect(server.stats()).toMatchObject({ pendingHandshakes: 20, pendingClients: 20 });
    const client = await open();
    await pass(200);
    const codes = await Promise.all(idlers.map((idler) => idler.whenClosed()));
    expect(new Set(codes.map(({ code }) => code))).toEqual(new Set([4005]));
    expect(server.stats()).toMatchObject({ pendingHandshakes: 0, pendingClients: 0, clients: 1 });
    expect(server.stats().limits.handshakeTimeout).toBe(20);
    await client.settled();
  });

  it('are limited in number, upgrades in middleware included', async () => {
    const { server, connect } = await startServer({ maxPendingClients: 2 });
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    server.setMiddleware('handshake', async (stream) => {
      for await (const action of stream) {
        if (action.type === 'handshakeWS') await gate;
        action.allow();
      }
    });
    const waiting = [connect(), connect()];
    await until('both are under way', () => server.stats().pendingHandshakes === 2);
    await expect(connect().opened()).rejects.toThrow('503');
    expect(server.stats().limits.maxPendingClients).toBe(1);
    release();
    await Promise.all(waiting.map((client) => client.handshake()));
    expect(server.stats().pendingHandshakes).toBe(0);
    await connect().handshake();
  });

  it('are limited per address, as the application tells it', async () => {
    const { server, connect } = await startServer({
      maxPendingClientsPerAddress: 1,
      clientAddress: (request) => request.headers['x-real-ip'] as string,
    });
    const from = (ip: string) => connect({ headers: { 'x-real-ip': ip } });
    const first = from('192.0.2.1');
    await first.opened();
    await expect(from('192.0.2.1').opened()).rejects.toThrow('503');
    await from('192.0.2.2').opened();
    await from('2001:db8:1:2::1').opened();
    await expect(from('2001:DB8:1:2:ffff::2').opened()).rejects.toThrow('503');
    await from('2001:db8:1:3::1').opened();
    await first.handshake();
    await from('::ffff:192.0.2.1').opened();
    expect(server.stats()).toMatchObject({ addresses: 4 });
    expect(server.stats().limits.maxPendingClientsPerAddress).toBe(2);
  });

  it('beyond maxClients get 503, whether the others have finished theirs or not', async () => {
    const { server, warnings, open, connect } = await startServer({ maxClients: 2 });
    const first = await open();
    const second = connect();
    await second.opened();
    await expect(connect().opened()).rejects.toThrow('503');
    await second.handshake();
    await expect(connect().opened()).rejects.toThrow('503');
    expect(server.stats().limits.maxClients).toBe(2);
    // Once a minute, however many are refused.
    expect(warnings.map(({ message }) => message)).toEqual([
      'Clients are refused with HTTP 503: Too many clients (see the option maxClients; server.stats().limits counts them)',
    ]);
    first.close();
    await until('one has left', () => server.clientsCount === 1);
    await open();
  });

  it('beyond the rate of an address get 429', async () => {
    const { server, connect } = await startServer({
      addressRateLimits: { handshakes: { perSecond: 0.001, burst: 2 } },
    });
    await connect().handshake();
    await connect().handshake();
    await expect(connect().opened()).rejects.toThrow('429');
    expect(server.stats().limits.rateLimits).toBe(1);
  });

  it('from other origins get 403 and are counted', async () => {
    const { server, connect } = await startServer({ origins: ['good.example:443'] });
    const from = (origin: string) => connect({ headers: { origin } });
    await from('https://good.example').handshake();
    for (const origin of ['https://ood.example', 'https://good.example.evil', 'null']) {
      await expect(from(origin).opened()).rejects.toThrow('403');
    }
    expect(server.stats().limits.origins).toBe(3);
  });
});

describe('rates', () => {
  it('warn by a limit event before the cut, and refill', async () => {
    const { server, open } = await startServer({
      rateLimits: { calls: { perSecond: 50, burst: 8 } },
    });
    server.handle('echo', (data) => data);
    const warned = within('the limit event', server.listener('limit').once());
    stopTime();
    const client = await open();
    const [socket] = Object.values(server.clients);
    const own = within('the limit event', socket!.listener('limit').once());
    for (let i = 0; i < 8; i++) client.send(client.call('echo', i));
    expect(await own).toEqual({ limit: 'calls', scope: 'socket' });
    expect(await warned).toMatchObject({ socket, limit: 'calls', scope: 'socket' });
    await client.settled();
    // 20 ms each: what is spent comes back.
    for (let i = 0; i < 12; i++) {
      await pass(20);
      await client.request('echo', i);
    }
    expect(client.closed).toBeUndefined();
  });

  it('are shared by the sockets of an address', async () => {
    const { server, open, warnings } = await startServer({
      addressRateLimits: { publishes: { perSecond: 0.001, burst: 4 } },
    });
    const [one, two] = [await open(), await open()];
    const scopes: unknown[] = [];
    (async () => {
      for await (const { scope } of server.listener('limit')) scopes.push(scope);
    })();
    for (let i = 0; i < 2; i++) await one.request('#publish', { channel: 'c' });
    for (let i = 0; i < 2; i++) await two.request('#publish', { channel: 'c' });
    one.transmit('#publish', { channel: 'c' });
    expect(await one.whenClosed()).toEqual({
      code: 1008,
      reason: 'Too many publishes from this address',
    });
    expect(scopes).toEqual(['address']);
    await two.settled();
    expect(warnings.map(({ name }) => name)).toContain('ResourceLimitError');
  });
});

describe('a client that does not read', () => {
  it('is not read from while answers pile up, and loses none of them', async () => {
    const { server, open } = await startServer({
      outboundHighWaterMark: 256 * 1024,
      maxPendingCalls: Number.POSITIVE_INFINITY,
    });
    const answer = 'x'.repeat(16 * 1024);
    let served = 0;
    server.handle('big', () => {
      served++;
      return answer;
    });
    const client = await open();
    const [socket] = Object.values(server.clients);
    const other = await open();
    const events: string[] = [];
    for (const name of ['backpressure', 'drain'] as const) {
      (async () => {
        for await (const _event of socket!.listener(name)) events.push(name);
      })();
    }
    client.ws.pause();
    const calls = 1_500;
    for (let i = 0; i < calls; i++) client.send(client.call('big'));
    await until('the server has stopped reading', () => socket!.stats().isReadingPaused);
    const before = served;
    for (let turn = 0; turn < 10; turn++) await other.settled();
    expect(served - before).toBeLessThanOrEqual(1);
    expect(socket!.bufferedBytes).toBeLessThan(256 * 1024 + 2 * answer.length);
    client.ws.resume();
    await until('all are answered', () => client.received.length > calls);
    expect(client.received.filter(({ data }) => data === answer)).toHaveLength(calls);
    expect(socket!.state).toBe('open');
    expect(events.length % 2).toBe(0);
    events.forEach((name, index) => {
      expect(name).toBe(index % 2 === 0 ? 'backpressure' : 'drain');
    });
  });

  it.skipIf(testEngine() === 'uws')(
    'gets no endless queue of pongs of the WebSocket layer',
    async () => {
      const { server, open } = await startServer();
      const client = await open();
      const [socket] = Object.values(server.clients);
      client.ws.ping('are you there?');
      await nextEvent(client.ws, 'pong');
      client.ws.pause();
      const pings = Buffer.concat(Array(1_000).fill(clientFrame(0x89, 'x'.repeat(100))));
      for (let i = 0; i < 100; i++) (client.ws as any)._socket.write(pings);
      let highest = 0;
      const before = socket!.getBytesReceived();
      await until('all pings are read', () => {
        highest = Math.max(highest, socket!.bufferedBytes);
        return socket!.getBytesReceived() - before >= 100 * pings.length;
      });
      expect(highest).toBeLessThan(128 * 1024);
    },
  );
});

it('a connection that says nothing costs no more than its file', async () => {
  const { server, port, open } = await startServer();
  const sockets = [...Array(50)].map(() => connectTcp(port, '127.0.0.1'));
  for (const socket of sockets) socket.write('GET /asyngular/ HTTP/1.1\r\nHost: x\r\n');
  await (await open()).settled();
  expect(server.stats()).toMatchObject({ pendingHandshakes: 0, clients: 1 });
  for (const socket of sockets) socket.destroy();
});

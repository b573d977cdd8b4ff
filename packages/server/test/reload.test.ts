import { request } from 'node:http';
import { within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import type { AGServerOptions, ReloadOptions } from '../src/index.js';
import { reloadableOptions } from '../src/options/reload-options.js';
import {
  collect,
  onCleanup,
  startServer,
  startWithClient,
  type TestServer,
  until,
} from './support/server.js';
import { sign } from './support/tokens.js';

type Started = Awaited<ReturnType<typeof startWithClient>>;

/** The status of the answer to an upgrade of that origin. */
function statusFor({ port }: TestServer, origin?: string): Promise<number> {
  const headers = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...(origin && { Origin: origin }),
  };
  return within(
    'the answer to an upgrade',
    new Promise<number>((resolve, reject) => {
      const sent = request({ port, host: '127.0.0.1', path: '/asyngular/', headers });
      onCleanup(() => void sent.destroy());
      sent.on('upgrade', (response) => resolve(response.statusCode!));
      sent.on('response', (response) => resolve(response.statusCode!));
      sent.on('error', reject);
      sent.end();
    }),
  );
}

async function isAccepted({ open }: TestServer, key: string, options: object = {}) {
  const client = await open(sign({ name: 'ann' }, { key, ...options }));
  return client.received[0].data.isAuthenticated;
}

const before: AGServerOptions = {
  origins: 'old.example:*',
  maxClients: 7,
  maxNameLength: 50,
  rateLimits: { calls: { perSecond: 5 } },
};

describe('what cannot be reloaded changes nothing', () => {
  it.each<[string, object, RegExp]>([
    [
      'an option that needs a restart',
      { pingInterval: 5 },
      /pingInterval option .*needs a restart/,
    ],
    ['an unknown name', { maxClient: 5 }, /Unknown option maxClient .*did you mean maxClients/],
    ['a value of a wrong type', { maxClients: '5' }, /maxClients option .*is '5'/],
    ['an origin that no page matches', { origins: 'https://*' }, /no page matches/],
    ['rates without a rate', { rateLimits: { calls: { burst: 5 } } }, /no perSecond/],
    ['keys of several kinds', { authKeys: ['a', '-----BEGIN'] }, /cannot be read/],
    ['half of a key pair', { authPublicKey: 'a' }, /authPrivateKey option must be specified/],
    ['an algorithm that does not fit', { authAlgorithm: 'RS256' }, /RS256 does not fit/],
    ['both ways to name a secret', { authKey: 'a', authKeys: ['b'] }, /say the same thing/],
  ])('%s', async (_what, bad, message) => {
    const started = await startServer(before);
    const { server } = started;
    const events = collect(server.listener('reload'), ({ changed }) => changed);
    // Good ones come first: nothing of them may have been used.
    const given = { maxClients: 9, maxNameLength: 9, authKeys: ['new key'], ...bad };
    if ('authKey' in bad) Object.assign(given, bad);
    expect(() => server.reload(given as ReloadOptions)).toThrow(
      expect.objectContaining({
        name: 'InvalidOptionsError',
        message: expect.stringMatching(message),
      }),
    );
    expect(server.options).toMatchObject(before);
    expect(server.signatureKey).toBe('test key');
    expect(server.verificationKey).toBe('test key');
    expect(await statusFor(started, 'http://old.example')).toBe(101);
    expect(events).toEqual([]);
  });

  it('and neither does what is given as it was', async () => {
    const { server } = await startServer({ logger: false, ...before });
    const events = collect(server.listener('reload'), ({ changed }) => changed);
    expect(server.reload({ ...before } as ReloadOptions)).toEqual([]);
    expect(server.reload({})).toEqual([]);
    expect(server.reload({ authKey: 'test key' })).toEqual([]);
    expect(server.reload({ maxClients: 8 })).toEqual(['maxClients']);
    await until('an event', () => events.length > 0);
    expect(events).toEqual([['maxClients']]);
  });
});

it('sees changes in lists and rates that it was given before', async () => {
  const authKeys = ['test key'];
  const origins = ['*:*'];
  const rateLimits = { calls: { perSecond: 5 } };
  const { server } = await startServer({ logger: false, authKey: undefined, authKeys, rateLimits });
  for (const round of [1, 2]) {
    authKeys.unshift(`key ${round}`);
    origins.unshift(`https://${round}.example`);
    rateLimits.calls.perSecond++;
    const changed = server.reload({ authKeys, origins, rateLimits });
    expect(changed).toEqual(['authKeys', 'origins', 'rateLimits']);
    expect(server.signatureKey).toBe(`key ${round}`);
  }
});

it('says what has changed in one line, and no secret', async () => {
  const lines: string[] = [];
  const info = (line: string) => void lines.push(line);
  const logger = { debug() {}, info, warn() {}, error() {} };
  const { server } = await startServer({ logger });
  server.reload({
    authKeys: ['a new secret', 'test key'],
    maxClients: 500,
    rateLimits: { calls: { perSecond: 5 } },
  });
  expect(lines).toEqual([
    'asyngular: the server has reloaded authKeys (2 of them), maxClients (0 → 500), rateLimits',
  ]);
});

/** What is seen of an option, before it is replaced on a server that runs and afterwards. */
interface Proof {
  from?: AGServerOptions;
  to: ReloadOptions;
  /** Called twice, with a client that is connected all the time. */
  see(started: Started): unknown;
  before: unknown;
  after: unknown;
}

const wait: unknown[] = [];

async function publishTwice({ client }: Started): Promise<number | undefined> {
  for (let i = 0; i < 2; i++) client.transmit('#publish', { channel: 'c', data: i });
  const isClosed = client.whenClosed().then(({ code }) => code);
  return Promise.race([client.settled().then(() => undefined), isClosed]);
}

/** How often reading has paused when two messages wait. */
async function seePauses({ server, client, socket }: Started): Promise<number> {
  const paused = server.stats().limits.inboundHighWaterMark;
  const consumer = socket.receiver('later').createConsumer();
  for (let i = 0; i < 2; i++) client.transmit('later', 'some text');
  await until('two messages', () => consumer.getBackpressure() === 2);
  consumer.kill();
  return server.stats().limits.inboundHighWaterMark - paused;
}

/** A publication of 2,000 characters that waits for the outbound line, and so is unsent. */
async function holdPublication({ server, client }: Started): Promise<void> {
  if (!server.hasMiddleware('outbound')) {
    await client.subscribe('c');
    server.setMiddleware('outbound', async (actions) => {
      for await (const action of actions) wait.push(action);
    });
  }
  await server.exchange.invokePublish('c', 'x'.repeat(2_000));
}

const proofs: readonly Proof[] = [
  {
    to: { authKey: 'new key' },
    see: async (started) => [
      await isAccepted(started, 'new key'),
      await isAccepted(started, 'test key'),
    ],
    before: [false, true],
    after: [true, false],
  },
  {
    to: { authKeys: ['new key', 'test key'] },
    see: async (started) => [
      await isAccepted(started, 'new key'),
      await isAccepted(started, 'test key'),
      await started.server.signToken({ iat: 1, exp: 2 }),
    ],
    before: [false, true, sign({ iat: 1, exp: 2 })],
    after: [true, true, sign({ iat: 1, exp: 2 }, { key: 'new key' })],
  },
  {
    to: { authAlgorithm: 'HS512' },
    see: async (started) => [
      await isAccepted(started, 'test key', { algorithm: 'HS512' }),
      await isAccepted(started, 'test key'),
      await started.server.signToken({ iat: 1, exp: 2 }),
    ],
    before: [false, true, sign({ iat: 1, exp: 2 })],
    after: [true, false, sign({ iat: 1, exp: 2 }, { algorithm: 'HS512' })],
  },
  {
    to: { authVerifyAlgorithms: ['HS384', 'HS256'] },
    see: async (started) => [
      await isAccepted(started, 'test key', { algorithm: 'HS384' }),
      await isAccepted(started, 'test key'),
    ],
    before: [false, true],
    after: [true, true],
  },
  {
    to: { authDefaultExpiry: 60 },
    see: async ({ server }) => {
      const { exp, iat } = await server.verifyToken(await server.signToken({}));
      return exp! - iat!;
    },
    before: 86_400,
    after: 60,
  },
  {
    from: { origins: '*:*' },
    to: { origins: 'https://good.example' },
    see: async (started) => [
      await statusFor(started, 'https://good.example'),
      await statusFor(started, 'https://bad.example'),
    ],
    before: [101, 101],
    after: [101, 403],
  },
  {
    to: { handshakeTimeout: 20 },
    see: async ({ server, connect }) => {
      const client = connect();
      await client.opened();
      return server.handshakeTimeout > 20 ? 'waits' : (await client.whenClosed()).code;
    },
    before: 'waits',
    after: 4005,
  },
  { to: { maxClients: 1 }, see: statusFor, before: 101, after: 503 },
  { to: { maxPendingClients: 1 }, see: statusFor, before: 101, after: 503 },
  {
    to: { maxPendingClientsPerAddress: 1 },
    see: async (started) => [await statusFor(started), await statusFor(started)],
    before: [101, 101],
    after: [101, 503],
  },
  {
    to: { maxNameLength: 3 },
    see: async ({ client }) => (await client.subscribe('long')).error?.name,
    before: undefined,
    after: 'InvalidActionError',
  },
  {
    to: { maxStreams: 0 },
    see: async ({ server, connect }) => {
      const remove = server.handle('numbers', async function* () {
        yield 1;
      });
      const client = connect();
      await client.opened();
      await client.request('#handshake', { authToken: null, ext: { stream: {} } });
      const answer = client.response(2);
      client.send({ event: 'numbers', cid: 2, credit: 1 });
      const { error } = await answer;
      remove();
      return error?.name;
    },
    before: undefined,
    after: 'InvalidActionError',
  },
  {
    to: { socketChannelLimit: 1 },
    see: async ({ client }) => {
      await client.subscribe('a');
      await client.request('#unsubscribe', 'b');
      return (await client.subscribe('b')).error?.name;
    },
    before: undefined,
    after: 'BrokerError',
  },
  { to: { inboundHighWaterMark: 2 }, see: seePauses, before: 0, after: 1 },
  { to: { inboundHighWaterMarkBytes: 40 }, see: seePauses, before: 0, after: 1 },
  {
    to: { outboundHighWaterMark: 1_000 },
    see: async (started) => {
      await holdPublication(started);
      return started.server.stats().limits.outboundHighWaterMark;
    },
    before: 0,
    after: 1,
  },
  {
    from: { outboundHighWaterMark: 500 },
    to: { outboundLimit: 1_000 },
    see: async (started) => {
      await holdPublication(started);
      return started.client.closed?.code ?? started.server.stats().limits.outboundLimit;
    },
    before: 0,
    after: 1,
  },
  {
    to: { rateLimits: { publishes: { perSecond: 1 } } },
    see: publishTwice,
    before: undefined,
    after: 1008,
  },
  {
    from: { rateLimits: { publishes: { perSecond: 1 } } },
    to: { rateLimits: {} },
    see: async (started) => publishTwice({ ...started, client: await started.open() }),
    before: 1008,
    after: undefined,
  },
  {
    to: { addressRateLimits: { publishes: { perSecond: 1 } } },
    see: publishTwice,
    before: undefined,
    after: 1008,
  },
  {
    from: { addressRateLimits: { handshakes: { perSecond: 0.1, burst: 2 } } },
    to: { addressRateLimits: { handshakes: { perSecond: 0.1, burst: 1 } } },
    see: async (started) => [await statusFor(started), await statusFor(started)],
    before: [101, 429],
    after: [101, 429],
  },
];

describe('takes effect while the server runs', () => {
  it.each(proofs.map((proof) => [Object.keys(proof.to)[0]!, proof] as const))(
    '%s',
    async (name, { from, to, see, before, after }) => {
      const started = await startWithClient({ logger: false, ...from });
      expect(await see(started)).toEqual(before);
      expect(started.server.reload(to)).toEqual([name]);
      expect(started.server.options).toMatchObject(to);
      expect(await see(started)).toEqual(after);
    },
  );

  it('each of the options, those of key pairs in reload-keys.test.ts', () => {
    const proven = proofs.flatMap(({ to }) => Object.keys(to));
    const elsewhere = ['authPrivateKey', 'authPublicKey', 'authJwksUrl'];
    expect(Object.keys(reloadableOptions).sort()).toEqual(
      [...new Set([...proven, ...elsewhere])].sort(),
    );
  });
});

it('more sockets than get their turn at once have the new rates a little later', async () => {
  const { server, open } = await startServer({ logger: false });
  const clients = await Promise.all(Array.from({ length: 120 }, () => open()));
  server.reload({ rateLimits: { publishes: { perSecond: 1 } } });
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  const last = clients.at(-1)!;
  for (let i = 0; i < 2; i++) last.transmit('#publish', { channel: 'c', data: i });
  expect((await last.whenClosed()).code).toBe(1008);
});

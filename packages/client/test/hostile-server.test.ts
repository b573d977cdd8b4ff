import fc from 'fast-check';
import { beforeEach, expect, it } from 'vitest';
import { consume } from '../src/index.js';
import { FakeServer } from './support/fake-server.js';
import { connected, outcome, pass, useVirtualTime } from './support/harness.js';

beforeEach(useVirtualTime);

const names = [
  ...['#publish', '#kickOut', '#setAuthToken', '#removeAuthToken', '#interruption', '#disconnect'],
  ...['#handshake', '#subscribe', '__proto__', 'constructor', 'toString', '', 'call'],
  ...['#presence', '#joined', '#position', '#reconnect', '#moving', '#credit', '#cancel', '#body'],
  'ticks',
];
const members = [
  ...['channel', 'data', 'message', 'token', 'since', 'until', 'reason', 'code', 'name', 'stack'],
  ...['id', 'isAuthenticated', 'authError', 'pingTimeout', '__proto__', 'constructor', 'toJSON'],
  ...['position', 'p', 'recovered', 'rewind', 'sync', 'page', 'of', 'partial', 'members', 'key'],
  ...['enter', 'update', 'leave', 'count', 'error', 'state', 'n', 'in', 'within', 'heard', 'to'],
  ...['cid', 'rid', 'upTo', 'end', 'ask', 'presence', 'publications', 'hasMore', 'ext'],
];

const { payload } = fc.letrec<{ payload: unknown }>((tie) => ({
  payload: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, 0, -1, 1e308, '', 'c', 'a.b.c', '__proto__'),
    fc.array(tie('payload'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...members), tie('payload'), { maxKeys: 4 }),
  ),
}));

const number = fc.constantFrom<unknown>(0, 1, 2, 3, 1_000, -1, 0.5, 2 ** 53, 1e308, '1', null);

const packet = fc.oneof(
  fc.record(
    {
      event: fc.constantFrom<unknown>(...names, 5, null),
      data: payload,
      cid: fc.constantFrom<unknown>(1, 2, -1, 1e308, '3', null),
      credit: number,
      timeout: number,
      body: fc.boolean(),
    },
    { requiredKeys: ['event'] },
  ),
  fc.record(
    {
      rid: fc.constantFrom<unknown>(1, 2, 3, 4, 5, 6, 7, -1, 'x'),
      data: payload,
      error: payload,
      open: fc.constantFrom<unknown>(true, false, 1),
      more: number,
      end: number,
      ask: fc.constantFrom<unknown>(true, 'x'),
    },
    { requiredKeys: ['rid'] },
  ),
  payload,
);

const message = fc.oneof(
  packet.map((value) => JSON.stringify(value)),
  fc.array(packet, { maxLength: 5 }).map((batch) => JSON.stringify(batch)),
  fc.constantFrom('', '#1', '{"event":', '[', 'null', 'text', '['.repeat(10_000)),
);

/** Whatever the client offers is agreed to. */
function agreeing(): FakeServer {
  const server = new FakeServer();
  server.behaviour.handshake = ({ ext }) => ({
    data: { id: server.nextId(), pingTimeout: 20_000, isAuthenticated: false, ext },
  });
  return server;
}

it.each([
  ['version 1', { protocolVersion: 1 }, () => new FakeServer()],
  ['version 2', {}, () => new FakeServer()],
  ['all extensions', {}, agreeing],
] as const)(
  'P10.1 %s: whatever a server sends, the socket works on',
  async (_, options, createServer) => {
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 20 }), async (messages) => {
        const { socket, server } = await connected(options, createServer());
        const channel = socket.subscribe('c');
        socket.procedure('call').createConsumer();
        consume(socket.procedure('ticks'), (request) => request.end(ticks()));
        const call = outcome(socket.invoke('first'));
        const stream = outcome(readAll(socket.stream('first')));
        const upload = outcome(socket.invoke('first', null, { body: ticks() }));
        const entering = outcome(channel.presence.enter({ at: 1 }));
        const loop = readAll(channel.presence.changes());
        const history = outcome(channel.history());
        // The fake WebSocket is synchronous: what throws in the client throws here.
        for (const content of messages) {
          server.last.emitMessage(content);
          channel.presence.update({ at: 2 });
        }
        await pass(50);
        expect(await call).toBeDefined();
        // Version 1 may have been told to go.
        socket.connect();
        await pass(50);
        const answer = socket.invoke('last', 1);
        await pass(50);
        expect(await answer).toEqual({ event: 'last', data: 1 });
        // One that it was sent to, at most.
        expect(server.connections.length).toBeLessThan(messages.length + 3);
        socket.disconnect();
        await pass(50);
        expect(await Promise.all([stream, upload, entering, history])).toHaveLength(4);
        socket.unsubscribe('c');
        socket.killAllProcedures();
        channel.kill();
        await loop;
      }),
      { numRuns: 150 },
    );
  },
);

async function* ticks(): AsyncGenerator<number> {
  yield* [1, 2, 3];
}

async function readAll(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

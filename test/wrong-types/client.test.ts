import type { AddressInfo } from 'node:net';
import { create } from '@asyngular/client';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { nextEvent } from '@asyngular/test-utils/event';
import { until, within } from '@asyngular/test-utils/wait';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import {
  call,
  closeCode,
  closeReason,
  error,
  faultsDuring,
  members,
  packet,
  response,
  seed,
  wrong,
} from './shapes.js';

const times = { since: 1, until: 2, reason: 'reconnected' };

const handshakeReply = fc.record({
  data: members({
    id: 'x',
    pingTimeout: 20_000,
    isAuthenticated: true,
    authError: { message: 'm', name: 'AuthTokenError', isBadToken: true },
    ext: {
      interruption: {},
      recovery: {},
      presence: { client: 'abcdefghijklmnopqrstuv' },
      people: {},
      stream: {},
      cancel: {},
    },
  }),
  error: fc.oneof(
    { weight: 4, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: error },
  ),
});

const someone = { key: 'a', userId: 'a', state: {}, at: 1, n: 1 };

const hostilePacket = fc.oneof(
  packet('#publish', members({ channel: 'c', data: 1 })),
  packet('#publish', members({ channel: 'log', data: 1, p: '2:0' })),
  packet('#position', members({ channel: 'log', p: '2:0' })),
  packet('#kickOut', members({ channel: 'c', message: 'out' })),
  packet('#joined', members({ channel: 'joined', position: 'k:1:0', rewind: 1 })),
  packet('#joined', members({ channel: 'c' })),
  packet('#setAuthToken', members({ token: 'a.b.c' })),
  packet('#removeAuthToken'),
  packet('#interruption', members({ channel: 'c', ...times })),
  packet('#interruption', members({ channel: 'log', ...times, position: 'k:1:0' })),
  packet('#presence', members({ channel: 'c', sync: true, page: 1, of: 1, members: [someone] })),
  packet('#presence', members({ channel: 'c', enter: [someone], update: [someone], leave: ['a'] })),
  packet('#presence', members({ channel: 'c', count: 1, key: 'a', error: { message: 'm' } })),
  packet('#disconnect', members({ code: 4100, data: 'bye' })),
  packet('#handshake'),
  packet('question'),
  call('question', { credit: 5, timeout: 1_000, body: true }),
  packet('#credit', members({ cid: 1, rid: 1, upTo: 5 })),
  packet('#cancel', members({ cid: 1, rid: 1 })),
  packet('#body', members({ cid: 1, n: 1, data: 1, ask: true, end: true })),
  response,
);

const streamPart = members({ open: true, more: 1, end: 2, ask: true, data: 1, error: null });

const authenticateReply = fc.record({
  data: members({ isAuthenticated: true, authError: { message: 'm' } }),
  error: fc.constantFrom<unknown>(undefined, { message: 5 }, 'no', []),
});

const subscribeReply = fc.record({
  data: members({ position: 'k:1:0', recovered: true, rewind: 1, presence: { key: 'a' } }),
  error: fc.constantFrom<unknown>(undefined, undefined, undefined, { message: 5 }),
});

const historyReply = fc.record({
  data: members({
    publications: [{ data: 1, position: 'k:1:0' }],
    position: 'k:1:0',
    hasMore: true,
  }),
  error: fc.constantFrom<unknown>(undefined, undefined, undefined, 'no'),
});

const presenceReply = fc.record({
  data: members({ key: 'a' }),
  error: fc.constantFrom<unknown>(undefined, undefined, { message: 5 }, 'no'),
});

const script = fc.record({
  handshakeReply,
  subscribeReply,
  presenceReply,
  historyReply,
  packets: fc.array(hostilePacket, { maxLength: 30 }),
  authenticateReply,
  parts: fc.array(streamPart, { minLength: 1, maxLength: 8 }),
  answers: fc.array(wrong, { minLength: 2, maxLength: 2 }),
  ends: fc.array(fc.record({ code: closeCode, reason: closeReason }), {
    minLength: 2,
    maxLength: 2,
  }),
});
type Script = typeof script extends fc.Arbitrary<infer Value> ? Value : never;

/** Speaks the protocol as far as its script does not say otherwise. */
class HostileServer {
  script: Script | undefined;
  connections: WebSocket[] = [];
  readonly #server = new WebSocketServer({ port: 0, host: '127.0.0.1' });

  constructor() {
    this.#server.on('connection', (connection) => {
      const isFirst = this.connections.push(connection) === 1;
      connection.on('message', (message) => this.#onMessage(connection, String(message), isFirst));
    });
    onCleanup(() => {
      for (const connection of this.#server.clients) connection.terminate();
      this.#server.close();
    });
  }

  async listening(): Promise<void> {
    await nextEvent(this.#server, 'listening');
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  send(value: unknown): void {
    this.connections.at(-1)!.send(JSON.stringify(value));
  }

  #onMessage(connection: WebSocket, message: string, isFirst: boolean): void {
    if (message === '') return;
    const content = JSON.parse(message);
    for (const { event, data, cid } of Array.isArray(content) ? content : [content]) {
      if (cid === undefined) continue;
      if (event === 'flow') {
        for (const part of this.script!.parts) {
          connection.send(JSON.stringify({ ...(part as object), rid: cid }));
        }
        continue;
      }
      connection.send(JSON.stringify({ rid: cid, ...this.#answer(event, data, isFirst) }));
    }
  }

  #answer(event: string, data: unknown, isFirst: boolean): object {
    if (event === '#handshake') {
      if (isFirst) return this.script!.handshakeReply;
      return {
        data: {
          id: 'x',
          pingTimeout: 20_000,
          isAuthenticated: false,
          ext: {
            interruption: {},
            recovery: {},
            presence: {},
            people: {},
            stream: {},
            cancel: {},
          },
        },
      };
    }
    if (event === '#subscribe') return this.script!.subscribeReply;
    if (event === '#presence') return this.script!.presenceReply;
    if (event === '#history') return this.script!.historyReply;
    if (event === '#authenticate') return this.script!.authenticateReply;
    if (event === 'ask') return { data: this.script!.answers[0], error: this.script!.answers[1] };
    return { data };
  }
}

const RUNS = 60;

it.each([1, 2] as const)(
  `P10.1 version %i: packets with members of wrong types leave the client able to call (FUZZ_SEED=${seed})`,
  { timeout: 120_000 },
  async (protocolVersion) => {
    const server = new HostileServer();
    await server.listening();
    const faults = await faultsDuring(() =>
      fc.assert(
        fc.asyncProperty(script, (chosen) => converse(server, chosen, protocolVersion)),
        { seed, numRuns: RUNS, endOnFailure: true },
      ),
    );
    expect(faults).toEqual([]);
  },
);

async function converse(server: HostileServer, script: Script, protocolVersion: 1 | 2) {
  server.script = script;
  server.connections = [];
  const socket = create({
    port: server.port,
    hostname: '127.0.0.1',
    protocolVersion,
    autoReconnectOptions: { initialDelay: 1, randomness: 0, multiplier: 1, maxDelay: 1 },
  });
  const ended: unknown[] = [];
  for (const name of ['connect', 'connectAbort'] as const) {
    void socket
      .listener(name)
      .once()
      .then((event) => ended.push(name, event));
  }
  const { presence } = socket.subscribe('c', { presence: {} });
  presence.changes().createConsumer();
  socket.subscribe('log', { since: 'k:1:0' });
  socket.procedure('question').createConsumer();
  try {
    await until('an outcome of the hostile handshake', () => ended.length > 0);
    server.connections[0]!.close(script.ends[0]!.code, script.ends[0]!.reason);
    await until('the end of it', () => server.connections[0]!.readyState === 3);

    await answered(socket, 'after the hostile handshake');
    for (const hostile of script.packets) server.send(hostile);
    // Nobody awaits it, and its end does no harm.
    presence.enter({ again: true });
    // What the answers hold is the application's; that the calls end is ours.
    await within(
      'hostile answers',
      Promise.allSettled([
        socket.invoke('ask'),
        socket.authenticate('a.b.c'),
        socket.history('log'),
        socket.invokePublish('log', 1),
        readFlow(socket),
      ]),
    );
    expect(presence.members.size).toBeLessThanOrEqual(presence.count);
    await answered(socket, 'after hostile packets');

    server.connections.at(-1)!.close(script.ends[1]!.code, script.ends[1]!.reason);
    await until('the close', () => socket.state !== 'open');
    await answered(socket, 'after hostile closes');
  } finally {
    socket.disconnect();
    socket.closeAllListeners();
    socket.killAllProcedures();
  }
}

/** Until its end, or for a moment. */
async function readFlow(socket: ReturnType<typeof create>): Promise<void> {
  async function* body(): AsyncGenerator<number> {
    for (let n = 0; n < 20; n++) yield n;
  }
  for await (const _item of socket.stream('flow', 0, { timeout: 20, body: body() })) {
    // Whatever it is.
  }
}

/** The next call is answered. One that a close takes along may be made again, on the next connection. */
async function answered(socket: ReturnType<typeof create>, when: string): Promise<void> {
  await until(`a call ${when}`, async () => {
    try {
      return (await socket.invoke('echo', when)) === when;
    } catch (error) {
      if ((error as Error).name !== 'BadConnectionError') throw error;
      return false;
    }
  });
}

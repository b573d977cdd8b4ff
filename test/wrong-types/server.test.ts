import { type AGServerSocket, listen } from '@asyngular/server';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { nextEvent } from '@asyngular/test-utils/event';
import { RawClient } from '@asyngular/test-utils/raw-client';
import { until } from '@asyngular/test-utils/wait';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  call,
  closeCode,
  closeReason,
  faultsDuring,
  member,
  members,
  packet,
  response,
  seed,
} from './shapes.js';

const hostilePacket = fc.oneof(
  packet('#handshake', members({ authToken: null, ext: {} })),
  packet('#authenticate', member('a.b.c')),
  packet('#removeAuthToken'),
  packet('#setAuthToken', members({ token: 'a.b.c' })),
  packet('#subscribe', members({ channel: 'c', waitForAuth: true, data: 1 })),
  packet('#subscribe', member('c')),
  packet(
    '#subscribe',
    members({ channel: 'log', recover: 'k:1:0', away: 5, rewind: 5, mode: 'reject' }),
  ),
  packet('#subscribe', members({ channel: 'c', presence: { state: {}, watch: true } })),
  packet(
    '#subscribe',
    fc.record({ channel: fc.constant('c'), presence: members({ state: { a: 1 }, watch: true }) }),
  ),
  ...['enter', 'update', 'leave', 'watch'].map((what) =>
    packet('#presence', members({ channel: 'c', [what]: true })),
  ),
  packet('#publish', members({ channel: 'log', data: 1, id: 'x' })),
  packet('#history', members({ channel: 'log', limit: 5, order: 'oldest' })),
  packet('#history', members({ channel: 'log', before: 'k:1:0', after: 'k:1:0' })),
  packet('#unsubscribe', member('c')),
  packet('#publish', members({ channel: 'c', data: 1, except: true })),
  packet('#publish', members({ channel: 'log', data: 1, except: true })),
  packet('#subscribe', members({ channel: '#user' })),
  packet('#publish', members({ channel: '#user', data: 1 })),
  packet('#disconnect', members({ code: 4100, data: 'bye' })),
  packet('#interruption', members({ channel: 'c', since: 1, until: 2 })),
  packet('#credit', members({ cid: 1, rid: 1, upTo: 5 })),
  packet('#cancel', members({ cid: 1, rid: 1 })),
  packet('#body', members({ cid: 1, n: 1, data: 1, ask: true, end: true })),
  call('count', { credit: 5, timeout: 1_000, body: true }),
  call('sum', { credit: 5, timeout: 1_000, body: true }),
  packet('echo'),
  response,
);

const script = fc.record({
  handshake: members({
    authToken: 'a.b.c',
    ext: { interruption: {}, presence: { client: 5, was: {} }, people: { id: 'x' }, recovery: {} },
  }),
  packets: fc.array(hostilePacket, { maxLength: 30 }),
  end: fc.record({ code: closeCode, reason: closeReason }),
});

/** Codes with which a connection may end before its last call is answered. */
const announcedCloses = new Set([
  1000, // It said #disconnect (P11.4).
  4008, // Its #authenticate or #handshake had no call id (P4.9, P5.11).
]);

const RUNS = 100;

it.each([1, 2] as const)(
  `P10.1 P16.15 version %i: packets with members of wrong types are answered, and harm nobody else (FUZZ_SEED=${seed})`,
  { timeout: 120_000 },
  async (protocolVersion) => {
    const channels = { c: { presence: true }, log: { history: { size: 5 }, rewind: 5 } };
    const server = listen(0, { protocolVersion, channels, userId: (socket) => socket.id });
    await nextEvent(server.httpServer!, 'listening');
    onCleanup(async () => {
      await server.close();
      server.httpServer!.close();
    });
    server.handle('echo', (data) => data);
    server.handle('count', async function* () {
      for (let n = 0; n < 20; n++) yield n;
    });
    server.handle('sum', async (_data, { body }) => {
      let items = 0;
      for await (const _item of body) items++;
      return items;
    });
    void (async () => {
      for await (const { socket } of server.listener('connection')) question(socket);
    })();
    const url = `ws://127.0.0.1:${server.port}/asyngular/`;
    const bystander = new RawClient(url);
    await bystander.handshake();

    const faults = await faultsDuring(() =>
      fc.assert(
        fc.asyncProperty(script, async ({ handshake, packets, end }) => {
          const client = new RawClient(url);
          await client.opened();
          const reply = await client.request('#handshake', handshake);
          expect(reply.data).toMatchObject({ id: expect.any(String), isAuthenticated: false });
          for (const hostile of packets) client.send(hostile);
          await answeredOrClosed(client);
          expect((await bystander.request('echo', 'bystander')).data).toBe('bystander');
          client.ws.close(end.code, end.reason);
          await client.whenClosed();
        }),
        { seed, numRuns: RUNS, endOnFailure: true },
      ),
    );
    expect(faults).toEqual([]);
    await until('the end of all hostile clients', () => server.clientsCount === 1);
  },
);

/** Calls that the hostile client's responses may settle. */
function question(socket: AGServerSocket): void {
  for (let call = 1; call <= 3; call++) socket.invoke('question').catch(() => {});
  read(socket).catch(() => {});
}

/** A stream that they may be parts of, with a body that they may ask for. */
async function read(socket: AGServerSocket): Promise<void> {
  async function* body(): AsyncGenerator<number> {
    for (let n = 0; n < 20; n++) yield n;
  }
  for await (const _item of socket.stream('stream', 0, { body: body() })) {
    // Whatever it is.
  }
}

/** The next call is answered, unless the protocol says that one of the packets ends the connection. */
async function answeredOrClosed(client: RawClient): Promise<void> {
  const cid = 1_000;
  const outcome = client.next(
    'the answer to the call after hostile packets',
    (message) => message?.rid === cid || message?.$closed !== undefined,
  );
  client.send({ event: 'echo', data: 'still here', cid });
  const { data, $closed } = await outcome;
  if ($closed === undefined) expect(data).toBe('still here');
  else expect(announcedCloses).toContain($closed);
}

import { socketProtocolErrorStatuses } from '@asyngular/protocol';
import { expect } from 'vitest';
import { WebSocket } from 'ws';
import type { TestServer } from '../support/server.js';
import type { Stage } from '../support/stage.js';
import { behaviour, onPublished } from './behaviour.js';

const unsubscribesAtOnce = onPublished(
  /'unsubscribe news'/,
  'It unsubscribes within the turn of the close, before code behind promises has resumed.',
);

interface Ending {
  event: string;
  code: number;
  reason: unknown;
}

/** A server with its own and its sockets' events of an end, as they come. */
async function recorded(
  stage: Stage,
  prepare?: (server: TestServer) => unknown,
): Promise<{ endings: Ending[]; server: TestServer }> {
  const endings: Ending[] = [];
  const record = async (emitter: any, event: string): Promise<void> => {
    for await (const { code, reason } of emitter.listener(event)) {
      endings.push({ event, code, reason });
    }
  };
  const server = await stage.server({}, prepare);
  for (const event of ['connectionAbort', 'disconnection', 'closure']) {
    void record(server.native, event);
  }
  void (async () => {
    for await (const { socket } of server.native.listener('handshake')) {
      for (const event of ['connectAbort', 'disconnect', 'close']) void record(socket, event);
    }
  })();
  return { endings, server };
}

async function expectTableText(
  stage: Stage,
  endings: readonly Ending[],
  events: readonly string[],
  code: number,
): Promise<void> {
  await stage.until(
    `${events.length} events`,
    () => endings.length >= events.length,
    () => endings,
  );
  const reason = socketProtocolErrorStatuses[code];
  expect([...endings].sort((a, b) => a.event.localeCompare(b.event))).toEqual(
    [...events].sort().map((event) => ({ event, code, reason })),
  );
}

const openEvents = ['disconnect', 'disconnection', 'close', 'closure'];
const earlyEvents = ['connectAbort', 'connectionAbort', 'close', 'closure'];

/** What the ways to wait for the end of a socket see, in order. */
async function orderAtTheEnd(
  stage: Stage,
  waitFor: (socket: any, log: (line: string) => void) => unknown,
): Promise<string[]> {
  const lines: string[] = [];
  const log = (line: string): void => void lines.push(line);
  const { client, socket } = await stage.connected();
  for (const name of ['news', 'sports']) {
    client.subscribe(name);
    await client.subscribed(name);
  }
  void (async () => {
    for await (const { channel } of socket.listener('unsubscribe')) log(`unsubscribe ${channel}`);
  })();
  waitFor(socket, log);
  client.disconnect();
  await stage.until(
    'disconnect and two unsubscribe events',
    () => lines.length === 3,
    () => lines,
  );
  return lines;
}

const inOrder = ['disconnect', 'unsubscribe news', 'unsubscribe sports'];

/** What a server tells about the end of a socket. */
export const endings = [
  ...[4001, 4005, 4008, 4009].map((code) =>
    behaviour(
      `a server that closes with ${code} has the reason in its own events`,
      async (stage) => {
        const { endings, server } = await recorded(stage);
        const { client, socket } = await stage.join(server);
        void socket.disconnect(code);
        await expectTableText(stage, endings, openEvents, code);
        expect((await client.event('disconnect')).reason).toBe(socketProtocolErrorStatuses[code]);
      },
    ),
  ),

  behaviour('a message before the handshake ends with the reason of 4009', async (stage) => {
    const { endings, server } = await recorded(stage);
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/asyngular/`);
    socket.onopen = () => socket.send('{"event":"early"}');
    await expectTableText(stage, endings, earlyEvents, 4009);
    socket.close();
  }),

  behaviour('a refused handshake ends with the reason of 4008', async (stage) => {
    const { endings, server } = await recorded(stage, (it) =>
      it.middleware('handshake', (action) => {
        if (action.type !== 'handshakeWS') action.block(new Error('not you'));
      }),
    );
    const client = stage.client(server);
    await client.event('connectAbort');
    client.disconnect();
    await expectTableText(stage, endings.slice(0, 4), earlyEvents, 4008);
  }),

  behaviour('a loop over disconnect sees it before unsubscribe', async (stage) => {
    const lines = await orderAtTheEnd(stage, async (socket, log) => {
      for await (const _ of socket.listener('disconnect')) log('disconnect');
    });
    expect(lines).toEqual(inOrder);
  }),

  behaviour(
    'once() for disconnect resolves before unsubscribe',
    async (stage) => {
      const lines = await orderAtTheEnd(stage, async (socket, log) => {
        await socket.listener('disconnect').once();
        log('disconnect');
      });
      expect(lines).toEqual(inOrder);
    },
    unsubscribesAtOnce,
  ),

  behaviour(
    'once() for disconnect behind further promises resolves before unsubscribe',
    async (stage) => {
      const lines = await orderAtTheEnd(stage, async (socket, log) => {
        const disconnected = (async () => socket.listener('disconnect').once())();
        await Promise.all([disconnected.then((status) => status)]);
        log('disconnect');
      });
      expect(lines).toEqual(inOrder);
    },
    unsubscribesAtOnce,
  ),
];

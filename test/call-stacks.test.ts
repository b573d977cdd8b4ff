import { type AGClientSocket, create } from '@asyngular/client';
import { type AGServerSocket, listen } from '@asyngular/server';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { within } from '@asyngular/test-utils/wait';
import { expect, it } from 'vitest';

// Errors of calls say where in the application the call was made.

async function start() {
  const server = listen(0, { authKey: 'test key', logger: false });
  onCleanup(() => server.close());
  await within('the server', server.listener('ready').once());
  server.handle('bug', () => {
    throw new TypeError('secret');
  });
  server.handle('slow', () => new Promise(() => {}));
  const connected = within('the connection', server.listener('connection').once());
  const socket = create({ hostname: '127.0.0.1', port: server.port, logger: false });
  onCleanup(() => socket.disconnect());
  await within('the client', socket.listener('connect').once());
  return { server, socket, serverSocket: (await connected).socket };
}

/** The error of a call that code of the application awaits. */
async function errorOf(call: () => Promise<unknown>): Promise<Error> {
  async function codeOfTheApplication(): Promise<void> {
    await call();
  }
  try {
    await within('the end of the call', codeOfTheApplication());
  } catch (error) {
    return error as Error;
  }
  throw new Error('The call did not fail');
}

const clientCalls: [string, (socket: AGClientSocket) => Promise<unknown>][] = [
  ['a handler that fails', (socket) => socket.invoke('bug')],
  ['a procedure that nobody handles', (socket) => socket.invoke('none')],
  ['a timeout', (socket) => socket.invoke('slow', 0, { ackTimeout: 1 })],
  ['a bad token', (socket) => socket.authenticate('a.b.c')],
  ['a publication that is refused', (socket) => socket.invokePublish('secret', 1)],
  ['a subscription that is refused', (socket) => socket.subscribe('secret').subscribed()],
  [
    'a connection that is lost',
    (socket) => {
      const call = socket.invoke('slow');
      socket.disconnect();
      return call;
    },
  ],
];

it.each(clientCalls)('the client: %s', async (_what, call) => {
  const { server, socket } = await start();
  server.use('inbound', (action) => !('channel' in action && action.channel === 'secret'));
  const { name, message, stack } = await errorOf(() => call(socket));
  expect(stack).toMatch(
    /\n +at (?:async )?codeOfTheApplication \(.*call-stacks\.test\.ts:\d+:\d+\)/,
  );
  expect(stack!.startsWith(`${name}: ${message}\n`)).toBe(true);
});

const serverCalls: [string, (socket: AGServerSocket) => Promise<unknown>][] = [
  ['a procedure that nobody handles', (socket) => socket.invoke('none')],
  ['a timeout', (socket) => socket.invoke('slow', 0, { ackTimeout: 1 })],
  [
    'a connection that is lost',
    (socket) => {
      const call = socket.invoke('slow');
      void socket.disconnect();
      return call;
    },
  ],
];

it.each(serverCalls)('the server: %s', async (_what, call) => {
  const { socket, serverSocket } = await start();
  void (async () => {
    for await (const _request of socket.procedure('slow'));
  })();
  const { stack } = await errorOf(() => call(serverSocket));
  expect(stack).toMatch(
    /\n +at (?:async )?codeOfTheApplication \(.*call-stacks\.test\.ts:\d+:\d+\)/,
  );
});

it('an error of the application itself keeps its stack', async () => {
  const { socket } = await start();
  const controller = new AbortController();
  const reason = new Error('changed my mind');
  const { stack } = reason;
  const error = errorOf(() => socket.invoke('slow', 0, { signal: controller.signal }));
  controller.abort(reason);
  expect(await error).toBe(reason);
  expect(reason.stack).toBe(stack);
});

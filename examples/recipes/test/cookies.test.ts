import { createServer } from 'node:http';
import { attach } from '@asyngular/server';
import { expect, it } from 'vitest';
import { start } from '../src/cookies.js';
import { connect, DEADLINE_MS, running } from './support.js';

const page = 'https://app.example.com';
const origins = ['app.example.com:443'];

/** Logs in over HTTP as a browser does; resolves with the cookie. */
async function logIn(port: number, user: string): Promise<string> {
  const response = await fetch(`http://localhost:${port}/login`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: user,
  });
  const [cookie] = response.headers.getSetCookie();
  expect(cookie).toMatch(/^sid=[\w-]+; Path=\/; HttpOnly; SameSite=Lax$/);
  return cookie!.split(';')[0]!;
}

function connectAs(port: number, headers: Record<string, string>) {
  return connect(port, { wsOptions: { headers: { origin: page, ...headers } } });
}

it('knows the user of a socket from the cookie of its upgrade request', async () => {
  const port = await running(start(0, origins));
  const [ada, bob] = await Promise.all([logIn(port, 'Ada'), logIn(port, 'Bob')]);

  const sockets = [ada, bob].map((cookie) => connectAs(port, { cookie: `theme=dark; ${cookie}` }));

  const users = await Promise.all(sockets.map((socket) => socket.invoke('whoami')));
  expect(users).toEqual(['Ada', 'Bob']);
});

it.each([
  ['without a cookie', {}],
  ['with a made-up session', { cookie: 'sid=1' }],
  ['with a cookie that only ends in the name', { cookie: 'xsid=1' }],
])('refuses a socket %s', async (_, headers: Record<string, string>) => {
  const recipe = start(0, origins);
  const socket = connectAs(await running(recipe), headers);

  expect((await socket.listener('connectAbort').once(DEADLINE_MS)).code).toBe(1006);
  expect(recipe.server.clientsCount).toBe(0);
});

it('refuses the pages of others, whatever their cookies', async () => {
  const port = await running(start(0, origins));
  const cookie = await logIn(port, 'Ada');

  const socket = connectAs(port, { cookie, origin: 'https://evil.example' });

  expect((await socket.listener('connectAbort').once(DEADLINE_MS)).code).toBe(1006);
});

it('ends the connections of a session with it', async () => {
  const port = await running(start(0, origins));
  const [ada, bob] = await Promise.all([logIn(port, 'Ada'), logIn(port, 'Bob')]);
  const adaSocket = connectAs(port, { cookie: ada });
  const bobSocket = connectAs(port, { cookie: bob });
  await Promise.all([adaSocket.invoke('whoami'), bobSocket.invoke('whoami')]);

  const disconnected = adaSocket.listener('disconnect').once(DEADLINE_MS);
  await fetch(`http://localhost:${port}/logout`, { method: 'POST', headers: { cookie: ada } });

  expect(await disconnected).toEqual({ code: 4500, reason: 'Logged out' });
  expect(await bobSocket.invoke('whoami')).toBe('Bob');
  const again = connectAs(port, { cookie: ada });
  expect((await again.listener('connectAbort').once(DEADLINE_MS)).code).toBe(1006);
});

it('a handshake blocked with a code from 4500 on tells the page why, and ends the attempts', async () => {
  const httpServer = createServer();
  const server = attach(httpServer);
  server.setMiddleware('handshake', async (actions) => {
    for await (const action of actions) {
      if (action.type === 'handshakeAG') {
        const error = Object.assign(new Error('Log in first'), { name: 'NoSession' });
        action.block(Object.assign(error, { statusCode: 4500 }));
      } else {
        action.allow();
      }
    }
  });
  httpServer.listen(0);
  const socket = connect(await running({ httpServer, server }), { autoReconnect: true });
  const [{ error }, { code }] = await Promise.all([
    socket.listener('error').once(DEADLINE_MS),
    socket.listener('connectAbort').once(DEADLINE_MS),
  ]);

  expect(error).toMatchObject({ name: 'NoSession', message: 'Log in first' });
  expect(code).toBe(4500);
  expect(socket.pendingReconnect).toBe(false);
});

import { expect, it } from 'vitest';
import { start } from '../src/http-login.js';
import { connect, DEADLINE_MS, running } from './support.js';

const page = 'https://app.example.com';

async function logIn(port: number, user: string): Promise<{ token: string; cookie: string }> {
  const response = await fetch(`http://localhost:${port}/login`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: user,
  });
  const [cookie] = response.headers.getSetCookie();
  expect(cookie).toMatch(/^token=[\w.-]+; Path=\/; HttpOnly; SameSite=Lax$/);
  const { token } = (await response.json()) as { token: string };
  return { token, cookie: cookie!.split(';')[0]! };
}

function connectWith(port: number, headers: Record<string, string>) {
  return connect(port, { wsOptions: { headers: { origin: page, ...headers } } });
}

it('knows a page by the cookie of its upgrade request', async () => {
  const port = await running(start(0, 'key', [page]));
  const { cookie } = await logIn(port, 'Ada');
  expect(await connectWith(port, { cookie }).invoke('whoami')).toBe('Ada');
});

it('knows a program by the token of the same login, over HTTP and over the socket', async () => {
  const port = await running(start(0, 'key', [page]));
  const { token } = await logIn(port, 'Ada');
  const me = await fetch(`http://localhost:${port}/me`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(await me.json()).toMatchObject({ user: 'Ada' });
  const socket = connectWith(port, {});
  expect(await socket.invoke('whoami')).toBeUndefined();
  await socket.authenticate(token);
  expect(await socket.invoke('whoami')).toBe('Ada');
});

it('refuses a forged token in both places', async () => {
  const port = await running(start(0, 'key', [page]));
  const { cookie } = await logIn(port, 'Ada');
  const forged = `${cookie.slice(0, -4)}AAAA`;
  const me = await fetch(`http://localhost:${port}/me`, { headers: { cookie: forged } });
  expect(me.status).toBe(401);
  const socket = connectWith(port, { cookie: forged });
  expect((await socket.listener('connectAbort').once(DEADLINE_MS)).code).toBe(4008);
});

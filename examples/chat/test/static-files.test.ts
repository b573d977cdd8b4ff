import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startChat } from '../src/server/start-chat.js';

const publicDirectory = new URL('../public/', import.meta.url);
let chat: Awaited<ReturnType<typeof startChat>>;

beforeAll(async () => {
  chat = await startChat({ port: 0, authKey: 'test key', directories: [publicDirectory] });
});

afterAll(() => chat.close());

const get = (path: string, init?: RequestInit) =>
  fetch(`http://localhost:${chat.port}${path}`, init);

/** Sends the path as it is; `fetch` would resolve the dots itself. */
function getRaw(path: string): Promise<string> {
  const socket = connect(chat.port, 'localhost');
  socket.end(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  return text(socket);
}

it('serves the page at / with a content security policy', async () => {
  const response = await get('/?from=test');
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(response.headers.get('content-security-policy')).toContain("script-src 'self'");
  expect(await response.text()).toContain('<title>Asyngular chat</title>');
});

it.each([
  '/../package.json',
  '/%2e%2e/package.json',
  '/..%2fpackage.json',
  '/public/',
  '//etc/passwd',
])('serves nothing outside its folders: %s', async (path) => {
  expect(await getRaw(path)).toMatch(/^HTTP\/1\.1 404 /);
});

it('answers 304 to a browser that has the file', async () => {
  const etag = (await get('/style.css')).headers.get('etag') ?? '';
  const response = await get('/style.css', { headers: { 'if-none-match': etag } });
  expect(response.status).toBe(304);
});

it('answers HEAD without a body and refuses other methods', async () => {
  expect(await (await get('/', { method: 'HEAD' })).text()).toBe('');
  expect((await get('/', { method: 'POST' })).status).toBe(405);
});

it('refuses a port in use with advice', async () => {
  const { port } = chat;
  const second = startChat({ port, authKey: 'test key', directories: [publicDirectory] });
  await expect(second).rejects.toThrow(`Port ${port} is already in use`);
});

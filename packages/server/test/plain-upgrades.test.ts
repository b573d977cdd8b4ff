import { connect } from 'node:net';
import { within } from '@asyngular/test-utils/wait';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { AGServerOptions } from '../src/index.js';
import { onCleanup, onConnection, startServer } from './support/server.js';

// The default engine answers upgrades itself that ask for nothing but a WebSocket. Nobody may notice which they are.

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

interface Change {
  [header: string]: string | readonly string[] | undefined;
}

/** An upgrade request with other headers than usual, or without some of them. */
function requestWith(change: Change = {}, line = 'GET /asyngular/ HTTP/1.1'): string {
  const headers: Change = {
    Host: 'localhost',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': KEY,
    ...change,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((text) => `${name}: ${text}`),
  );
  return [line, ...lines, '', ''].join('\r\n');
}

/** The head of the answer, and what came with it. */
async function ask(port: number, request: string | Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  onCleanup(() => void socket.destroy());
  socket.write(request);
  let answer = '';
  await within(
    'an answer to the upgrade',
    new Promise<void>((resolve) => {
      socket.on('data', (chunk) => {
        answer += chunk.toString('latin1');
        if (answer.includes('\r\n\r\n')) resolve();
      });
      socket.on('close', resolve);
    }),
    () => answer,
  );
  return answer;
}

/** Status and accept key of the answer. */
function verdictOf(answer: string): string {
  const [status] = /\d{3}/.exec(answer) ?? ['none'];
  const [, accept] = /Sec-WebSocket-Accept: (.*)\r\n/.exec(answer) ?? [];
  return accept === undefined ? status : `${status} ${accept}`;
}

it('are answered with the key that RFC 6455 §1.3 has for its sample', async () => {
  const { port } = await startServer();
  expect(await ask(port, requestWith())).toBe(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
  );
});

/** Engines that leave all requests to `ws`, for comparison. */
const throughWs: AGServerOptions = { wsEngineServerOptions: { verifyClient: () => true } };

it.each<[string, string]>([
  ['an upgrade in other letters', requestWith({ Upgrade: 'WebSocket' })],
  ['names in other letters', requestWith().replaceAll('Sec-WebSocket', 'SEC-websocket')],
  ['the version of the last draft', requestWith({ 'Sec-WebSocket-Version': '8' })],
  ['an unknown version', requestWith({ 'Sec-WebSocket-Version': '12' })],
  ['no version', requestWith({ 'Sec-WebSocket-Version': undefined })],
  ['two versions', requestWith({ 'Sec-WebSocket-Version': ['13', '13'] })],
  ['no key', requestWith({ 'Sec-WebSocket-Key': undefined })],
  ['a key that is too short', requestWith({ 'Sec-WebSocket-Key': 'AAAA' })],
  ['two keys', requestWith({ 'Sec-WebSocket-Key': [KEY, KEY] })],
  ['another upgrade', requestWith({ Upgrade: 'h2c' })],
  ['another method', requestWith({}, 'POST /asyngular/ HTTP/1.1')],
  ['an extension that is not spoken', requestWith({ 'Sec-WebSocket-Extensions': 'x-none; a=1' })],
  ['sub-protocols', requestWith({ 'Sec-WebSocket-Protocol': 'chat, other' })],
  ['broken sub-protocols', requestWith({ 'Sec-WebSocket-Protocol': 'chat,, other' })],
])('have the verdict of ws: %s', async (_what, request) => {
  const [own, reference] = [await startServer(), await startServer(throughWs)];
  expect(verdictOf(await ask(own.port, request))).toBe(
    verdictOf(await ask(reference.port, request)),
  );
});

it('a sub-protocol is chosen as before', async () => {
  const { url } = await startServer();
  const client = new WebSocket(url, ['chat', 'other']);
  onCleanup(() => client.terminate());
  await within('the connection', new Promise((resolve) => client.on('open', resolve)));
  expect(client.protocol).toBe('chat');
});

it('applications may add headers to the answer', async () => {
  const { server, port } = await startServer();
  server.wsServer.on('headers', (headers: string[]) => headers.push('X-Server: a'));
  expect(await ask(port, requestWith())).toContain('\r\nX-Server: a\r\n');
});

it('a message that comes along with the request is read', async () => {
  const { server, port } = await startServer();
  const seen = within('a socket', server.listener('connection').once());
  const message = Buffer.from('{"event":"#handshake","data":{"authToken":null},"cid":1}');
  const frame = Buffer.concat([Buffer.from([0x81, 0x80 | message.length, 0, 0, 0, 0]), message]);
  await ask(port, Buffer.concat([Buffer.from(requestWith()), frame]));
  expect((await seen).id).toHaveLength(20);
});

it('the headers of a request are there whenever they are asked for', async () => {
  const { server, open, connect: connectClient } = await startServer();
  const headers: unknown[] = [];
  onConnection(server, ({ request }) => headers.push(request.headers['x-client'], request.headers));
  const client = connectClient({ headers: { 'X-Client': 'b' } });
  await client.handshake();
  expect(headers[0]).toBe('b');
  expect(headers[1]).toMatchObject({ upgrade: 'websocket', 'sec-websocket-version': '13' });
  // What the handshake line has changed stays.
  server.use('handshake', (action) => {
    if (action.type === 'handshakeWS') action.request.headers['x-user'] = 'ann';
  });
  await open();
  expect(headers[3]).toMatchObject({ 'x-user': 'ann' });
});

import { ConnectionError } from '@asyngular/protocol';
import { freePort } from '@asyngular/test-utils/ports';
import { rejection, within } from '@asyngular/test-utils/wait';
import { expect, it } from 'vitest';
import { type ClientOptions, create } from '../src/index.js';
import { startPlain, startRefusing, startSelfSigned } from './support/refusing-servers.js';

/** Everything that tells of a failed attempt. */
async function failedAttempt(options: ClientOptions) {
  const socket = create({ hostname: 'localhost', autoReconnect: false, ...options });
  const heard = Promise.all([
    socket.listener('connectAbort').once(),
    socket.listener('close').once(),
    socket.listener('error').once(),
    rejection(socket.invoke('greet'), 'the call'),
  ]);
  const [connectAbort, close, { error }, refusal] = await within('the end of the attempt', heard);
  return { uri: socket.uri(), connectAbort, close, error, refusal };
}

/** Expects that events and call say the same, and returns it without the URL. */
async function whyNot(options: ClientOptions) {
  const { uri, connectAbort, close, error, refusal } = await failedAttempt(options);
  const cause = connectAbort.cause as ConnectionError;
  expect(cause).toBeInstanceOf(ConnectionError);
  expect(connectAbort).toEqual({ code: 1006, reason: 'Socket hung up', cause });
  expect(close).toEqual(connectAbort);
  expect(error).toMatchObject({ name: 'SocketProtocolError', code: 1006, message: cause.message });
  expect(refusal).toMatchObject({
    name: 'BadConnectionError',
    message: `Event greet was aborted due to a bad connection: ${cause.message}`,
    type: 'connectAbort',
    code: 1006,
    reason: 'Socket hung up',
  });
  expect([error.cause, refusal.cause]).toEqual([cause, cause]);
  expect(cause.url).toBe(uri.split('?')[0]);
  const start = `Could not connect to ${cause.url}`;
  expect(cause.message.slice(0, start.length)).toBe(start);
  return { why: cause.message.slice(start.length), cause };
}

it('a server that is down, or another port', async () => {
  const { why, cause } = await whyNot({ port: await freePort(), query: { secret: 's3cret' } });
  expect(why).toBe(': ECONNREFUSED (is the server running, and is the port right?)');
  expect(cause.cause).toMatchObject({ code: 'ECONNREFUSED' });
  expect(JSON.stringify(cause)).not.toContain('s3cret');
});

it('another path', async () => {
  const { why, cause } = await whyNot({ port: await startPlain(), path: '/socketcluster/' });
  expect(why).toBe(': the server answered 400 to the upgrade: is the path right?');
  expect(cause.status).toBe(400);
});

it.each([
  [401, 'it wants credentials that the request has not'],
  [403, 'has the "origins" option of the server, or what stands before it, refused this client?'],
  [404, 'is the path right?'],
  [418, 'is that a WebSocket server?'],
  [503, 'it is full, or about to end: later attempts may succeed'],
])('an upgrade that is answered with %d', async (status, remedy) => {
  const { why, cause } = await whyNot({ port: await startRefusing(status) });
  expect(why).toBe(`: the server answered ${status} to the upgrade: ${remedy}`);
  expect(cause.status).toBe(status);
});

it('a self-signed certificate, until it is passed', async () => {
  const { port, cert } = await startSelfSigned();
  const { why } = await whyNot({ port, secure: true });
  expect(why).toBe(
    ': DEPTH_ZERO_SELF_SIGNED_CERT (self-signed certificate: pass it as wsOptions.ca)',
  );
  const socket = create({ hostname: 'localhost', port, secure: true, wsOptions: { ca: cert } });
  await within('the connection', socket.listener('connect').once());
  socket.disconnect();
});

it('ws:// to a server that speaks TLS', async () => {
  const { port } = await startSelfSigned();
  const { why } = await whyNot({ port });
  expect(why).toBe(
    ': ECONNRESET (the server hung up: does it speak TLS? Then use wss://, or secure: true)',
  );
});

it('wss:// to a server that does not', async () => {
  const { why } = await whyNot({ port: await startPlain(), secure: true });
  expect(why).toBe(': EPROTO (the server does not speak TLS: use ws://, or secure: false)');
});

it('an address that no WebSocket can have', async () => {
  const { uri, connectAbort, error, refusal } = await failedAttempt({ protocolScheme: 'gopher' });
  expect(connectAbort).toMatchObject({ code: 1006, cause: { url: uri } });
  expect(error.message).toContain(`Could not connect to ${uri}: The URL's protocol must be`);
  expect(refusal.cause).toBe(connectAbort.cause);
});

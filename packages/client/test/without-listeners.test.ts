import { freePort } from '@asyngular/test-utils/ports';
import { until } from '@asyngular/test-utils/wait';
import { expect, it } from 'vitest';
import { type ClientOptions, create } from '../src/index.js';
import { startPlain, startRefusing, startSelfSigned } from './support/refusing-servers.js';

// The lines that a developer sees who listens for nothing.

async function firstLine(options: ClientOptions): Promise<string | undefined> {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const logger = { debug: write, info: write, warn: write, error: write };
  const socket = create({ hostname: 'localhost', autoReconnect: false, logger, ...options });
  await until(
    'a line of the development log',
    () => lines.length > 0,
    () => socket.state,
  );
  socket.disconnect();
  return lines[0]?.replace(`:${options.port}`, ':PORT');
}

const start = 'asyngular: SocketProtocolError: Could not connect to';

it.each<[string, () => Promise<ClientOptions>, string]>([
  [
    'server down, or wrong port',
    async () => ({ port: await freePort() }),
    `${start} ws://localhost:PORT/asyngular/: ECONNREFUSED (is the server running, and is the port right?)`,
  ],
  [
    'wrong path',
    async () => ({ port: await startPlain(), path: '/other/' }),
    `${start} ws://localhost:PORT/other/: the server answered 400 to the upgrade: is the path right?`,
  ],
  [
    '401',
    async () => ({ port: await startRefusing(401) }),
    `${start} ws://localhost:PORT/asyngular/: the server answered 401 to the upgrade: it wants credentials that the request has not`,
  ],
  [
    '403',
    async () => ({ port: await startRefusing(403) }),
    `${start} ws://localhost:PORT/asyngular/: the server answered 403 to the upgrade: has the "origins" option of the server, or what stands before it, refused this client?`,
  ],
  [
    '503',
    async () => ({ port: await startRefusing(503) }),
    `${start} ws://localhost:PORT/asyngular/: the server answered 503 to the upgrade: it is full, or about to end: later attempts may succeed`,
  ],
  [
    'self-signed certificate',
    async () => ({ port: (await startSelfSigned()).port, secure: true }),
    `${start} wss://localhost:PORT/asyngular/: DEPTH_ZERO_SELF_SIGNED_CERT (self-signed certificate: pass it as wsOptions.ca)`,
  ],
  [
    'ws to wss',
    async () => ({ port: (await startSelfSigned()).port }),
    `${start} ws://localhost:PORT/asyngular/: ECONNRESET (the server hung up: does it speak TLS? Then use wss://, or secure: true)`,
  ],
  [
    'wss to ws',
    async () => ({ port: await startPlain(), secure: true }),
    `${start} wss://localhost:PORT/asyngular/: EPROTO (the server does not speak TLS: use ws://, or secure: false)`,
  ],
])('%s', async (_case, optionsOf, line) => {
  expect(await firstLine(await optionsOf())).toBe(line);
});

// Prints what a look costs the server's process: `node scripts/inspector-cost.mjs [sockets]`, on what was built.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { listen } from '@asyngular/server';
import { inspectionOf } from '@asyngular/server/internal';
import { build } from 'esbuild';
import { LocalServer } from '../packages/inspector/dist/api/local-server.js';
import { parseRequest } from '../packages/inspector/dist/api/requests.js';

const SOCKETS = Number(process.argv[2] ?? 10_000);
const TIMES = 50;

/** The clients without a network of the tests. */
async function loadCrowd() {
  const outfile = join(await mkdtemp(join(tmpdir(), 'inspector-cost-')), 'crowd.mjs');
  await build({
    entryPoints: [
      fileURLToPath(new URL('../packages/inspector/test/support/crowd.ts', import.meta.url)),
    ],
    bundle: true,
    format: 'esm',
    platform: 'node',
    conditions: ['@asyngular/source'],
    outfile,
  });
  return import(pathToFileURL(outfile).href);
}

const { CrowdEngine } = await loadCrowd();
const engine = new CrowdEngine();
const server = listen(0, {
  authKey: 'key',
  userId: (socket) => socket.id.slice(0, 6),
  maxPendingClients: 0,
  pingTimeoutDisabled: true,
  wsEngine: { createListeningEngine: () => engine },
});
const clients = await engine.connect(SOCKETS, server.getPath());
while (server.clientsCount < SOCKETS) await new Promise((resolve) => setImmediate(resolve));
for (const [place, client] of clients.entries()) {
  client.call('#subscribe', { channel: `room:${place % 2_000}` });
  client.call('#subscribe', { channel: 'news' });
}

// Time passes by hand, so that no list serves twice.
let now = 1_000_000;
const clock = { now: () => now, wallNow: () => now, after: () => () => {} };
const local = new LocalServer(server, inspectionOf(server), { readOnly: false, clock });

/** CPU time of this process per answer, garbage collection included, in ms. */
async function costOf(given) {
  const request = parseRequest(given);
  const ask = async () => {
    now += given.list === undefined ? 600_000 : 1;
    return (await local.answer(request, 'nobody')).body;
  };
  for (let time = 0; time < TIMES; time++) await ask();
  const before = process.cpuUsage();
  for (let time = 0; time < TIMES; time++) JSON.stringify(await ask());
  const { user, system } = process.cpuUsage(before);
  return (user + system) / TIMES / 1_000;
}

const { body } = await local.answer(parseRequest({ view: 'sockets' }), 'nobody');
const looks = {
  overview: { view: 'overview' },
  'sockets, newest first': { view: 'sockets', order: 'newest' },
  'sockets by unsent bytes': { view: 'sockets', order: 'buffered' },
  'sockets, searched': { view: 'sockets', order: 'newest', search: 'ab' },
  'sockets by messages per second': { view: 'sockets', order: 'busiest' },
  'a further part of a list': { view: 'sockets', list: body.list, offset: 300, limit: 50 },
  channels: { view: 'channels' },
};
console.log(`${SOCKETS} sockets, ${server.stats().channels} channels; ms of CPU time per look`);
for (const [name, request] of Object.entries(looks)) {
  console.log(`${name.padEnd(32)} ${(await costOf(request)).toFixed(2)}`);
}
process.exit();

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selfSigned } from '@asyngular/test-utils/certificate';
import { assertChromium, chromiumLaunchOptions } from '@asyngular/test-utils/chromium';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { startRedis } from '@asyngular/test-utils/redis';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { calling } from './calling.js';
import { connecting } from './connecting.js';
import {
  freePorts,
  linesOf,
  type Ports,
  runInChromium,
  runInNode,
  type Screen,
} from './developer.js';
import type { Mistake } from './mistake.js';
import { renderPage } from './page.js';
import { serving } from './serving.js';

// What developers see who listen for nothing: every line on stderr and on the console, of both ends.

const mistakes = [...connecting, ...calling, ...serving];
const certificates = mkdtempSync(join(tmpdir(), 'asyngular-certificates-'));
let browser: Browser;

beforeAll(async () => {
  assertChromium();
  browser = await chromium.launch(chromiumLaunchOptions);
  const { key, cert } = selfSigned();
  writeFileSync(join(certificates, 'key.pem'), key);
  writeFileSync(join(certificates, 'cert.pem'), cert);
});
afterAll(async () => {
  await browser?.close();
  rmSync(certificates, { recursive: true, force: true });
});

async function startServer({ server, client }: Mistake, ports: Ports): Promise<Screen | undefined> {
  if (server === undefined) return undefined;
  const source = server.replaceAll(/(key|cert)\.pem/g, (file) => join(certificates, file));
  return runInNode(source, ports, client === undefined ? undefined : ports[8000]);
}

/** Mistakes with a client, once for each kind of it. */
const clients = mistakes.flatMap((mistake) =>
  (['node', 'chromium'] as const)
    .filter((place) => mistake.seen[place])
    .map((place) => ({ mistake, place, title: mistake.title })),
);

it.each(clients)('$title: server, and client in $place', async ({ mistake, place }) => {
  const { client = '', seen } = mistake;
  const ports = await freePorts();
  const server = await startServer(mistake, ports);
  const screen =
    place === 'node' ? await runInNode(client, ports) : await runInChromium(browser, client, ports);
  expect({
    server: server && (await linesOf(server, seen.server ?? [])),
    client: await linesOf(screen, seen[place]!),
  }).toEqual({ server: server && (seen.server ?? []), client: seen[place] });
});

it.each(mistakes.filter(({ client }) => !client))('$title: server', async (mistake) => {
  const { later, seen } = mistake;
  const redis = later && (await startRedis());
  if (redis) onCleanup(() => redis.stop());
  const server = await startServer(mistake, await freePorts(redis));
  if (redis) {
    await linesOf(server!, ['ready']);
    await redis.kill();
  }
  expect(await linesOf(server!, seen.server!)).toEqual(seen.server);
});

it('is the page docs/what-you-see.md', async () => {
  await expect(renderPage(mistakes)).toMatchFileSnapshot('../../docs/what-you-see.md');
});

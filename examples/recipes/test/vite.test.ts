import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { attach } from '@asyngular/server';
import { assertChromium, chromiumLaunchOptions } from '@asyngular/test-utils/chromium';
import express from 'express';
import { type Browser, chromium } from 'playwright-core';
import {
  build,
  createServer as createVite,
  defaultClientConditions,
  type InlineConfig,
} from 'vite';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { connect, DEADLINE_MS, running } from './support.js';

const root = fileURLToPath(new URL('../src/vite/', import.meta.url));
const cacheDir = fileURLToPath(new URL('../.cache/vite/', import.meta.url));
const outDir = fileURLToPath(new URL('../.cache/vite-page/', import.meta.url));
/** What the page's own configuration does not say: use the packages' sources, and write nothing there. */
const fromSource: InlineConfig = {
  root,
  cacheDir,
  logLevel: 'error',
  resolve: { conditions: ['@asyngular/source', ...defaultClientConditions] },
};

let browser: Browser;

beforeAll(async () => {
  assertChromium();
  browser = await chromium.launch(chromiumLaunchOptions);
});
afterAll(() => browser?.close());

async function startServer() {
  const app = express();
  app.use(express.static(outDir));
  const httpServer = createServer(app);
  const server = attach(httpServer);
  server.handle('greet', (name: string) => `Hello, ${name}`);
  httpServer.listen(0);
  return { server, port: await running({ httpServer, server }) };
}

it('a page built by Vite talks to the server it came from', async () => {
  await build({ ...fromSource, build: { outDir, emptyOutDir: true } });
  const { server, port } = await startServer();
  const page = await browser.newPage();
  onTestFinished(() => page.close());
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });

  const subscribed = server.listener('subscription').once(DEADLINE_MS);
  await page.goto(`http://localhost:${port}/`);
  await page.getByText('Hello, Vite').waitFor({ timeout: DEADLINE_MS });
  await subscribed;
  await server.exchange.invokePublish('news', 'It rains');

  await page.getByText('It rains').waitFor({ timeout: DEADLINE_MS });
  expect(complaints).toEqual([]);
});

it("Vite's development server passes sockets on", async () => {
  const { port } = await startServer();
  const proxy = { '/asyngular/': { target: `ws://localhost:${port}`, ws: true } };
  const vite = await createVite({
    ...fromSource,
    server: { port: 0, proxy },
    optimizeDeps: { noDiscovery: true },
  });
  onTestFinished(() => vite.close());
  await vite.listen();
  const vitePort = (vite.httpServer!.address() as AddressInfo).port;

  const html = await fetch(`http://localhost:${vitePort}/`);
  expect(await html.text()).toContain('/@vite/client');
  expect(await connect(vitePort).invoke('greet', 'Vite')).toBe('Hello, Vite');
});

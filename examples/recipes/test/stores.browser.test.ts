import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { attach } from '@asyngular/server';
import { assertChromium, chromiumLaunchOptions } from '@asyngular/test-utils/chromium';
import { collect } from '@asyngular/test-utils/collect';
import { until } from '@asyngular/test-utils/wait';
import { build, type Plugin } from 'esbuild';
import { type Browser, chromium } from 'playwright-core';
import { compile } from 'svelte/compiler';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { DEADLINE_MS, running } from './support.js';

let browser: Browser;
beforeAll(async () => {
  assertChromium();
  browser = await chromium.launch(chromiumLaunchOptions);
});
afterAll(() => browser?.close());

const svelte: Plugin = {
  name: 'svelte',
  setup({ onLoad }) {
    onLoad({ filter: /\.svelte$/ }, ({ path }) => ({
      contents: compile(readFileSync(path, 'utf8'), { filename: path, css: 'injected' }).js.code,
    }));
  },
};

async function bundle(name: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`./pages/${name}.ts`, import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    conditions: ['@asyngular/source', 'browser', 'development'],
    define: {
      'process.env.NODE_ENV': '"development"',
      __VUE_OPTIONS_API__: 'false',
      __VUE_PROD_DEVTOOLS__: 'false',
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    },
    plugins: [svelte],
  });
  return outputFiles[0]!.text;
}

it.each(['vue', 'svelte'])('%s shows a room, publishes, changes rooms and leaves', async (name) => {
  const script = await bundle(name);
  const httpServer = createServer((request, response) => {
    response.setHeader(
      'content-type',
      request.url === '/page.js' ? 'text/javascript' : 'text/html',
    );
    response.end(
      request.url === '/page.js'
        ? script
        : '<!doctype html><link rel="icon" href="data:,"><div id="root"></div><script src="/page.js"></script>',
    );
  });
  const server = attach(httpServer, {
    channels: { 'room:*': { history: { size: 10, ttl: 60_000 } } },
  });
  const subscribed = collect(server.listener('subscription'), ({ channel }) => channel);
  const left = collect(server.listener('unsubscription'), ({ channel }) => channel);
  httpServer.listen(0);
  const port = await running({ httpServer, server });
  const page = await browser.newPage();
  onTestFinished(() => page.close());
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  const show = (next: string | null) => page.evaluate((to) => (window as any).show(to), next);
  const item = (text: string) => page.locator('li:not(.pending)', { hasText: text });

  await page.goto(`http://localhost:${port}/`);
  await page.locator('p[data-status=live]').waitFor({ state: 'attached', timeout: DEADLINE_MS });
  await server.exchange.invokePublish('room:1', 'theirs');
  await item('theirs').waitFor({ timeout: DEADLINE_MS });
  await page.getByText('Send').click();
  await item('mine').waitFor({ timeout: DEADLINE_MS });

  await show('room:2');
  await until('the other room', () => subscribed.includes('room:2'));
  await until('an empty list', async () => (await page.locator('li').count()) === 0);
  await until('the farewell to the first one', () => left.includes('room:1'));
  await show(null);
  await until('the farewell to the second one', () => left.includes('room:2'));
  expect(subscribed).toEqual(['room:1', 'room:2']);
  expect(complaints).toEqual([]);
});

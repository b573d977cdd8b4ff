import { createServer } from 'node:http';
import { type AGServer, attach } from '@asyngular/server';
import { assertChromium, chromiumLaunchOptions } from '@asyngular/test-utils/chromium';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { closeServer, listenOn } from '@asyngular/test-utils/ports';
import { TcpProxy } from '@asyngular/test-utils/tcp-proxy';
import { type Browser, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';
import type { PageApi } from '../page/api.js';

export interface OpenPage {
  page: Page;
  server: AGServer<PageApi>;
  /** Between the page's socket and the server. */
  proxy: TcpProxy;
  /** `#subscribe` and `#unsubscribe` frames of the page, with their channels. */
  frames: string[];
  /** Shows another view, as a router does. */
  show(view: string): Promise<void>;
  /** Text of the element with this id, once it is `expected`. */
  text(id: string, expected: string): Promise<void>;
}

export async function launch(): Promise<Browser> {
  assertChromium();
  return chromium.launch(chromiumLaunchOptions);
}

/** A server, and a page with `script` that talks to it. Neither may complain, except of what is `expected`. */
export async function openPage(
  browser: Browser,
  script: string,
  expected?: RegExp,
): Promise<OpenPage> {
  const http = createServer((request, response) => {
    const isScript = request.url === '/page.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(
      isScript
        ? script
        : '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><div id="root"></div><script src="/page.js"></script>',
    );
  });
  const server = attach<PageApi>(http, {
    authKey: 'key of a test',
    channels: { 'room:*': { history: { size: 200, ttl: 600_000 }, rewind: 50, presence: true } },
  });
  const frames: string[] = [];
  server.use('inboundRaw', (action) => record(frames, String(action.data)));
  const port = await listenOn(http);
  const proxy = await TcpProxy.start(port);
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  onCleanup(async () => {
    await page.close();
    await proxy.stop();
    await server.close();
    http.closeAllConnections();
    await closeServer(http);
    expect(complaints.filter((text) => !expected?.test(text))).toEqual([]);
  });
  await page.goto(`http://localhost:${port}/?port=${proxy.port}`);
  return {
    page,
    server,
    proxy,
    frames,
    show: (view) => page.evaluate((name) => (window as any).show(name), view),
    async text(id, text) {
      await page.locator(`#${id}`, { hasText: text }).waitFor({ timeout: 10_000 });
    },
  };
}

function record(frames: string[], message: string): void {
  if (!/^[[{]/.test(message)) return;
  const content = JSON.parse(message);
  for (const { event, data } of Array.isArray(content) ? content : [content]) {
    if (/^#(un)?subscribe$/.test(event)) frames.push(`${event} ${data.channel ?? data}`);
  }
}

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { assertChromium, chromiumLaunchOptions } from '@asyngular/test-utils/chromium';
import { closeServer, listenOn } from '@asyngular/test-utils/ports';
import { chromium, type Page } from 'playwright-core';
import { expect, it } from 'vitest';
// @ts-expect-error a script of the build, without types
import { bundleClient } from '../../client/bundle.mjs';
import { onCleanup, startServer } from './support/server.js';

/** A page with the client of script tags. Resolves to its address. */
async function servePage(): Promise<string> {
  const { code } = await bundleClient();
  const httpServer = createServer(({ url }, response) => {
    const isScript = url === '/client.js';
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? code : '<script src="/client.js"></script>');
  });
  await listenOn(httpServer);
  onCleanup(() => {
    httpServer.closeAllConnections();
    return closeServer(httpServer);
  });
  return `http://127.0.0.1:${(httpServer.address() as AddressInfo).port}/`;
}

/** The number in the token of a page's socket, and in the one that is stored; null where there is none. */
function tokensOf(page: Page): Promise<[number | null, number | null]> {
  return page.evaluate(() => {
    const { socket } = globalThis as any;
    const numberIn = (text: string | null): number | null =>
      text && JSON.parse(atob(text.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/'))).n;
    return [
      numberIn(socket.signedAuthToken),
      numberIn(localStorage.getItem('asyngular.authToken')),
    ];
  });
}

it('three tabs of a browser end with one token, and log out together', async () => {
  assertChromium();
  const address = await servePage();
  const { server } = await startServer({});
  let presented = 0;
  server.setMiddleware('inbound', async (actions) => {
    for await (const action of actions) {
      if (action.type === 'authenticate') {
        presented++;
        // As slow as the network and a database may be.
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      action.allow();
    }
  });
  const browser = await chromium.launch(chromiumLaunchOptions);
  onCleanup(() => browser.close());
  const context = await browser.newContext();
  const pages = [await context.newPage(), await context.newPage(), await context.newPage()];
  for (const page of pages) {
    await page.goto(address);
    await page.evaluate(async (port) => {
      const { create } = (globalThis as any).asyngularClient;
      const socket = create({ hostname: '127.0.0.1', port, syncAuthTokens: true });
      Object.assign(globalThis, { socket });
      await socket.listener('connect').once(10_000);
    }, server.port);
  }

  Object.values(server.clients).forEach((socket, n) => void socket.setAuthToken({ n }));
  const ofAll = async () => (await Promise.all(pages.map(tokensOf))).flat();
  const onServer = () => Object.values(server.clients).map(({ authToken }) => authToken?.n);
  await expect
    .poll(async () => new Set([...(await ofAll()), ...onServer()]).size, {
      timeout: 40_000,
      message: 'all tabs have the stored token, on both ends',
    })
    .toBe(1);
  const settled = presented;
  const [agreed] = await ofAll();
  expect([0, 1, 2]).toContain(agreed);
  // Three tokens were stored; each makes each other tab present one token at most.
  expect(settled).toBeLessThanOrEqual(6);

  await pages[1]!.evaluate(() => (globalThis as any).socket.deauthenticate());
  await expect
    .poll(ofAll, { timeout: 40_000, message: 'all tabs are logged out' })
    .toEqual(Array(6).fill(null));
  await expect
    .poll(() => Object.values(server.clients).map(({ authState }) => authState), {
      timeout: 40_000,
      message: 'the server has no token',
    })
    .toEqual(Array(3).fill('unauthenticated'));
  expect(presented).toBe(settled);
}, 60_000);

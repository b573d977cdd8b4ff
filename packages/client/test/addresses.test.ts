import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { attach } from '@asyngular/server';
import { assertChromium, chromiumLaunchOptions } from '@asyngular/test-utils/chromium';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { listenOn } from '@asyngular/test-utils/ports';
import { within } from '@asyngular/test-utils/wait';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
// @ts-expect-error a script of the build, without types
import { bundleClient } from '../bundle.mjs';
import { create } from '../src/index.js';

let browser: Browser;
let code: string;
beforeAll(async () => {
  assertChromium();
  [browser, { code }] = await Promise.all([chromium.launch(chromiumLaunchOptions), bundleClient()]);
}, 60_000);
afterAll(() => browser?.close());

/** Says in its page or worker where it would dial, and what the server answers. */
const talk = `async (options) => {
  try {
    const socket = asyngularClient.create(options);
    const answer = await socket.invoke('greet', 'Ada', { ackTimeout: 8_000 });
    socket.disconnect();
    return [socket.uri(), answer];
  } catch (error) {
    return [error.name, error.message];
  }
}`;

/** A page of a server that greets, and the address at which the page's own scripts should find it. */
async function openPage(path = '/asyngular/'): Promise<{ page: Page; uri: string }> {
  const httpServer = createServer(({ url }, response) => {
    const isScript = url === '/client.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? code : '<!doctype html>');
  });
  const server = attach(httpServer, { authKey: 'k'.repeat(32), path });
  server.handle('greet', (name: string) => `Hello, ${name}`);
  await listenOn(httpServer);
  onCleanup(async () => {
    await server.close();
    httpServer.close();
  });
  const host = `127.0.0.1:${(httpServer.address() as AddressInfo).port}`;
  const page = await browser.newPage();
  onCleanup(() => page.close());
  await page.goto(`http://${host}/`);
  await page.addScriptTag({ content: code });
  return { page, uri: `ws://${host}${path}` };
}

/** What `talk` says in a worker made of the given text. */
function talkInWorker(page: Page, scheme: 'blob' | 'data', options: object): Promise<unknown> {
  const body = (origin: string) =>
    `importScripts('${origin}/client.js'); (${talk})(${JSON.stringify(options)}).then(postMessage)`;
  return within(
    `the answer of a ${scheme} worker`,
    page.evaluate(
      ([script, as]) =>
        new Promise((resolve, reject) => {
          const url =
            as === 'blob'
              ? URL.createObjectURL(new Blob([script!]))
              : `data:text/javascript,${encodeURIComponent(script!)}`;
          const worker = new Worker(url);
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = ({ message }) => reject(new Error(message));
        }),
      [body(new URL(page.url()).origin), scheme],
    ),
  );
}

/** What `talk` says in a frame made of text, with or without the rights of its page. */
function talkInFrame(page: Page, sandbox: string | undefined): Promise<unknown> {
  const { origin } = new URL(page.url());
  const html = `<script src="${origin}/client.js"></script><script>
    (${talk})().then((said) => parent.postMessage(said, '*'));
  </script>`;
  return within(
    'the answer of a frame',
    page.evaluate(
      ([srcdoc, rights]) =>
        new Promise((resolve) => {
          window.addEventListener('message', ({ data }) => resolve(data), { once: true });
          const frame = document.createElement('iframe');
          if (rights !== undefined) frame.setAttribute('sandbox', rights);
          frame.srcdoc = srcdoc!;
          document.body.append(frame);
        }),
      [html, sandbox] as const,
    ),
  );
}

it('F21 browser-envs: a worker made of a blob dials the server of its page', async () => {
  const { page, uri } = await openPage();
  expect(await talkInWorker(page, 'blob', {})).toEqual([uri, 'Hello, Ada']);
});

it.each([undefined, 'allow-scripts'])(
  'F21 browser-envs: a frame made of text dials the server of its page (sandbox: %s)',
  async (sandbox) => {
    const { page, uri } = await openPage();
    expect(await talkInFrame(page, sandbox)).toEqual([uri, 'Hello, Ada']);
  },
);

it('F21 browser-envs: where no page has a host the client asks for one', async () => {
  const { page, uri } = await openPage();
  expect(await talkInWorker(page, 'data', {})).toEqual(['InvalidArgumentsError', 'hostname']);
  const { hostname, port } = new URL(uri);
  expect(await talkInWorker(page, 'data', { hostname, port })).toEqual([uri, 'Hello, Ada']);
});

it.each(['/my app/', '/чат/', '/%D1%87%D0%B0%D1%82/'])(
  'F18 misc2: a page and a Node client find the server at the path %s as it is written',
  async (path) => {
    const { page, uri } = await openPage(path);
    expect(await page.evaluate(`(${talk})(${JSON.stringify({ path })})`)).toEqual([
      uri,
      'Hello, Ada',
    ]);
    const { hostname, port } = new URL(uri);
    const socket = create({ hostname, port, path, autoReconnect: false });
    onCleanup(() => socket.disconnect());
    expect(await socket.invoke('greet', 'Ada')).toBe('Hello, Ada');
  },
);

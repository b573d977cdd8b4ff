import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { build } from 'esbuild';
import { beforeAll, expect, it } from 'vitest';
// @ts-expect-error a script of the build, without types
import { bundleClient } from '../bundle.mjs';
import * as client from '../src/index.js';
import { FakeServer } from './support/fake-server.js';

let code: string;
// Compiling and minifying takes a while on a busy machine.
beforeAll(async () => {
  ({ code } = await bundleClient());
}, 60_000);

const entry = fileURLToPath(new URL('../src/index.ts', import.meta.url));

it('needs no package but our own', async () => {
  const { metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    format: 'iife',
    globalName: 'asyngularClient',
    platform: 'browser',
    conditions: ['@asyngular/source', 'browser'],
  });
  expect(Object.keys(metafile.inputs).filter((path) => path.includes('node_modules'))).toEqual([]);
});

it('gives a page everything that the package exports, but for the codec with options', () => {
  const page: Record<string, unknown> = { setTimeout, TextEncoder };
  runInNewContext(code, page);
  const { createJsonCodec: _, ...expected } = client;
  expect(Object.keys(page.asyngularClient as object).sort()).toEqual(Object.keys(expected).sort());
});

it('runs minified, with what a browser has and nothing of Node', async () => {
  const server = new FakeServer();
  const opened: string[] = [];
  const page: Record<string, unknown> = {
    WebSocket: class {
      constructor(uri: string) {
        opened.push(uri);
        // biome-ignore lint/correctness/noConstructorReturn: stands in for the page's own class.
        return server.platform().createWebSocket!(uri, {} as client.ResolvedOptions);
      }
    },
    location: { hostname: 'page.test', port: '8000', protocol: 'http:' },
    setTimeout,
    clearTimeout,
    performance,
    crypto,
    TextEncoder,
    TextDecoder,
    URLSearchParams,
    btoa,
    atob,
    queueMicrotask,
    AbortController,
    AbortSignal,
  };
  runInNewContext(code, page);
  const { create } = runInNewContext('asyngularClient', page) as typeof import('../src/index.js');
  const socket = create();
  await socket.listener('connect').once(5_000);
  expect(opened).toEqual(['ws://page.test:8000/asyngular/']);
  expect(await socket.invoke('echo', 1)).toEqual({ event: 'echo', data: 1 });
  expect(socket.decodeBase64(socket.encodeBase64('grüß'))).toBe('grüß');
  socket.disconnect();
});

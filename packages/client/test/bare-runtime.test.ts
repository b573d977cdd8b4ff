import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import { beforeAll, expect, it } from 'vitest';
import type { ResolvedOptions } from '../src/index.js';
import { FakeServer } from './support/fake-server.js';
import { token } from './support/harness.js';

let code: string;
beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../src/index.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'asyngularClient',
    platform: 'neutral',
    conditions: ['@asyngular/source', 'react-native'],
    target: 'es2022',
  });
  code = outputFiles[0]!.text;
}, 60_000);

/** The client in a realm that has what React Native gives to Hermes, and no more. */
function loadClient(server: FakeServer): typeof import('../src/index.js') {
  const realm = createContext({
    WebSocket: class {
      constructor(uri: string) {
        // biome-ignore lint/correctness/noConstructorReturn: stands in for the realm's own class.
        return server.platform().createWebSocket!(uri, {} as ResolvedOptions);
      }
    },
    setTimeout,
    clearTimeout,
    performance: { now: () => performance.now() },
    AbortController,
    atob,
    btoa,
  });
  runInContext('delete globalThis.FinalizationRegistry', realm);
  runInContext(code, realm);
  return runInContext('asyngularClient', realm);
}

it('F7 rn-no-textdecoder: logs in, calls and closes without TextDecoder and TextEncoder', async () => {
  const server = new FakeServer();
  const { create } = loadClient(server);
  const socket = create();
  await socket.listener('connect').once(5_000);
  const signed = token({ name: 'Zoë' });
  const received = socket.receiver('after').once(5_000);
  server.last.emitMessage([
    { event: '#setAuthToken', data: { token: signed }, cid: 1 },
    { event: 'after', data: 'the token' },
  ]);
  expect(await received).toBe('the token');
  expect([socket.authState, socket.authToken]).toEqual(['authenticated', { name: 'Zoë' }]);
  expect(await socket.invoke('echo', 1)).toEqual({ event: 'echo', data: 1 });
  expect(server.last.packets).toContainEqual({ rid: 1 });
  expect(socket.decodeBase64(socket.encodeBase64('grüß'))).toBe('grüß');
  socket.disconnect(4500, `${'ü'.repeat(61)}éé`);
  expect(server.last.closedWith).toEqual({ code: 4500, reason: 'ü'.repeat(61) });
});

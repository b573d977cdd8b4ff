import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { until } from '@asyngular/test-utils/wait';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { FakeServer } from '../../client/test/support/fake-server.js';

it('the hooks work with what React Native gives to Hermes', async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('./page/native.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'app',
    platform: 'neutral',
    mainFields: ['react-native', 'main'],
    conditions: ['@asyngular/source', 'react-native'],
    define: { 'process.env.NODE_ENV': '"development"', global: 'globalThis' },
    target: 'es2022',
  });
  const server = new FakeServer();
  const complaints: string[] = [];
  const console = {
    log() {},
    warn: (...words: unknown[]) => complaints.push(words.join(' ')),
    error: (...words: unknown[]) => complaints.push(words.join(' ')),
  };
  const realm = createContext({
    console,
    WebSocket: class {
      constructor(uri: string) {
        // biome-ignore lint/correctness/noConstructorReturn: stands in for the realm's own class.
        return server.platform().createWebSocket!(uri, {} as never);
      }
    },
    setTimeout,
    clearTimeout,
    setImmediate,
    requestAnimationFrame: (callback: () => void) => setTimeout(callback, 16),
    cancelAnimationFrame: clearTimeout,
    performance: { now: () => performance.now() },
    AbortController,
    atob,
    btoa,
  });
  runInContext('delete globalThis.FinalizationRegistry; delete Array.prototype.with', realm);
  runInContext(outputFiles[0]!.text, realm);
  const app = runInContext('app', realm) as typeof import('./page/native.js');
  app.start();
  const shown = (what: string, expected: object) =>
    until(
      what,
      () => JSON.stringify(app.shown) === JSON.stringify(expected),
      () => app.shown,
    );
  await shown('a live channel', { status: 'live', texts: [], isUnseen: true });
  server.last.emitMessage({ event: '#publish', data: { channel: 'room', data: 'theirs' } });
  await shown('a message', { status: 'live', texts: ['theirs'], isUnseen: true });

  server.behaviour.connect = 'refuse';
  server.last.drop(1006);
  await shown('the loss', { status: 'offline', texts: ['theirs'], isUnseen: true });
  const published = app.control.publish!('mine');
  await shown('what waits', { status: 'offline', texts: ['theirs', 'mine'], isUnseen: true });
  server.behaviour.connect = 'accept';
  app.socket.connect();
  expect(await published).toMatchObject({ error: null });
  expect(server.received('#subscribe')).toHaveLength(1);

  app.control.unmount!();
  await until('the end', () => server.received('#unsubscribe').length === 1);
  // The renderer without a DOM says of itself that it is deprecated; the loss is reported, too.
  expect(
    complaints.filter((text) => !/test-renderer is deprecated|Socket hung up/.test(text)),
  ).toEqual([]);
  app.socket.disconnect();
});

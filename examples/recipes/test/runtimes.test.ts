import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { promisify } from 'node:util';
import { attach } from '@asyngular/server';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { installClient, installProgram, runtimeBinary } from './installed-packages.js';
import { running } from './support.js';

const run = promisify(execFile);
const START_DEADLINE_MS = 10_000;
const roundTrip = { greeting: 'Hello, Ada', news: 'Ada is here' };

beforeAll(() => installClient());

async function startServer(): Promise<number> {
  const httpServer = createServer();
  const server = attach(httpServer);
  server.handle('greet', (name: string) => `Hello, ${name}`);
  server.handleTransmit('say', (text) => server.exchange.transmitPublish('news', text));
  httpServer.listen(0);
  return running({ httpServer, server });
}

/** Runs src/runtimes/program.ts; resolves with what it printed. */
async function runProgram(runtime: string, flags: string[]): Promise<unknown> {
  const program = installProgram('program.ts');
  const port = await startServer();
  const { stdout } = await run(runtimeBinary(runtime), [...flags, program, String(port)], {
    timeout: START_DEADLINE_MS,
    env: { ...process.env, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1' },
  });
  return JSON.parse(stdout);
}

it('the client runs in Deno with the permissions the page names', async () => {
  const permissions = ['--allow-net', '--allow-env=DEBUG,WS_NO_BUFFER_UTIL,WS_NO_UTF_8_VALIDATE'];
  expect(await runProgram('deno', ['run', '--no-prompt', ...permissions])).toEqual(roundTrip);
});

it('the client runs in Bun', async () => {
  expect(await runProgram('bun', ['run'])).toEqual(roundTrip);
});

it('the client runs in workerd', async () => {
  // The conditions under which Wrangler bundles.
  const { outputFiles } = await build({
    entryPoints: [installProgram('worker.ts')],
    conditions: ['workerd', 'worker', 'browser'],
    bundle: true,
    format: 'esm',
    write: false,
    logLevel: 'error',
  });
  const worker = new Miniflare({
    modules: true,
    script: outputFiles[0]!.text,
    compatibilityDate: '2026-04-01',
    bindings: { PORT: await startServer() },
  });
  onTestFinished(() => worker.dispose());

  const response = await worker.dispatchFetch('http://localhost/');

  expect(await response.text()).toBe(JSON.stringify(roundTrip));
});

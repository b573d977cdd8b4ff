import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type AGClientSocket, create } from '@asyngular/client';
import { nextEvent } from '@asyngular/test-utils/event';
import { freePort } from '@asyngular/test-utils/ports';
import { endProcess } from '@asyngular/test-utils/process';
import { until } from '@asyngular/test-utils/wait';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readSettings } from '../src/settings.js';
import type { ClusterApi } from '../src/worker.js';

const directory = join(import.meta.dirname, '../.cache');
const program = join(directory, 'main.mjs');
let child: ChildProcess | undefined;
const sockets: AGClientSocket<ClusterApi>[] = [];

beforeAll(async () => {
  mkdirSync(directory, { recursive: true });
  await build({
    entryPoints: [join(import.meta.dirname, '../src/main.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@asyngular/source'],
    logLevel: 'error',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
});
afterAll(async () => {
  for (const socket of sockets) socket.disconnect();
  if (child) await endProcess(child, () => child!.kill('SIGKILL'));
  rmSync(directory, { recursive: true, force: true });
});

it('joins clients of all its workers, replaces them, and ends in good order', async () => {
  const port = await freePort();
  child = spawn(process.execPath, [program, '--broker', 'nats', '--workers', '2'], {
    env: { ...process.env, PORT: String(port), DRAIN_MS: '100' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  await until('the workers to listen', () => {
    if (child!.exitCode !== null) throw new Error(output);
    return output.includes('2 workers');
  });
  const heard: string[][] = [];
  const workers = new Set<number>();
  // Connections are shared out in turn, so that four clients are on both.
  for (let index = 0; index < 4; index++) {
    const socket = create<ClusterApi>({
      hostname: '127.0.0.1',
      port,
      autoReconnectOptions: { initialDelay: 20, randomness: 20 },
    });
    sockets.push(socket);
    const texts: string[] = [];
    heard.push(texts);
    const room = socket.subscribe('room:lobby');
    (async () => {
      for await (const { text } of room) texts.push(text);
    })();
    await room.listener('subscribe').once(5_000);
    workers.add((await socket.invoke('whereAmI')).worker);
  }
  expect(workers.size).toBe(2);
  for (const [index, socket] of sockets.entries()) {
    await socket.invokePublish('room:lobby', { from: 'test', text: `${index}` });
  }
  await until('everybody to hear everybody', () => heard.every((texts) => texts.length === 4));
  const health = await fetch(`http://127.0.0.1:${port}/readyz`);
  expect([health.status, ((await health.json()) as any).broker.name]).toEqual([200, 'nats']);

  child.kill('SIGUSR2');
  await until(
    'the workers to be replaced',
    () => output.includes('have been replaced'),
    () => output,
  );
  for (const socket of sockets) {
    await until('the client to be back', () => socket.isSubscribed('room:lobby'));
    const { worker } = await socket.invoke('whereAmI');
    expect(workers.has(worker)).toBe(false);
  }
  await sockets[0]!.invokePublish('room:lobby', { from: 'test', text: 'after' });
  await until('the last word', () => heard.every((texts) => texts.at(-1) === 'after'));

  const exited = nextEvent(child, 'exit', () => output);
  child.kill('SIGTERM');
  expect((await exited)[0]).toBe(0);
}, 60_000);

it('names a setting that is impossible', () => {
  const read = (args: string[], env = {}) => {
    return () => readSettings(args, env);
  };
  expect(read(['--broker', 'mail'])).toThrow('The broker is "mail"; it must be nats or redis.');
  expect(read([], { WORKERS: 'many' })).toThrow('The number of workers is "many"');
  expect(read(['--port', '70000'])).toThrow('from 0 to 65535');
  expect(readSettings(['--workers', '2'], { WORKERS: '8', BROKER: 'redis' })).toMatchObject({
    workers: 2,
    broker: 'redis',
    brokerUrl: undefined,
    port: 8000,
  });
});

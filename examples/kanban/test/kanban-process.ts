import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { freePort } from '@asyngular/test-utils/ports';
import { endProcess } from '@asyngular/test-utils/process';
import { until } from '@asyngular/test-utils/wait';
import { build as bundle } from 'esbuild';
import { build as buildPage } from 'vite';

const root = fileURLToPath(new URL('../', import.meta.url));
/** A twin of dist/, built from the sources of all packages; ignored by git. */
const output = `${root}.cache`;
const sources = '@asyngular/source';

/** Builds page and servers from source, so that no `npm run build` is needed. */
export async function buildKanban(): Promise<void> {
  await buildPage({
    root,
    configFile: `${root}vite.config.ts`,
    logLevel: 'error',
    resolve: { conditions: [sources, 'module', 'browser', 'production'] },
    build: { outDir: `${output}/page`, emptyOutDir: true },
  });
  await bundle({
    // What the workers load first is looked for at a place that is relative to the primary's.
    entryPoints: {
      'server/main': `${root}src/server/main.ts`,
      'server/process': `${root}src/server/process.ts`,
      'worker/preload': `${root}../../packages/workers/src/worker/preload.ts`,
    },
    outdir: output,
    conditions: [sources],
    external: ['express', 'ioredis', 'ws', 'fast-jwt', 'jose', 'zod'],
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
}

/** Starts Redis and two servers as `npm start` does, until the end of the test. */
export async function startKanban(): Promise<{
  readonly url: string;
  readonly child: ChildProcess;
}> {
  const port = await freePort();
  const child = spawn(process.execPath, [`${output}/server/main.js`], {
    env: { ...process.env, PORT: String(port), REDIS_URL: undefined },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onCleanup(() => endProcess(child, () => child.kill('SIGTERM')));
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      printed += chunk;
    });
  }
  await until(
    'the address of the board',
    () => {
      if (child.exitCode !== null) throw new Error(printed);
      return printed.includes('http://');
    },
    () => printed,
  );
  return { url: `http://localhost:${port}/`, child };
}

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { endProcess } from '@asyngular/test-utils/process';
import { until } from '@asyngular/test-utils/wait';
import { build } from 'esbuild';

const exampleDirectory = new URL('../', import.meta.url);
/** A twin of dist/, built from the sources of all packages; ignored by git. */
const outputDirectory = new URL('.cache/', exampleDirectory);
const path = (name: string, base: URL) => fileURLToPath(new URL(name, base));

/** Bundles page and server from source, so that no `npm run build` is needed. */
export async function buildCursors(): Promise<void> {
  await build({
    entryPoints: [path('src/page/app.ts', exampleDirectory)],
    outfile: path('page/app.js', outputDirectory),
    conditions: ['@asyngular/source', 'browser', 'production'],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    logLevel: 'error',
  });
  await build({
    entryPoints: [path('src/server/main.ts', exampleDirectory)],
    outfile: path('server/main.js', outputDirectory),
    conditions: ['@asyngular/source'],
    external: ['ws', 'fast-jwt', 'jose'],
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
}

/** Starts the example as `npm start` does, until the end of the test. Returns its port. */
export async function startCursors(): Promise<number> {
  const child = spawn(process.execPath, [path('server/main.js', outputDirectory)], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onCleanup(() => endProcess(child, () => child.kill('SIGTERM')));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  await until(
    'the address of the board',
    () => {
      if (child.exitCode !== null) throw new Error(output);
      return output.includes('http://');
    },
    () => output,
  );
  return Number(/localhost:(\d+)/.exec(output)![1]);
}

import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';

// peers.ts looks for ../../peers from where it stands, in the bundle as in the source.
const bundle = fileURLToPath(
  new URL('../../test-output/interop/isolated-run.mjs', import.meta.url),
);

let built: Promise<unknown> | undefined;

function buildOnce(): Promise<unknown> {
  built ??= build({
    entryPoints: [fileURLToPath(new URL('./isolated-run.ts', import.meta.url))],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@asyngular/source'],
    external: ['ws', 'fast-jwt', 'jose'],
    logLevel: 'error',
  });
  return built;
}

/**
 * Runs a duty of duties/names.ts in a thread of its own, where it may write to prototypes or throw
 * out of every handler without harm to the other runs. Rejects as the duty would.
 */
export async function runIsolated(title: string, peer: string, patienceMs: number): Promise<void> {
  await buildOnce();
  const worker = new Worker(bundle, {
    workerData: { title, peer, patienceMs },
    stdout: true,
    stderr: true,
  });
  try {
    const failure = await new Promise<string | null>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', (error) => reject(new Error(`the process would end: ${error.message}`)));
      worker.once('exit', (code) => reject(new Error(`the thread ended with ${code}`)));
    });
    if (failure !== null) throw new Error(failure);
  } finally {
    await worker.terminate();
  }
}

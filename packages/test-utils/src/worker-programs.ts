import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const preload = resolve(import.meta.dirname, '../../workers/src/worker/preload.ts');

/** Programs in a folder for temporary files, which know each other by their places. */
export interface WorkerPrograms {
  readonly directory: string;
  /** Runs workers. */
  readonly primary: string;
  remove(): void;
}

/**
 * Bundles a program that calls `runWorkers()`, what its workers load first, and other programs by their names. Each
 * has its own copies of the packages, as if they came from different places.
 */
export async function buildWorkerPrograms(
  primary: string,
  others: Readonly<Record<string, string>> = {},
): Promise<WorkerPrograms> {
  const directory = mkdtempSync(join(tmpdir(), 'asyngular-workers-'));
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  await build({
    // The primary looks for the other file at a place that is relative to its own.
    entryPoints: { 'primary/main': primary, 'worker/preload': preload, ...others },
    outdir: directory,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@asyngular/source'],
    logLevel: 'error',
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
  });
  return {
    directory,
    primary: join(directory, 'primary/main.js'),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

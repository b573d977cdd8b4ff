import { mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

// The short form of `npm run bounds`: what docs/security.md says of memory, on a heap so small that a few
// seconds are enough to fill it. Without the bounds it ends in less than two.

const root = resolve(import.meta.dirname, '..');

/** Builds the programs of the benchmark from sources, and loads the one that starts the others. */
async function loadFlood(): Promise<typeof import('../bench/src/bounds/backlogs.js')> {
  // Below the repository, so that the bundles find the packages they leave out.
  const outdir = mkdtempSync(join(root, 'node_modules/.backlogs-'));
  onCleanup(() => rmSync(outdir, { recursive: true, force: true }));
  const source = join(root, 'bench/src');
  await build({
    entryPoints: ['backlogs', 'lagging-server', 'eager-clients'].map((name) =>
      join(source, `bounds/${name}.ts`),
    ),
    outdir,
    outbase: source,
    outExtension: { '.js': '.js' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@asyngular/source'],
    external: ['ws', 'fast-jwt', 'jose'],
    logLevel: 'error',
  });
  return import(pathToFileURL(join(outdir, 'bounds/backlogs.js')).href);
}

it('floods into every stream of a server that lags end neither its process nor the service of a bystander', async () => {
  const { floodBacklogs } = await loadFlood();
  const figures = await floodBacklogs({ seconds: 4, heapMib: 80 });
  expect(figures.calls).toBeGreaterThan(0);
  expect(figures.backlogMib).toBeLessThan(80);
  // Each of the three rules was needed.
  expect(figures.limits).toMatchObject({
    exchangeHighWaterMark: expect.any(Number),
    eventHighWaterMark: expect.any(Number),
    maxBacklogBytesTotal: expect.any(Number),
  });
}, 60_000);

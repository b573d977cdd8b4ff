import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

const bundles = new Map<string, Promise<string>>();

/** A program, by its path, with all its sources as one file: a process of it starts in a fraction of a second. */
export function bundleOf(program: string): Promise<string> {
  let bundle = bundles.get(program);
  if (!bundle) {
    bundle = makeBundle(program);
    bundles.set(program, bundle);
  }
  return bundle;
}

async function makeBundle(program: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'asyngular-program-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const outfile = join(directory, 'program.mjs');
  await build({
    entryPoints: [program],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@asyngular/source'],
    outfile,
    logLevel: 'error',
    // The CommonJS packages in the bundle ask for Node's modules in their own way.
    banner: {
      js: `import { createRequire } from 'node:module'; const require = createRequire(${JSON.stringify(import.meta.filename)});`,
    },
  });
  return outfile;
}

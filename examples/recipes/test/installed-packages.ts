import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const packages = fileURLToPath(new URL('../../../packages/', import.meta.url));
const sources = fileURLToPath(new URL('../src/runtimes/', import.meta.url));
/** A project as a user has one: programs beside a `node_modules` with the packages. Ignored by git. */
const project = fileURLToPath(new URL('../.cache/runtimes/', import.meta.url));
const clientPackages = ['client', 'streams', 'protocol', 'channels', 'errors'];
const hookPackages = ['store', 'react'];

/**
 * Lays out the client's packages in a project as npm installs them (JavaScript and package.json), so that each
 * runtime chooses files by the published conditions; `withHooks` with those for React. Independent of what `npm run build` left behind.
 */
export async function installClient(folder = project, withHooks = false): Promise<void> {
  await Promise.all(
    [...clientPackages, ...(withHooks ? hookPackages : [])].map(async (name) => {
      const source = join(packages, name);
      const target = join(folder, 'node_modules/@asyngular', name);
      await build({
        entryPoints: readdirSync(join(source, 'src'), { recursive: true, encoding: 'utf8' })
          .filter((file) => file.endsWith('.ts'))
          .map((file) => join(source, 'src', file)),
        outbase: join(source, 'src'),
        outdir: join(target, 'dist'),
        format: 'esm',
        target: 'es2022',
        logLevel: 'error',
      });
      cpSync(join(source, 'package.json'), join(target, 'package.json'));
    }),
  );
}

/** Puts a program of src/runtimes/ into the project; returns its path there. */
export function installProgram(name: string): string {
  const target = join(project, name);
  cpSync(join(sources, name), target);
  return target;
}

/** The executable of a runtime that comes as npm packages, one per platform: `deno`, `bun`. */
export function runtimeBinary(runtime: string): string {
  const require = createRequire(import.meta.url);
  const manifest = require.resolve(`${runtime}/package.json`);
  const { optionalDependencies } = JSON.parse(readFileSync(manifest, 'utf8'));
  const candidates = [
    ...Object.keys(optionalDependencies).flatMap((name) =>
      ['', 'bin'].map((folder) => join(manifest, '../..', name, folder, runtime)),
    ),
    // Where bun's install script moves it; without the script this is a file that explains itself.
    join(manifest, '../bin', `${runtime}.exe`),
  ];
  const binary = candidates.find((path) => existsSync(path));
  if (!binary) {
    throw new Error(
      `No ${runtime} for ${process.platform} ${process.arch}; run npm ci, or skip this test`,
    );
  }
  return binary;
}

// Prints what the hooks and the stores beneath them weigh, and an application's page with and without them, and fails
// when the hooks weigh more than promised (ADR 0028). Run by `npm run check:size`, without a build.
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const KIB = 1024;
/** Of the hooks alone, after gzip. */
const LIMIT_BYTES = 3 * KIB;

const hooks = "export * from '@asyngular/react'";
const stores = "export { storesOf } from '@asyngular/store'";
const client = "export { create, consume } from '@asyngular/client'";
const siblings = ['@asyngular/client', '@asyngular/errors', '@asyngular/store'];

const hooksBytes = await weigh(hooks, ['react', ...siblings]);
const storeBytes = await weigh(stores, ['@asyngular/client', '@asyngular/errors']);
const without = await weigh(client, ['react']);
const withHooks = await weigh(`${client}; ${hooks}`, ['react']);

print(`@asyngular/react: gzip ${kib(hooksBytes)} (fails above ${kib(LIMIT_BYTES)})`);
print(`@asyngular/store beneath it: gzip ${kib(storeBytes)}`);
print(
  `a page with the client: gzip ${kib(without)}; with client, stores and hooks: ${kib(withHooks)}`,
);
if (hooksBytes > LIMIT_BYTES) process.exitCode = 1;

/** Bytes after gzip of what a page would load for production. */
async function weigh(contents, external) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    conditions: ['@asyngular/source', 'browser', 'production'],
    logLevel: 'error',
    external,
  });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length;
}

function kib(bytes) {
  return `${(bytes / KIB).toFixed(2)} KiB`;
}

function print(line) {
  // biome-ignore lint/suspicious/noConsole: the sizes are what this script is for.
  console.log(line);
}

// Bundles the browser client for <script> tags and checks its size. Run by `npm run build`.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** Bytes after gzip: above the limit the build fails; the goal is what we want to stay under. */
const LIMIT_BYTES = 12 * 1024;
const GOAL_BYTES = 10 * 1024;

const outfile = fileURLToPath(new URL('./dist/asyngular-client.min.js', import.meta.url));

await build({
  // From the sources, so that the bundle needs no other build step first.
  entryPoints: [fileURLToPath(new URL('./src/index.ts', import.meta.url))],
  outfile,
  bundle: true,
  minify: true,
  sourcemap: true,
  format: 'iife',
  globalName: 'asyngularClient',
  platform: 'browser',
  conditions: ['@asyngular/source', 'browser', 'module'],
  target: ['es2022'],
  legalComments: 'none',
});

const bundle = readFileSync(outfile);
const bytes = gzipSync(bundle, { level: 9 }).length;
const kib = (size) => `${(size / 1024).toFixed(2)} KiB`;
// biome-ignore lint/suspicious/noConsole: the sizes are what this script is for.
console.log(
  `asyngular-client.min.js: ${kib(bundle.length)}, gzip ${kib(bytes)} (goal ${kib(GOAL_BYTES)}, limit ${kib(LIMIT_BYTES)})`,
);

// A Node built-in or `ws` in the bundle would break pages that have no bundler to stub it.
const foreign = /require\(["'](?:node:|ws)|from ?["'](?:node:|ws)/.exec(bundle.toString());
if (foreign) {
  throw new Error(
    `The browser bundle imports ${foreign[0]}; keep Node modules in platform/node.ts`,
  );
}
if (bytes > LIMIT_BYTES) {
  throw new Error(
    `The browser bundle has ${kib(bytes)} after gzip, more than ${kib(LIMIT_BYTES)}; make it smaller`,
  );
}

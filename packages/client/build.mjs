// Bundles the browser client for <script> tags and checks what is in it. Run by `npm run build`.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

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

const bundle = readFileSync(outfile, 'utf8');

// A Node built-in or `ws` in the bundle would break pages that have no bundler to stub it.
const foreign = /require\(["'](?:node:|ws)|from ?["'](?:node:|ws)/.exec(bundle);
if (foreign) {
  throw new Error(
    `The browser bundle imports ${foreign[0]}; keep Node modules in platform/node.ts`,
  );
}

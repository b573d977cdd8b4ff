// Makes the browser client for <script> tags: one minified file that defines `asyngularClient`.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { minify } from 'terser';
import { internalMembers } from './internal-members.mjs';

/** From the sources, so that the bundle needs no other build step first. */
const options = {
  absWorkingDir: fileURLToPath(new URL('./', import.meta.url)),
  entryPoints: ['src/script.ts'],
  bundle: true,
  minify: true,
  mangleProps: new RegExp(`^(?:${internalMembers.join('|')})$`),
  sourcemap: 'external',
  outfile: 'dist/asyngular-client.min.js',
  write: false,
  metafile: true,
  format: 'iife',
  platform: 'browser',
  conditions: ['@asyngular/source', 'browser', 'module'],
  target: ['es2022'],
  // What no page has, and what every page has that reads ES2022.
  define: { 'globalThis.Buffer': 'undefined', 'globalThis.FinalizationRegistry': 'true' },
  legalComments: 'none',
};

/**
 * `shares`: minified bytes of each source file in it, by path.
 * @returns {Promise<{ code: string, map: string, shares: Record<string, number> }>}
 */
export async function bundleClient() {
  const { outputFiles, metafile } = await build(options);
  const text = (extension) => outputFiles.find(({ path }) => path.endsWith(extension)).text;
  const { code, map } = await minify(text('.js'), {
    ecma: 2022,
    toplevel: true,
    // Nothing here calls `new` on a method, or has a getter that does more than read.
    compress: { passes: 3, unsafe_arrows: true, unsafe_methods: true, pure_getters: true },
    sourceMap: { content: text('.map'), url: 'asyngular-client.min.js.map' },
  });
  const [output] = Object.values(metafile.outputs).filter(({ entryPoint }) => entryPoint);
  const shares = Object.entries(output.inputs).map(([path, share]) => [path, share.bytesInOutput]);
  return { code, map, shares: Object.fromEntries(shares) };
}

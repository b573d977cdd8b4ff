// Makes the browser client for <script> tags: one minified file that defines `asyngularClient`.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { minify } from 'terser';
import { internalNames } from './internal-names.mjs';

const root = fileURLToPath(new URL('./', import.meta.url));

/** From the sources, so that the bundle needs no other build step first. */
const options = {
  absWorkingDir: root,
  entryPoints: ['src/script.ts'],
  bundle: true,
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
  const { metafile } = await build(options);
  const inputs = Object.keys(metafile.inputs).map((path) => `${root}${path}`);
  const { names, hidden } = internalNames(inputs);
  const { outputFiles, metafile: minified } = await build({
    ...options,
    minify: true,
    sourcemap: 'external',
    outfile: 'dist/asyngular-client.min.js',
    mangleProps: new RegExp(`^(?:${names.join('|')})$`),
    // On an object that users extend, a mere letter could be in their way.
    mangleCache: Object.fromEntries(hidden.map((name, index) => [name, `_${index}`])),
  });
  const text = (extension) => outputFiles.find(({ path }) => path.endsWith(extension)).text;
  const { code, map } = await minify(text('.js'), {
    ecma: 2022,
    toplevel: true,
    compress: {
      passes: 3,
      hoist_funs: true,
      keep_fargs: false,
      pure_getters: true,
      unsafe_arrows: true,
      unsafe_methods: true,
      unsafe_proto: true,
    },
    sourceMap: { content: text('.map'), url: 'asyngular-client.min.js.map' },
  });
  const [output] = Object.values(minified.outputs).filter(({ entryPoint }) => entryPoint);
  const shares = Object.entries(output.inputs).map(([path, share]) => [path, share.bytesInOutput]);
  return { code, map, shares: Object.fromEntries(shares) };
}

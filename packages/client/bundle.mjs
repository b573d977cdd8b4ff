// Makes the browser client for <script> tags, a file that defines `asyngularClient`: minified for production, and in
// full for development, where errors explain.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { internalMembers } from './internal-members.mjs';
import { minifyOnce } from './minify-once.mjs';

/** From the sources, so that the bundle needs no other build step first. */
const common = {
  absWorkingDir: fileURLToPath(new URL('./', import.meta.url)),
  entryPoints: ['src/script.ts'],
  bundle: true,
  write: false,
  format: 'iife',
  platform: 'browser',
  target: ['es2022'],
  // What no page has, and what every page has that reads ES2022.
  define: {
    'globalThis.Buffer': 'undefined',
    'globalThis.setImmediate': 'undefined',
    'globalThis.FinalizationRegistry': 'true',
  },
  legalComments: 'none',
};
const conditions = ['@asyngular/source', 'browser', 'module'];

const production = {
  ...common,
  conditions: [...conditions, 'production'],
  minify: true,
  mangleProps: new RegExp(`^(?:${internalMembers.join('|')})$`),
  sourcemap: 'external',
  outfile: 'dist/asyngular-client.min.js',
  metafile: true,
};

/**
 * The minified file. `shares`: minified bytes of each source file in it, by path.
 * @returns {Promise<{ code: string, map: string, shares: Record<string, number> }>}
 */
export async function bundleClient() {
  const { outputFiles, metafile } = await build(production);
  const text = (extension) => outputFiles.find(({ path }) => path.endsWith(extension)).text;
  const { code, map } = await minifyOnce(text('.js'), {
    ecma: 2022,
    toplevel: true,
    // Nothing here calls `new` on an arrow function or a method, has a getter that does more than read, or looks at how
    // many parameters a function has. (`unsafe_comps` would be wrong: a comparison with NaN or undefined is false, and
    // its opposite, too.)
    compress: {
      passes: 6,
      unsafe_arrows: true,
      unsafe_methods: true,
      pure_getters: true,
      keep_fargs: false,
    },
    sourceMap: { content: text('.map'), url: 'asyngular-client.min.js.map' },
  });
  const [output] = Object.values(metafile.outputs).filter(({ entryPoint }) => entryPoint);
  const shares = Object.entries(output.inputs).map(([path, share]) => [path, share.bytesInOutput]);
  return { code, map, shares: Object.fromEntries(shares) };
}

/**
 * The file for development.
 * @returns {Promise<string>}
 */
export async function bundleForDevelopment() {
  const { outputFiles } = await build({ ...common, conditions: [...conditions, 'development'] });
  return outputFiles[0].text;
}

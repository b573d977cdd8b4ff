// Transpiles src/ to dist/, file by file: types are checked by `npm run check:types`, so that a
// benchmark run costs no type check.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

await build({
  entryPoints: [at('./src/**/*.ts')],
  outdir: at('./dist'),
  outbase: at('./src'),
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  logLevel: 'warning',
});

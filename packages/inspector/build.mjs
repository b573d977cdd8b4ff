// Makes the files of the page, with everything in them that they need: the page loads nothing from elsewhere.
import { copyFile, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const { resolve } = createRequire(import.meta.url);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Writes them to dist/page/. */
export async function buildPage() {
  await mkdir(here('./dist/page/'), { recursive: true });
  await build({
    absWorkingDir: here('./'),
    entryPoints: [
      { in: 'page/main.ts', out: 'inspector' },
      { in: 'page/styles/main.css', out: 'inspector' },
    ],
    outdir: 'dist/page',
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: ['es2022'],
    banner: { js: '/*! With uPlot, (c) Leon Sorokin; see uplot-license.txt */' },
    legalComments: 'inline',
  });
  await copyFile(resolve('uplot/LICENSE'), here('./dist/page/uplot-license.txt'));
  for (const file of ['index.html', 'icon.svg']) {
    await copyFile(here(`./page/${file}`), here(`./dist/page/${file}`));
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await buildPage();

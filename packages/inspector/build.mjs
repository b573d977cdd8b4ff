// Makes the files of the page, with everything in them that they need: the page loads nothing from elsewhere.
import { copyFile, mkdir } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

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
    legalComments: 'inline',
  });
  for (const file of ['index.html', 'icon.svg']) {
    await copyFile(here(`./page/${file}`), here(`./dist/page/${file}`));
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await buildPage();

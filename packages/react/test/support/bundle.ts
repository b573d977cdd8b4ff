import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Where each version of React is: 19 is the repository's, 18 comes with `npm run peers`. */
const reacts = { '18': join(root, 'peers/node_modules'), '19': join(root, 'node_modules') };
export type ReactVersion = keyof typeof reacts;

/** The page of these tests as one script, for development, with one version of React. */
export async function bundlePage(version: ReactVersion): Promise<string> {
  const modules = reacts[version];
  if (!existsSync(join(modules, 'react'))) {
    throw new Error(`There is no React ${version}: run \`npm run peers\``);
  }
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../page/main.tsx', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    jsx: 'automatic',
    conditions: ['@asyngular/source', 'browser', 'development'],
    define: { 'process.env.NODE_ENV': '"development"' },
    alias: { react: join(modules, 'react'), 'react-dom': join(modules, 'react-dom') },
    nodePaths: [modules],
  });
  return outputFiles[0]!.text;
}

import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { build } from 'esbuild';

const src = resolve(import.meta.dirname, '../../src');

/** A mistake that somebody could make: a piece of one file in src, and what stands there instead. */
export interface Mistake {
  readonly file: string;
  readonly right: string;
  readonly wrong: string;
}

/** The module at `entry`, an absolute path, compiled from sources with a mistake in them. */
export async function importWithMistake(
  entry: string,
  { file, right, wrong }: Mistake,
): Promise<unknown> {
  const path = resolve(src, file);
  const source = readFileSync(path, 'utf8');
  if (source.split(right).length !== 2) {
    throw new Error(`${relative(process.cwd(), path)} has no single place with: ${right}`);
  }
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    conditions: ['@asyngular/source', 'development'],
    plugins: [
      {
        name: 'mistake',
        setup: ({ onLoad }) =>
          onLoad({ filter: /\.ts$/ }, (args) =>
            args.path === path
              ? {
                  contents: source.replace(right, () => wrong),
                  loader: 'ts',
                  resolveDir: dirname(path),
                }
              : undefined,
          ),
      },
    ],
  });
  const code = Buffer.from(outputFiles[0]!.contents).toString('base64');
  return import(`data:text/javascript;base64,${code}`);
}

import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { build } from 'esbuild';
import type { ChannelClass } from './model-server.js';

const recovery = resolve(import.meta.dirname, '../../src/recovery');

/** A mistake that somebody could make: a piece of one file, and what stands there instead. */
export interface Mistake {
  readonly file: string;
  readonly right: string;
  readonly wrong: string;
}

/** The class that everything hangs from, compiled from sources with a mistake in them. */
export async function withMistake({ file, right, wrong }: Mistake): Promise<ChannelClass> {
  const path = resolve(recovery, file);
  const source = readFileSync(path, 'utf8');
  if (source.split(right).length !== 2) {
    throw new Error(`${relative(process.cwd(), path)} has no single place with: ${right}`);
  }
  const { outputFiles } = await build({
    entryPoints: [resolve(recovery, 'recoverable-channel.ts')],
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
  const module = (await import(`data:text/javascript;base64,${code}`)) as {
    RecoverableChannel: ChannelClass;
  };
  return module.RecoverableChannel;
}

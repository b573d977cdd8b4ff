import { resolve } from 'node:path';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

it('the page has the types of the contract, and no schema library', async () => {
  const { metafile } = await build({
    entryPoints: [resolve(import.meta.dirname, '../src/page/app.ts')],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['@asyngular/source'],
    logLevel: 'silent',
  });
  const files = Object.keys(metafile.inputs);
  expect(files.some((file) => file.endsWith('src/shared/rules.ts'))).toBe(true);
  expect(
    files.filter((file) => /zod|standard-schema|packages\/contract|chat-contract/.test(file)),
  ).toEqual([]);
});

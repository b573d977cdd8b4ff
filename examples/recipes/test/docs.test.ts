import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

// The pages show whole files of src/: a comment names the file, the block under it is its text.
//
//   <!-- file: express.ts -->
//   ```typescript
//   …
//   ```
//
// Examples under ```ts are those that test/docs-examples.test.ts compiles; these are compiled at home.

const source = join(import.meta.dirname, '../src');
const docs = join(import.meta.dirname, '../../../docs');
const shown = ['recipes.md', 'socket-io.md', 'store.md'].flatMap((page) =>
  [
    ...readFileSync(join(docs, page), 'utf8').matchAll(
      /<!-- file: (.+?) -->\n```\w+\n([\s\S]*?)^```$/gm,
    ),
  ].map(([, file, text]) => ({ page, file: file!, text: text! })),
);

it.each(shown)('$page shows $file as it is', ({ file, text }) => {
  expect(text).toBe(readFileSync(join(source, file), 'utf8'));
});

it('every recipe is shown', () => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' });
  expect(shown.map(({ file }) => file).sort()).toEqual(
    files.filter((f) => /\.\w+$/.test(f)).sort(),
  );
});

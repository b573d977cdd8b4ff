import { test } from 'vitest';
import type { RowId } from '../rows.js';
import { differenceOf, enterTest } from './differences.js';
import { disposeAll } from './test-server.js';

/**
 * One test of the suite. `id` is a row of rows.ts or, for what the specification asks beyond the
 * rows, an area such as `options`; the test's title begins with it.
 */
export function row(id: RowId, title: string, body: () => Promise<void> | void): void {
  const name = `${id}: ${title}`;
  const run = async () => {
    enterTest(name);
    try {
      await body();
    } finally {
      await disposeAll();
    }
  };
  if (differenceOf(name) === undefined) {
    test(name, run);
  } else {
    test.fails(name, run);
  }
}

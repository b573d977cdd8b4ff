import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files and folders that take longest, most of them waiting. */
const longest = [
  'test/fleet/recovery',
  'test/docs-site',
  'test/what-you-see',
  'test/testing-page.test.ts',
  'test/quickstart.test.ts',
  'examples/recipes/test/next.test.ts',
  'packages/broker-redis/test/conformance.test.ts',
  'test/fleet',
  'packages/broker-redis/test',
  'packages/broker-nats/test',
  'packages/broker/test/conformance.test.ts',
  'packages/inspector/test/page.test.ts',
  'packages/react/test/hooks.browser.test.ts',
  'packages/server/test/engine-uws.test.ts',
  'packages/server/test/engine-compressed.test.ts',
  'examples',
  'interop/matrix.test.ts',
];

/**
 * Starts the longest files first, so that none of them runs alone at the end. Vitest knows how long a file took only
 * where it has run before, and a fresh clone has not.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { root } = this.ctx.config;
    for (const path of longest) {
      if (!existsSync(join(root, path))) throw new Error(`${path} is gone: mend longest-first.ts`);
    }
    const rankOf = ({ moduleId }: TestSpecification) => {
      const path = relative(root, moduleId);
      const rank = longest.findIndex((start) => path === start || path.startsWith(`${start}/`));
      return rank < 0 ? longest.length : rank;
    };
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => rankOf(a) - rankOf(b));
  }
}

import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files and folders that take longest. Those that wait for fleets of servers take turns with those that keep the
 * processors busy.
 */
const longest = [
  'test/fleet/recovery/nats.test.ts',
  'test/docs-site',
  'test/what-you-see',
  'test/fleet/recovery/redis.test.ts',
  'test/testing-page.test.ts',
  'packages/broker-redis/test/conformance.test.ts',
  'test/quickstart.test.ts',
  'test/fleet/presence/nats.test.ts',
  'examples/recipes/test/next.test.ts',
  'examples/chat/test/chat.browser.test.ts',
  'test/fleet/recovery/local.test.ts',
  'packages/broker-redis/test/clients.test.ts',
  'interop/matrix.test.ts',
  'test/fleet/presence/redis.test.ts',
  'packages/broker-redis/test/faults.test.ts',
  'packages/inspector/test/page.test.ts',
  'test/fleet/presence/local.test.ts',
  'packages/broker/test/conformance.test.ts',
  'examples/cluster',
  'examples/kanban/test/kanban.browser.test.ts',
  'test/fleet/people.test.ts',
  'packages/broker-nats/test/faults.test.ts',
  'packages/react/test/hooks.browser.test.ts',
  'packages/server/test/engine-uws.test.ts',
  'examples/chat/test/chat-axe.browser.test.ts',
  'test/fleet',
  'packages/broker-nats/test/conformance.test.ts',
  'packages/server/test/engine-compressed.test.ts',
  'examples/cursors',
  'examples/answers',
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

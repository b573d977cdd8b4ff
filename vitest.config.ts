import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import {
  type ServerKind,
  serverKinds,
} from './packages/client/acceptance/fixture/control-types.js';
import { scriptClient } from './packages/client/acceptance/fixture/script-client.js';
import { chromiumLaunchOptions } from './packages/test-utils/src/chromium.js';
import { LongestFirst } from './test/support/longest-first.js';

// Tests run from TypeScript sources: the first export condition of every package points at src/.
const conditions = ['@asyngular/source'];
// Not `module`, which Node does not know: some packages have files under it that only bundlers can load.
const ofNode = [...conditions, 'node', 'development|production'];
const ofPages = [...conditions, 'module', 'browser', 'development|production'];

/** The client's acceptance suite: the same files in Node and in Chromium, for each kind of server. */
const acceptance = {
  include: ['packages/client/acceptance/*.acceptance.ts'],
  globalSetup: ['packages/client/acceptance/fixture/global-setup.ts'],
  testTimeout: 60_000,
  isolate: false,
};

export default defineConfig({
  resolve: { conditions: ofNode },
  ssr: { resolve: { conditions: ofNode } },
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // As patient as the other waits; by default a page that is slow for a second fails.
    expect: { poll: { timeout: 40_000 } },
    // Half of the time a file waits: with a worker for each of two cores one of them is idle. With more than three,
    // tests that watch a clock meet one that is busy.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: [
            'packages/*/test/**/*.test.{ts,tsx}',
            'packages/client/acceptance/*.test.ts',
            'examples/*/test/**/*.test.ts',
            'test/**/*.test.ts',
          ],
        },
      },
      {
        extends: true,
        test: {
          name: 'interop',
          include: ['interop/*.test.ts'],
          // The duties wait rather than work.
          maxConcurrency: 12,
        },
      },
      ...serverKinds.map((kind) => ({
        extends: true as const,
        test: {
          ...acceptance,
          name: `acceptance-node:${kind}`,
          provide: { acceptanceServer: kind },
        },
      })),
      {
        resolve: { conditions: ofPages },
        test: {
          ...acceptance,
          name: 'acceptance-browser',
          browser: inChromium(serverKinds.map((kind) => [kind, kind])),
        },
      },
      {
        // The same with the minified file for `<script>` tags.
        plugins: [scriptClient()],
        resolve: { conditions: ofPages },
        test: {
          ...acceptance,
          name: 'acceptance-script',
          browser: inChromium([['script', 'ours']]),
        },
      },
    ],
  },
});

function inChromium(instances: [name: string, kind: ServerKind][]) {
  return {
    enabled: true,
    headless: true,
    screenshotFailures: false,
    // One page for each server, all at the same time and beside the tests of Node.
    fileParallelism: false,
    provider: playwright({ launchOptions: chromiumLaunchOptions }),
    instances: instances.map(([name, kind]) => ({
      browser: 'chromium' as const,
      name: `acceptance-browser:${name}`,
      provide: { acceptanceServer: kind },
    })),
  };
}

import { afterAll, describe } from 'vitest';
// Its clean-up after each test is for all tests of the file, so it is imported outside of any suite.
import './server.js';

/** The core of the suite: what a socket does, whatever it is made of. */
export const core = [
  'handshake',
  'rpc',
  'pubsub',
  'heartbeat',
  'lifecycle',
  'middleware',
  'middleware-failures',
  'auth',
  'handle',
  'control',
  'contract',
  'contract-outbound',
  'recovery',
  'recovery-subscribe',
  'recovery-publish',
  'recovery-history',
  'recovery-exchange',
  'streams',
  'stream-limits',
  'plain-calls',
  'client-streams',
  'client-calls',
  'people',
  'except',
  'join-channel',
  'presence',
  'presence-refused',
  'presence-exchange',
];

/** Runs test files of the server again, with another kind of connection. */
export function runOn(engine: string, files: readonly string[]): void {
  process.env.ASYNGULAR_TEST_ENGINE = engine;
  afterAll(() => {
    delete process.env.ASYNGULAR_TEST_ENGINE;
  });
  for (const name of files) describe(name, () => import(`../${name}.test.ts`));
}

import { afterAll, describe } from 'vitest';

// The behaviour of sockets must not depend on how their frames are read and written: the core of the
// suite runs again with a ws module of the application's own.
process.env.ASYNGULAR_TEST_ENGINE = 'ws module';
afterAll(() => {
  delete process.env.ASYNGULAR_TEST_ENGINE;
});

const core = [
  'handshake',
  'rpc',
  'pubsub',
  'heartbeat',
  'lifecycle',
  'middleware',
  'auth',
  'handle',
];

for (const name of core) describe(name, () => import(`./${name}.test.ts`));

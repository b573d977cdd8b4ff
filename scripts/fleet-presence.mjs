// Takes a fleet of three servers with 1,000 members through every fault, several times, with the default times, and
// prints a table per broker. Exits with 1 if a promise was broken.
//
//   npm run fleet:presence -- --runs 3 [--broker nats|redis]
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    broker: { type: 'string', multiple: true, default: ['nats', 'redis'] },
  },
});
const { status } = spawnSync(
  'npx',
  [
    'vitest',
    'run',
    '--project=node',
    '--no-file-parallelism',
    ...values.broker.map((broker) => `test/fleet/presence/${broker}.test.ts`),
  ],
  { stdio: 'inherit', env: { ...process.env, FLEET: 'large', FLEET_RUNS: values.runs } },
);
process.exitCode = status ?? 1;

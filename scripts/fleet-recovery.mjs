// Takes a fleet of three servers with recoverable channels through every fault, several times, and prints a table per
// broker. Exits with 1 if a promise was broken.
//
//   npm run fleet:recovery -- --runs 10 --crowd 10000 [--broker nats|redis]
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10' },
    crowd: { type: 'string', default: '10000' },
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
    ...values.broker.map((broker) => `test/fleet/recovery/${broker}.test.ts`),
  ],
  {
    stdio: 'inherit',
    env: { ...process.env, FLEET_RUNS: values.runs, FLEET_CROWD: values.crowd },
  },
);
process.exitCode = status ?? 1;

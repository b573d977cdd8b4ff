// Takes a fleet of three servers through every fault, several times and with the default times, and prints a table per
// broker. Exits with 1 if a promise was broken.
//
//   npm run fleet:presence -- --runs 3 [--broker nats|redis|local]
//   npm run fleet:deploy -- --broker nats|redis|local
//   npm run fleet:recovery -- --runs 10 --crowd 10000 [--broker nats|redis|local]
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '1' },
    /** Subscribers that join at once. */
    crowd: { type: 'string' },
    broker: { type: 'string', multiple: true, default: ['nats', 'redis', 'local'] },
  },
});
const [suite] = positionals;
/** What makes a suite larger than it is among all other tests. */
const sizes = {
  presence: { FLEET: 'large' },
  deploy: { FLEET: 'large' },
  recovery: { FLEET_CROWD: values.crowd ?? '10000' },
};
if (positionals.length !== 1 || !Object.hasOwn(sizes, suite)) {
  throw new Error(`Name one suite, ${Object.keys(sizes).join(' or ')}, and not "${positionals}"`);
}
if (values.crowd !== undefined && suite !== 'recovery') {
  throw new Error(`--crowd is an option of recovery; ${suite} has no crowd`);
}
const { status } = spawnSync(
  'npx',
  [
    'vitest',
    'run',
    '--project=node',
    '--no-file-parallelism',
    ...values.broker.map((broker) => `test/fleet/${suite}/${broker}.test.ts`),
  ],
  { stdio: 'inherit', env: { ...process.env, FLEET_RUNS: values.runs, ...sizes[suite] } },
);
process.exitCode = status ?? 1;

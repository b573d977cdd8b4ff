// Runs the conformance suite of all brokers and prints a table: one row per duty, one column per broker.
//
//   npm run brokers:conformance
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const directory = mkdtempSync(join(tmpdir(), 'asyngular-conformance-'));
const outputFile = join(directory, 'results.json');
const run = spawnSync(
  'npx',
  [
    'vitest',
    'run',
    '--project=node',
    '--reporter=json',
    `--outputFile=${outputFile}`,
    'packages/broker/test/conformance',
    'packages/log-file/test/conformance',
    'packages/broker-local/test/conformance',
    'packages/broker-nats/test/conformance',
    'packages/broker-redis/test/conformance',
  ],
  { stdio: ['ignore', 'ignore', 'inherit'], encoding: 'utf8' },
);
const { testResults } = JSON.parse(readFileSync(outputFile, 'utf8'));
rmSync(directory, { recursive: true, force: true });

const suffix = ' keeps the broker contract';
const brokers = [];
const duties = new Map();
for (const { ancestorTitles, title, status } of testResults.flatMap((it) => it.assertionResults)) {
  const suite = ancestorTitles.find((it) => it.endsWith(suffix));
  if (!suite) continue;
  const broker = suite.slice(0, -suffix.length);
  if (!brokers.includes(broker)) brokers.push(broker);
  if (!duties.has(title)) duties.set(title, new Map());
  duties.get(title).set(broker, status === 'passed' ? 'yes' : status);
}
const idOf = (title) => Number(/^B(\d+)/.exec(title)?.[1]);
const rows = [...duties].sort(([a], [b]) => idOf(a) - idOf(b));
console.log(`| duty | ${brokers.join(' | ')} |`);
console.log(`| --- |${' :-: |'.repeat(brokers.length)}`);
for (const [title, results] of rows) {
  // A fault that the test cannot bring about, such as a cut in memory.
  console.log(`| ${title} | ${brokers.map((broker) => results.get(broker) ?? '–').join(' | ')} |`);
}
process.exitCode = run.status ?? 1;

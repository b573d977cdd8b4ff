// npm run bench:command -- [--seconds n] [--rounds n] [--only subjects]
import { parseArgs } from 'node:util';
import { takeSample } from '../measure/sample.js';
import { type LoadScenario, scenarios } from '../scenarios.js';
import { type Subject, subjects, subjectVersions } from '../subjects.js';
import { type Measured, measureByCommand, type Work } from './run-command.js';

// The same servers and the same work, by this benchmark and by `asyngular bench`: what both measure, the server's CPU time
// for each delivery, has to agree. Only a fan-out with one publication in flight can be compared: there each publication
// is a turn of the server in both. Calls that are in flight on all connections share turns; those of an open load do not.

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: 'asyngular,socketcluster,socket.io' },
  },
});
const seconds = Number(values.seconds);
const names = values.only.split(',');
const present = subjects.filter(
  (subject) => names.includes(subject.id) && subject.server && subjectVersions(subject),
);

const fanOut = scenarios.find(({ id }) => id === 'fan-out-200-1') as LoadScenario;
await print({ args: ['fan-out', '-c', '200'], rate: 250 }, fanOut);
await print({ args: ['calls', '-c', '50'], rate: 2_000 });

/** Rounds are interleaved, so that all meet the same machine. */
async function print(work: Work, scenario?: LoadScenario): Promise<void> {
  const rows = present.map((subject) => ({
    subject,
    here: [] as number[],
    command: [] as Measured[],
  }));
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const { subject, here, command } of rows) {
      if (scenario) here.push((await takeSample(scenario, subject, { seconds })).value);
      command.push(await measureByCommand(subject, work, seconds));
    }
  }
  console.log(`\nasyngular bench ${work.args.join(' ')} -r ${work.rate} -d ${seconds}\n`);
  console.log('| server | µs of CPU each | by this benchmark | ratio | lost | p50 | p99 |');
  console.log('| --- | --: | --: | --: | --: | --: | --: |');
  for (const { subject, here, command } of rows) printRow(subject, here, command);
}

function printRow(subject: Subject, here: number[], command: Measured[]): void {
  const own = here.length === 0 ? undefined : median(here);
  const theirs = median(command.map(({ cpuMicros }) => cpuMicros));
  const cells = [
    subject.label,
    theirs.toFixed(1),
    own?.toFixed(1) ?? '–',
    own === undefined ? '–' : (theirs / own).toFixed(2),
    command.reduce((sum, each) => sum + each.lost, 0),
    `${median(command.map(({ p50 }) => p50)).toFixed(1)} ms`,
    `${median(command.map(({ p99 }) => p99)).toFixed(1)} ms`,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

function median(list: number[]): number {
  return list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)]!;
}

// npm run bench:command -- [--seconds n] [--rounds n]
import { parseArgs } from 'node:util';
import { takeSample } from '../measure/sample.js';
import { type LoadScenario, scenarios } from '../scenarios.js';
import { type Subject, subjects, subjectVersions } from '../subjects.js';
import { type Measured, measureByCommand } from './run-command.js';

// The same servers and the same work, by this benchmark and by `asyngular bench`: what both measure, the server's CPU time
// for each unit, has to agree. What only the command measures is a table that readers can repeat.

const pairs: { scenario: string; args: string[] }[] = [
  { scenario: 'fan-out-200-1', args: ['fan-out', '-c', '200', '-r', '100'] },
  { scenario: 'calls-50-1', args: ['calls', '-c', '50', '-r', '1000'] },
];
const names = ['asyngular', 'socketcluster', 'socket.io'];

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
  },
});
const seconds = Number(values.seconds);

for (const { scenario: id, args } of pairs) {
  const scenario = scenarios.find((each) => each.id === id) as LoadScenario;
  const measured = subjects
    .filter((subject) => names.includes(subject.id) && subjectVersions(subject))
    .map((subject) => ({ subject, here: [] as number[], command: [] as Measured[] }));
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const { subject, here, command } of measured) {
      here.push((await takeSample(scenario, subject, { seconds })).value);
      command.push(await measureByCommand(subject, args, seconds));
    }
  }
  console.log(`\nasyngular bench ${args.join(' ')} -d ${seconds}\n`);
  console.log(
    '| server | µs of CPU, this benchmark | µs, the command | ratio | lost | p50 | p99 |',
  );
  console.log('| --- | --: | --: | --: | --: | --: | --: |');
  for (const { subject, here, command } of measured) printRow(subject, here, command);
}

function printRow(subject: Subject, here: number[], command: Measured[]): void {
  const own = median(here);
  const theirs = median(command.map(({ cpuMicros }) => cpuMicros));
  const lost = command.reduce((sum, each) => sum + each.lost, 0);
  const cells = [
    subject.label,
    own.toFixed(1),
    theirs.toFixed(1),
    (theirs / own).toFixed(2),
    lost,
    `${median(command.map(({ p50 }) => p50)).toFixed(1)} ms`,
    `${median(command.map(({ p99 }) => p99)).toFixed(1)} ms`,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

function median(list: number[]): number {
  return list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)]!;
}

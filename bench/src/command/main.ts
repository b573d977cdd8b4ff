// npm run bench:command -- [--seconds n] [--rounds n] [--only subjects]
import { parseArgs } from 'node:util';
import { type StartChild, withChildren } from '../control/with-children.js';
import { type Subject, subjects, subjectVersions } from '../subjects.js';
import { type MeasuredByCommand, measureByCommand } from './run-command.js';
import { measureHere } from './run-here.js';
import type { Measured, Target, Work } from './work.js';

// The same server processes and the same work, by this benchmark's generator and by `asyngular bench`. What both measure,
// the server's CPU time for each delivery or answer, has to agree when both send at the same times: each message is a turn
// of the server then. The closed loop of the other benchmarks is shown beside it, because a server that always has
// work pays less for each piece of it.

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: 'asyngular,socketcluster,socket.io' },
  },
});
const seconds = Number(values.seconds);
const names = values.only.split(',');
const present = subjects.filter(
  (subject) => names.includes(subject.id) && subject.server && subjectVersions(subject),
);

await print({
  rate: 250,
  args: ['fan-out', '-c', '200'],
  load: 'fan-out',
  params: { connections: 200, inFlight: 1 },
});
await print({
  rate: 2_000,
  args: ['calls', '-c', '50'],
  load: 'calls',
  params: { connections: 50, inFlight: 1 },
});

/** What was measured of a server, an entry for each round. */
interface Row {
  target: Target;
  closed: Measured[];
  here: Measured[];
  command: MeasuredByCommand[];
}

async function print(work: Work): Promise<void> {
  await withChildren(async (start) => {
    const rows: Row[] = [];
    for (const subject of present) {
      const target = await startTarget(subject, start);
      rows.push({ target, closed: [], here: [], command: [] });
      // So that all code is compiled before it counts.
      await measureHere(target, work, 'in a closed loop', seconds);
    }
    // Rounds are interleaved, so that all meet the same machine.
    for (let round = 0; round < Number(values.rounds); round += 1) {
      for (const row of rows) await measureRound(row, work, round);
    }
    console.log(`\nasyngular bench ${work.args.join(' ')} -r ${work.rate} -d ${seconds}\n`);
    console.log(
      '| server | µs of CPU each | by this benchmark | ratio | in a closed loop | left late | lost | p50 | p99 |',
    );
    console.log('| --- | --: | --: | --: | --: | --: | --: | --: | --: |');
    for (const row of rows) printRow(row);
  });
}

async function startTarget(subject: Subject, start: StartChild): Promise<Target> {
  const server = await start('servers/main.js', [subject.server!.module], { core: 0 });
  return { subject, server, port: await server.call<number>('port') };
}

/** In another order each time, so that neither always comes after the other. */
async function measureRound(row: Row, work: Work, round: number): Promise<void> {
  const { target, closed, here, command } = row;
  const steps = [
    async () => here.push(await measureHere(target, work, 'at its rate', seconds)),
    async () => command.push(await measureByCommand(target, work, seconds)),
  ];
  for (const step of round % 2 === 0 ? steps : steps.toReversed()) await step();
  closed.push(await measureHere(target, work, 'in a closed loop', seconds));
}

function printRow({ target, closed, here, command }: Row): void {
  const late = command.map(({ lateMs }, round) => Math.max(lateMs, here[round]!.lateMs));
  const ratios = command.map(({ cpuMicros }, round) => cpuMicros / here[round]!.cpuMicros);
  const cells = [
    target.subject.label,
    median(command.map(({ cpuMicros }) => cpuMicros)).toFixed(1),
    median(here.map(({ cpuMicros }) => cpuMicros)).toFixed(1),
    median(ratios).toFixed(2),
    median(closed.map(({ cpuMicros }) => cpuMicros)).toFixed(1),
    `${median(late).toFixed(1)} ms`,
    command.reduce((sum, { lost }) => sum + lost, 0),
    `${median(command.map(({ p50 }) => p50)).toFixed(1)} ms`,
    `${median(command.map(({ p99 }) => p99)).toFixed(1)} ms`,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

function median(list: number[]): number {
  return list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)]!;
}

import type { Usage } from '../control/meter.js';
import { formatShare, formatValue, formatVerdict } from '../report/numbers.js';
import { withServers } from './children.js';
import type { CursorsKind, CursorsLoad, Moved } from './cursors-load.js';

const PER_SECOND = 20;
const PER_SECOND_GOAL = 20;
const P99_GOAL_MS = 150;

const rows: readonly { kind: CursorsKind; label: string; module: string }[] = [
  { kind: 'presence', label: 'Asyngular, presence', module: 'asyngular-presence' },
  { kind: 'publications', label: 'Asyngular, publications', module: 'asyngular' },
  { kind: 'socket.io', label: 'Socket.IO', module: 'socket-io' },
];

/** Prints what it costs to show everybody's cursor to everybody. */
export async function printCursors(seconds: number): Promise<void> {
  console.log(
    `\nCursors: pages in one channel, each moves ${PER_SECOND} times a second, for ${seconds} s; one server\n`,
  );
  console.log(
    '| server | pages | messages/s to each | KiB/s to each | p50, ms | p99, ms | server busy |',
  );
  console.log('| --- | --: | --: | --: | --: | --: | --: |');
  const verdicts: string[] = [];
  for (const pages of [50, 200]) {
    for (const row of rows) {
      const label = `| ${row.label} | ${pages} |`;
      try {
        const { moved, busy } = await measure(row, pages, seconds);
        const { perSecond, kibPerSecond, p50Ms, p99Ms } = moved;
        const cells = [perSecond, kibPerSecond, p50Ms, p99Ms].map(formatValue);
        console.log(`${label} ${[...cells, formatShare(busy)].join(' | ')} |`);
        if (row.kind === 'presence' && pages === 200) {
          verdicts.push(
            `goal ≤ ${PER_SECOND_GOAL} messages/s: ${formatValue(perSecond)}, ${formatVerdict(perSecond <= PER_SECOND_GOAL)}`,
            `goal p99 ≤ ${P99_GOAL_MS} ms: ${formatValue(p99Ms)} ms, ${formatVerdict(p99Ms <= P99_GOAL_MS)}`,
          );
        }
      } catch (error) {
        console.log(`${label} ${(error as Error).message.split('\n')[0]} |`);
      }
    }
  }
  console.log(`\n${verdicts.join('; ')}`);
}

function measure(
  { kind, module }: (typeof rows)[number],
  pages: number,
  seconds: number,
): Promise<{ moved: Moved; busy: number }> {
  return withServers(
    { module, args: ['memory'], count: 1 },
    'presence/cursors-load.js',
    async ([server], [port], load) => {
      const request: CursorsLoad = { port: port!, kind, pages, perSecond: PER_SECOND };
      await load.call('prepare', request);
      await server!.call('start');
      const moved = await load.call<Moved>('run', { seconds }, seconds * 1_000 + 60_000);
      const { cpuMicros, wallMs } = await server!.call<Usage>('stop');
      return { moved, busy: cpuMicros / 1_000 / wallMs };
    },
  );
}

import type { Usage } from '../control/meter.js';
import { withChildren } from '../control/with-children.js';
import { formatRatio, formatValue, formatVerdict } from '../report/numbers.js';
import type { Latency } from './bystanders.js';
import type { CrowdLoad } from './crowd-load.js';
import { percentile } from './percentile.js';

const SERVER_CORE = 0;
const LOAD_CORE = 1;
const BYSTANDERS = 100;
const crowd = { connections: 5_000, channels: 10, missed: 2 } as const;
const TIMES_GOAL = 1.5;
const P99_GOAL_MS = 50;

interface Return {
  wallMs: number;
  cpuMs: number;
  latency: Latency;
}

/** Prints how a crowd comes back with and without what it missed: medians of alternating rounds. */
export async function printCrowd(rounds: number): Promise<void> {
  const { connections, channels, missed } = crowd;
  console.log(
    `\nCrowd: ${connections.toLocaleString('en')} clients cut at once, ${channels} channels each, ` +
      `${channels * missed} publications missed by each; ${BYSTANDERS} others make calls; ` +
      `median of ${rounds} rounds\n`,
  );
  const plain: Return[] = [];
  const recovering: Return[] = [];
  for (let round = 0; round < rounds; round++) {
    plain.push(await measure(false));
    recovering.push(await measure(true));
  }
  console.log(
    '| channels | all back after, ms | server CPU, ms | calls of the others p50, ms | p99, ms |',
  );
  console.log('| --- | --: | --: | --: | --: |');
  const print = (name: string, returns: readonly Return[]) => {
    const cells = [
      median(returns.map(({ wallMs }) => wallMs)),
      median(returns.map(({ cpuMs }) => cpuMs)),
      median(returns.map(({ latency }) => latency.p50Ms)),
      median(returns.map(({ latency }) => latency.p99Ms)),
    ];
    console.log(`| ${[name, ...cells.map(formatValue)].join(' | ')} |`);
  };
  print('plain', plain);
  print('with history, recovered', recovering);
  const wallMs = (returns: readonly Return[]) => median(returns.map(({ wallMs }) => wallMs));
  const ratio = wallMs(recovering) / wallMs(plain);
  const p99Ms = median(recovering.map(({ latency }) => latency.p99Ms));
  console.log(
    `\ngoal ≤ ${TIMES_GOAL} × plain: ${formatRatio(ratio)}, ${formatVerdict(ratio <= TIMES_GOAL)}; ` +
      `goal p99 ≤ ${P99_GOAL_MS} ms: ${formatValue(p99Ms)} ms, ${formatVerdict(p99Ms <= P99_GOAL_MS)}`,
  );
}

const median = (values: readonly number[]) => percentile(values, 0.5);

function measure(history: boolean): Promise<Return> {
  return withChildren(async (start) => {
    const args = ['asyngular-fleet', 'memory', '0', history ? 'history' : 'plain'];
    const server = await start('servers/main.js', args, { core: SERVER_CORE });
    const load = await start('recovery/crowd-load.js', [], { core: LOAD_CORE });
    const bystanders = await start('recovery/bystanders.js', [], { core: LOAD_CORE });
    const port = await server.call<number>('port');
    const request: CrowdLoad = { ...crowd, port, history };
    await bystanders.call('prepare', { port, count: BYSTANDERS });
    await load.call('prepare', request);
    await load.call('leave');
    await bystanders.call('start');
    await server.call('start');
    const wallMs = await load.call<number>('comeBack');
    const { cpuMicros } = await server.call<Usage>('stop');
    const latency = await bystanders.call<Latency>('stop');
    return { wallMs, cpuMs: cpuMicros / 1_000, latency };
  });
}

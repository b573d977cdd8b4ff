import { Service } from '../brokers/service.js';
import type { Usage } from '../control/meter.js';
import { percentile } from '../recovery/percentile.js';
import { formatRatio, formatShare, formatValue, formatVerdict } from '../report/numbers.js';
import { withServers } from './children.js';
import type { Entered, EnteringLoad } from './entering-load.js';

const CLIENTS = 1_000;
const SERVERS = 2;
const SPREAD_MS = 1_000;
const AGREED_GOAL_MS = 1_000;
const BYTES_GOAL = 1.3;
const CPU_GOAL = 0.3;

type Outcome = Entered & { cpuMs: number; syncBytes: number };

/** Prints what it costs when everybody who watches a channel enters it: medians of alternating rounds. */
export async function printEntering(rounds: number): Promise<void> {
  console.log(
    `\nEntering: ${CLIENTS.toLocaleString('en')} clients on ${SERVERS} servers (Redis) watch a channel, and all enter ` +
      `it within ${SPREAD_MS / 1_000} s; beside it, the same clients publish the same; median of ${rounds} rounds\n`,
  );
  const presence: Outcome[] = [];
  const publications: Outcome[] = [];
  for (let round = 0; round < rounds; round++) {
    publications.push(await measure('publications'));
    presence.push(await measure('presence'));
  }
  console.log(
    '| kind | everybody knows after, ms | packets each | KiB each | CPU of both servers, ms |',
  );
  console.log('| --- | --: | --: | --: | --: |');
  print('presence', presence);
  print('publications', publications);
  const agreedMs = median(presence, 'agreedAfterMs');
  const bytes = median(presence, 'bytesEach') / median(presence, 'syncBytes');
  const cpu = median(presence, 'cpuMs') / median(publications, 'cpuMs');
  console.log(
    `\ngoal ≤ ${AGREED_GOAL_MS} ms: ${formatValue(agreedMs)} ms, ${formatVerdict(agreedMs <= AGREED_GOAL_MS)}; ` +
      `goal ≤ ${BYTES_GOAL} × one sync: ${formatRatio(bytes)}, ${formatVerdict(bytes <= BYTES_GOAL)}; ` +
      `goal ≤ ${formatShare(CPU_GOAL)} of publications: ${formatShare(cpu)}, ${formatVerdict(cpu <= CPU_GOAL)}`,
  );
}

function median(outcomes: readonly Outcome[], of: keyof Outcome): number {
  return percentile(
    outcomes.map((outcome) => outcome[of]),
    0.5,
  );
}

function print(name: string, outcomes: readonly Outcome[]): void {
  const cells = [
    median(outcomes, 'agreedAfterMs'),
    median(outcomes, 'packetsEach'),
    median(outcomes, 'bytesEach') / 1_024,
    median(outcomes, 'cpuMs'),
  ];
  console.log(`| ${[name, ...cells.map(formatValue)].join(' | ')} |`);
}

async function measure(kind: EnteringLoad['kind']): Promise<Outcome> {
  const redis = await Service.start('redis');
  const args = ['redis', `${redis.address}`];
  try {
    return await withServers(
      { module: 'asyngular-presence', args, count: SERVERS },
      'presence/entering-load.js',
      async (servers, ports, load) => {
        const request: EnteringLoad = { ports, clients: CLIENTS, kind, spreadMs: SPREAD_MS };
        await load.call('prepare', request);
        for (const server of servers) await server.call('start');
        const entered = await load.call<Entered>('enter', {}, 90_000);
        let cpuMs = 0;
        for (const server of servers) cpuMs += (await server.call<Usage>('stop')).cpuMicros / 1_000;
        const syncBytes = kind === 'presence' ? await load.call<number>('bytesOfSync') : 0;
        return { ...entered, cpuMs, syncBytes };
      },
    );
  } finally {
    await redis.stop();
  }
}

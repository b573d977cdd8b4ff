import { setTimeout as sleep } from 'node:timers/promises';
import { Service } from '../brokers/service.js';
import type { Child } from '../control/child.js';
import { withChildren } from '../control/with-children.js';
import { formatValue } from '../report/numbers.js';
import type { JitterHeard, JitterLoad } from './jitter-load.js';
import { jitterChannel, type ListenerName } from './listeners.js';
import { percentile } from './percentile.js';

interface Jittery {
  readonly label: string;
  readonly listener: ListenerName;
  readonly server: string;
  readonly broker: 'memory' | 'nats' | 'redis';
  readonly recovers: boolean;
  readonly servers: number;
}

const ours = { label: 'Asyngular', listener: 'asyngular', server: 'asyngular-fleet' } as const;
const socketIo = { label: 'Socket.IO', listener: 'socket.io', server: 'socket-io-fleet' } as const;

const jitteries: readonly Jittery[] = [
  { ...socketIo, broker: 'memory', recovers: false, servers: 1 },
  { ...socketIo, broker: 'memory', recovers: true, servers: 1 },
  { ...socketIo, broker: 'redis', recovers: false, servers: 2 },
  { ...socketIo, broker: 'redis', recovers: true, servers: 2 },
  { ...ours, broker: 'memory', recovers: false, servers: 1 },
  { ...ours, broker: 'memory', recovers: true, servers: 1 },
  { ...ours, broker: 'redis', recovers: true, servers: 2 },
  { ...ours, broker: 'nats', recovers: true, servers: 2 },
];

/** The links of all clients break again and again, while one publication follows the other. */
const CLIENTS = 30;
const PUBLISH_EVERY_MS = 500;
const CUT_EVERY_MS = 15_000;
const AWAY_MS = 2_000;
/** Longer than any client takes to come back. */
const SETTLE_MS = 5_000;

/** Prints one row per server for which `isWanted`; each takes `seconds` and a little more. */
export async function printJitter(
  seconds: number,
  isWanted: (name: string) => boolean,
): Promise<void> {
  console.log(
    `\nJitter: ${CLIENTS} clients, each cut off every ${CUT_EVERY_MS / 1_000} s for ` +
      `${AWAY_MS / 1_000} s (± a third), ${1_000 / PUBLISH_EVERY_MS} publications/s for ${seconds} s\n`,
  );
  console.log(
    '| server | servers | cuts | delivered | duplicates | out of order | replay p50, ms | replay p99, ms |',
  );
  console.log('| --- | --: | --: | --: | --: | --: | --: | --: |');
  for (const jittery of jitteries) {
    const { label, broker, recovers, servers } = jittery;
    const name = `${label}, ${broker}${recovers ? ', recovery' : ''}`;
    if (!isWanted(name)) continue;
    try {
      console.log(`| ${name} | ${servers} | ${await measure(jittery, seconds)} |`);
    } catch (error) {
      console.log(`| ${name} | ${servers} | ${(error as Error).message} |`);
      process.exitCode = 1;
    }
  }
}

async function measure(jittery: Jittery, seconds: number): Promise<string> {
  const { listener, server, broker, recovers, servers: count } = jittery;
  const service = broker === 'memory' ? undefined : await Service.start(broker);
  try {
    return await withChildren(async (start) => {
      const args = [server, broker, `${service?.address}`, recovers ? 'history' : 'plain'];
      const servers: Child[] = [];
      for (let index = 0; index < count; index++)
        servers.push(await start('servers/main.js', args, {}));
      const load = await start('recovery/jitter-load.js', [], {});
      const ports = await Promise.all(servers.map((child) => child.call<number>('port')));
      const request: JitterLoad = {
        listener,
        ports,
        clients: CLIENTS,
        everyMs: CUT_EVERY_MS,
        awayMs: AWAY_MS,
      };
      await load.call('prepare', request);
      await load.call('startJitter');
      let number = 0;
      for (const endMs = performance.now() + seconds * 1_000; performance.now() < endMs; ) {
        number += 1;
        await load.call('published', { number });
        const params = { channel: jitterChannel, data: { number } };
        await servers[number % count]!.call('publish', params);
        await sleep(PUBLISH_EVERY_MS);
      }
      await load.call('stopJitter');
      await sleep(SETTLE_MS);
      const heard = await load.call<JitterHeard>('heard');
      const { delivered, duplicates, outOfOrder, cuts, replaysMs } = heard;
      const share = (100 * delivered) / (number * CLIENTS);
      // Rounded down: only what is complete may look so.
      const percent = `${Math.floor(share * 100) / 100} %`;
      const replays = [0.5, 0.99].map((part) => {
        const isMeasured = recovers && replaysMs.length > 0;
        return isMeasured ? formatValue(percentile(replaysMs, part)) : '–';
      });
      return [cuts, percent, duplicates, outOfOrder, ...replays].join(' | ');
    });
  } finally {
    await service?.stop();
  }
}

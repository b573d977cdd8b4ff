import { pause } from '@asyngular/test-utils/wait';
import type { Fault } from './faults.js';
import { type ChannelHistory, emptyVerdict, judge, type Logged, type Verdict } from './judge.js';
import { beginningOf } from './place.js';
import type { RecoveryFleet } from './recovery-fleet.js';

/** What a fleet went through because of one fault. */
export interface Outcome extends Verdict {
  acknowledged: number;
  /** Publications that were refused, or not answered in time. */
  unconfirmed: number;
  /** Subscriptions that went on without a hole, and those that did not. */
  recovered: number;
  unrecovered: number;
  /** Members whose loop over a channel got anything else than what their packets had. */
  misread: number;
  /** Reads of one channel's log after a position, by one server, that were under way at once. */
  readsAtOnce: number;
  /** From the end of the fault until everybody was where the logs end. */
  settledMs: number;
}

/** Publications that are read of a log at once. */
const PAGE = 1_000;

/** Publishes before, during and after a fault, and judges what each subscriber got. */
export function runFault(fleet: RecoveryFleet, fault: Fault, calmMs: number): Promise<Outcome> {
  const { guests } = fault;
  if (guests === undefined) return run(fleet, fault, calmMs);
  return fleet.withMore(guests.count, guests.channel, () => run(fleet, fault, calmMs));
}

async function run(
  fleet: RecoveryFleet,
  { act, isQuiet = false }: Fault,
  calmMs: number,
): Promise<Outcome> {
  const starts = await fleet.settle();
  for (const member of fleet.members) member.reset();
  for (const server of fleet.servers) await server.readsAtOnce();
  const stopPublishing = fleet.publish();
  let endedAt: number;
  try {
    await pause(calmMs);
    if (isQuiet) {
      stopPublishing();
      await fleet.settle();
    }
    await act(fleet);
    endedAt = performance.now();
    await fleet.whole();
    if (!isQuiet) await pause(calmMs);
  } finally {
    stopPublishing();
  }
  await fleet.settle();
  const settledMs = performance.now() - endedAt;
  return { ...(await judgeFleet(fleet, starts)), settledMs };
}

async function judgeFleet(
  fleet: RecoveryFleet,
  starts: ReadonlyMap<string, string>,
): Promise<Omit<Outcome, 'settledMs'>> {
  const publications = fleet.members.flatMap(({ publications }) => publications);
  const acknowledged = publications.filter(({ state }) => state === 'acknowledged');
  const verdicts: Verdict[] = [];
  for (const channel of fleet.channels) {
    const piece = await readLog(fleet, channel, starts.get(channel)!);
    const tracks = fleet.members.flatMap(({ tracks }) => tracks.get(channel) ?? []);
    verdicts.push(
      judge({
        ...piece,
        acknowledged: acknowledged.flatMap((it) => (it.channel === channel ? [it.id] : [])),
        subscribers: tracks.map(({ arrivals }) => arrivals),
      }),
    );
  }
  const tracks = fleet.members.flatMap(({ tracks }) => [...tracks.values()]);
  const counts = await Promise.all(fleet.servers.map((server) => server.readsAtOnce()));
  return {
    ...verdicts.reduce(add, emptyVerdict()),
    acknowledged: acknowledged.length,
    unconfirmed: publications.length - acknowledged.length,
    recovered: tracks.reduce((sum, { recovered }) => sum + recovered, 0),
    unrecovered: tracks.reduce((sum, { unrecovered }) => sum + unrecovered, 0),
    misread: tracks.filter(({ arrivals, read }) => {
      const sent = arrivals.flatMap((it) => (it.kind === 'publication' ? [it.id] : []));
      return sent.join() !== read.join();
    }).length,
    readsAtOnce: Math.max(...counts),
  };
}

/** What was published after a position; the whole log, if that is another one. */
async function readLog(
  fleet: RecoveryFleet,
  channel: string,
  start: string,
): Promise<Pick<ChannelHistory, 'log' | 'start' | 'hasSurvived'>> {
  const reader = fleet.readerOf(channel);
  const log: Logged[] = [];
  for (let before: string | undefined; ; ) {
    const page = await reader.history({ limit: PAGE, ...(before && { before }) });
    for (const { data, position } of page.publications) {
      if (position === start) return { log: log.reverse(), start, hasSurvived: true };
      log.push({ id: data.id, position });
    }
    if (!page.hasMore) {
      const beginning = beginningOf(page.position);
      return { log: log.reverse(), start: beginning, hasSurvived: start === beginning };
    }
    before = log.at(-1)!.position;
  }
}

function add(sum: Verdict, verdict: Verdict): Verdict {
  for (const name of Object.keys(sum) as (keyof Verdict)[]) sum[name] += verdict[name];
  return sum;
}

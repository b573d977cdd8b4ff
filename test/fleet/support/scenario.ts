import { pause } from '@asyngular/test-utils/wait';
import type { Fleet } from './fleet.js';

/** One fault, and what the subscribers of the fleet went through because of it. */
export interface FleetResult {
  readonly fault: string;
  /** Publications that were acknowledged, and those that were refused or never answered. */
  published: number;
  unconfirmed: number;
  /** Acknowledged publications, times their subscribers. */
  expected: number;
  received: number;
  /** Gaps announced, over all clients: by the server, and by losing the connection. */
  announced: number;
  lostInside: number;
  /** Must be 0, as the two after it. */
  lostOutside: number;
  duplicates: number;
  outOfOrder: number;
}

/** Publishes before, during and after the fault, and counts what each subscriber got. */
export async function runFault(
  fleet: Fleet,
  fault: string,
  act: () => Promise<void>,
  calmMs: number,
): Promise<FleetResult> {
  for (const client of fleet.clients) client.goHome();
  await fleet.whole();
  for (const client of fleet.clients) client.reset();
  const stopPublishing = fleet.publish();
  try {
    await pause(calmMs);
    await act();
    await fleet.whole();
    await pause(calmMs);
  } finally {
    stopPublishing();
  }
  await fleet.settle();
  return judge(fault, fleet);
}

function judge(fault: string, fleet: Fleet): FleetResult {
  const result: FleetResult = {
    fault,
    published: 0,
    unconfirmed: 0,
    expected: 0,
    received: 0,
    announced: 0,
    lostInside: 0,
    lostOutside: 0,
    duplicates: 0,
    outOfOrder: 0,
  };
  const seen = fleet.clients.map(({ received, gaps }) => {
    result.announced += gaps.length;
    const sets = new Map<string, Set<number>>();
    for (const { channel, publisher, indices } of received.values()) {
      const key = `${channel} ${publisher}`;
      const all = sets.get(key) ?? new Set();
      sets.set(key, all);
      for (const index of indices) all.add(index);
      result.duplicates += indices.length - new Set(indices).size;
      indices.forEach((index, at) => {
        if (at > 0 && index < indices[at - 1]!) result.outOfOrder++;
      });
    }
    return sets;
  });
  for (const publication of fleet.clients.flatMap(({ publications }) => publications)) {
    const { publisher, channel, index, calledAt, acceptedAt } = publication;
    if (acceptedAt === undefined) {
      result.unconfirmed++;
      continue;
    }
    result.published++;
    fleet.clients.forEach((client, at) => {
      if (!client.channels.includes(channel)) return;
      result.expected++;
      if (seen[at]!.get(`${channel} ${publisher}`)?.has(index)) {
        result.received++;
        return;
      }
      const isAnnounced = client.gaps.some(
        (gap) =>
          (gap.channel === undefined || gap.channel === channel) &&
          gap.since <= acceptedAt &&
          calledAt <= gap.until,
      );
      if (isAnnounced) result.lostInside++;
      else result.lostOutside++;
    });
  }
  return result;
}

/** The results as a Markdown table. */
export function faultTable(results: readonly FleetResult[]): string {
  const rows = results.map(
    (it) =>
      `| ${it.fault} | ${it.published} | ${it.unconfirmed} | ${it.announced} | ${it.expected} | ${it.received} | ${it.lostInside} | ${it.lostOutside} | ${it.duplicates} | ${it.outOfOrder} |`,
  );
  return [
    '| fault | published | unconfirmed | announced | expected | received | lost inside | lost outside | duplicates | out of order |',
    '| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: |',
    ...rows,
  ].join('\n');
}

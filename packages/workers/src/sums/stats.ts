import type { ServerStats } from '@asyngular/server';

/** Something that is made of numbers, at whatever depth, as stats are. */
type Numbers = { readonly [name: string]: number | Numbers | undefined };

/**
 * The stats of several servers as those of one: every number is the sum. What several of them have at the same time
 * counts several times: a channel with subscribers on two, an address with clients on two, members of other servers
 * (`presence.remoteMembers`), which are known to each. `undefined` without servers.
 */
export function sumStats(all: readonly ServerStats[]): ServerStats | undefined {
  // Interfaces have no index signature, though all their members are numbers or such objects.
  return sumNumbers(all as unknown as readonly Numbers[]) as unknown as ServerStats | undefined;
}

function sumNumbers(all: readonly Numbers[]): Numbers | undefined {
  if (all.length === 0) return undefined;
  const names = new Set(all.flatMap((one) => Object.keys(one)));
  return Object.fromEntries([...names].map((name) => [name, sumOf(all.map((one) => one[name]))]));
}

/** Absent parts, such as the history of a server without channels that have one, add nothing. */
function sumOf(values: readonly (number | Numbers | undefined)[]): number | Numbers | undefined {
  const parts = values.filter((value) => typeof value === 'object' && value !== null);
  if (parts.length > 0) return sumNumbers(parts);
  const numbers = values.filter((value) => typeof value === 'number');
  if (numbers.length === 0) return undefined;
  return numbers.reduce((sum, number) => sum + number, 0);
}

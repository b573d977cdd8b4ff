import type { Home } from './home.js';
import type { DigestMessage } from './messages.js';
import { hashOf } from './name-hash.js';
import { countParts } from './name-parts.js';
import type { Watchers } from './watchers.js';

/** What the others can compare with what they know. */
export function writeDigests(
  homes: Iterable<Home>,
  asOf: number,
  watchers: Watchers,
  servers: Iterable<string>,
): DigestMessage[] {
  const watched = [...homes].filter(({ channel }) => watchers.isWatched(channel));
  const of = countParts(watched.map(({ channel }) => channel));
  const parts = Array.from({ length: of }, (): [string, number][] => []);
  for (const { channel, version } of watched) parts[hashOf(channel) % of]!.push([channel, version]);
  const watching = [...servers].map((server) => [server, ...watchers.summary(server)] as const);
  return parts.map((versions, part) => ({
    type: 'digest',
    asOf,
    part,
    of,
    versions,
    watching: part === 0 ? watching : [],
  }));
}

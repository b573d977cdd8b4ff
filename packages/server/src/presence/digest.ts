import type { Home } from './home.js';
import type { DigestMessage } from './messages.js';
import { hashOf } from './name-hash.js';
import type { Watchers } from './watchers.js';

/** Channels that one message tells the versions of. */
const CHANNELS_PER_DIGEST = 1_000;

/** What the others can compare with what they know. */
export function writeDigests(
  homes: Iterable<Home>,
  asOf: number,
  watchers: Watchers,
  servers: Iterable<string>,
): DigestMessage[] {
  const versions: [string, number][] = [];
  for (const { channel, version } of homes) {
    if (watchers.isWatched(channel)) versions.push([channel, version]);
  }
  const watching = [...servers].map((server) => [server, ...watchers.summary(server)] as const);
  const of = Math.max(1, Math.ceil(versions.length / CHANNELS_PER_DIGEST));
  return Array.from({ length: of }, (_, part) => ({
    type: 'digest',
    asOf,
    part,
    of,
    versions: versions.filter(([channel]) => isInPart(channel, part, of)),
    watching: part === 0 ? watching : [],
  }));
}

/** Whether a digest would have told of the channel. */
export function isInPart(channel: string, part: number, of: number): boolean {
  return hashOf(channel) % of === part;
}

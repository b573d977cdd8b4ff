import { InvalidOptionsError } from '@asyngular/errors';
import { USER_CHANNEL } from '../channels/user-channel.js';
import { PatternTable } from '../outbound/pattern-table.js';
import type { ResolvedPattern } from './channel-options.js';

type Patterns = ReadonlyMap<string, ResolvedPattern>;

/**
 * The channel that each user has alone is as many channels as there are users, so nothing is kept of it under its one
 * name, whatever patterns fit that (P18.4). Throws `InvalidOptionsError` for a pattern that names it and keeps something.
 */
export function withUserChannel(patterns: Patterns): Patterns {
  if (patterns.size === 0) return patterns;
  const own = patterns.get(USER_CHANNEL);
  if (own?.history !== undefined || own?.presence !== undefined) {
    throw new InvalidOptionsError(
      `channels['${USER_CHANNEL}'] has history or presence, and that channel is another one for each user; leave them out`,
    );
  }
  const overflow = new PatternTable(patterns).get(USER_CHANNEL)?.overflow;
  const kept = { history: undefined, rewind: 0, overflow, presence: undefined };
  return new Map([...patterns, [USER_CHANNEL, kept]]);
}

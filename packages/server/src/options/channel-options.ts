import { InvalidOptionsError } from '@asyngular/errors';
import {
  check,
  checkOptions,
  count,
  type FilledInOptions,
  milliseconds,
  type OptionTable,
  object,
  oneOf,
} from '@asyngular/errors/options';
import {
  type OverflowPolicy,
  type OverflowPolicyOption,
  overflowPolicies,
} from '../outbound/overflow-policy.js';
import {
  isPresenceOption,
  type PresencePatternOptions,
  type ResolvedPresence,
  resolvePresence,
} from './presence-options.js';

/** How much of a channel its log keeps. Whatever bound is reached first, the oldest publications go. */
export interface HistoryKeepOptions {
  /** Publications, 1 to 10,000. Default 100. */
  size?: number | undefined;
  /** How long after its last publication the log of a channel is kept at least, in ms. Default 300,000. */
  ttl?: number | undefined;
  /** Bytes of publications; the newest one is kept even if it alone is larger. Default 1,048,576. */
  maxBytes?: number | undefined;
}

/** What the server does with the channels of one pattern. */
export interface ChannelPatternOptions {
  /**
   * Keeps a log of each channel, so that clients get what they missed; `{}` for the defaults. Needs a broker with logs,
   * as `memoryBroker()` is. Default: no log.
   */
  history?: HistoryKeepOptions | undefined;
  /**
   * Publications that a new subscription begins with, and the most that a client may ask for: at most `size`. Needs
   * `history`. Default 0.
   */
  rewind?: number | undefined;
  /**
   * What happens to publications for a socket above its high-water mark. Default: what `overflowPolicy` says or,
   * with `history`, nothing: the socket reads them from the log later.
   */
  overflow?: OverflowPolicy | undefined;
  /**
   * Shows who is in a channel: `true` the members, `'count'` only how many there are, at any number; an object says more.
   * Default `false`.
   */
  presence?: boolean | 'count' | PresencePatternOptions | undefined;
}

/** Options by channel pattern: a channel's name, or its beginning followed by `*`; the longest that fits wins. */
export type ChannelsOption = Readonly<Record<string, ChannelPatternOptions>>;

const historyDefaults = {
  size: 100,
  ttl: 300_000,
  maxBytes: 1_048_576,
} as const satisfies HistoryKeepOptions;

const MAX_SIZE = 10_000;

const historyTable = {
  size: count('publications', { min: 1, max: MAX_SIZE }),
  ttl: milliseconds({ min: 1 }),
  maxBytes: count('bytes', { min: 1 }),
} satisfies OptionTable<HistoryKeepOptions>;

const patternTable = {
  history: object('an object { size?, ttl?, maxBytes? }'),
  rewind: count('publications', { max: MAX_SIZE }),
  overflow: oneOf(...overflowPolicies),
  presence: check("true, false, 'count' or an object { show?, accept? }", isPresenceOption),
} satisfies OptionTable<ChannelPatternOptions>;

/** The options of one pattern with their defaults. */
export interface ResolvedPattern {
  /** `undefined`: no log. */
  readonly history: Readonly<FilledInOptions<HistoryKeepOptions>> | undefined;
  readonly rewind: number;
  /** `undefined`: what `overflowPolicy` says. */
  readonly overflow: OverflowPolicy | undefined;
  /** `undefined`: nothing is kept of who is there. */
  readonly presence: ResolvedPresence | undefined;
}

/**
 * Checks the option `channels` and fills in defaults, pattern by pattern. `overflowPolicy`, where it is an object, says
 * the `overflow` of its patterns. Throws `InvalidOptionsError`.
 */
export function resolveChannels(
  channels: ChannelsOption | undefined,
  overflowPolicy: OverflowPolicyOption | undefined,
): ReadonlyMap<string, ResolvedPattern> {
  const elsewhere = typeof overflowPolicy === 'object' ? overflowPolicy : {};
  return new Map(
    Object.entries(channels ?? {}).map(([pattern, given]) => [
      pattern,
      resolvePattern(pattern, given, elsewhere[pattern]),
    ]),
  );
}

function resolvePattern(
  pattern: string,
  given: ChannelPatternOptions,
  elsewhere: OverflowPolicy | undefined,
): ResolvedPattern {
  const where = `channels['${pattern}']`;
  if (pattern.slice(0, -1).includes('*')) {
    throw new InvalidOptionsError(
      `The pattern '${pattern}' of the channels option has a * before its end; it must be a channel's name, ` +
        'or its beginning followed by *',
    );
  }
  const options = checkOptions<ChannelPatternOptions>(patternTable, given, where);
  const history = options.history && {
    ...historyDefaults,
    ...checkOptions<HistoryKeepOptions>(historyTable, options.history, `${where}.history`),
  };
  const resolved = {
    history,
    rewind: options.rewind ?? 0,
    overflow: options.overflow ?? elsewhere,
    presence: resolvePresence(options.presence, `${where}.presence`),
  };
  assertTogether(where, resolved);
  if (elsewhere !== undefined && elsewhere !== resolved.overflow) {
    throw new InvalidOptionsError(
      `The overflowPolicy option and ${where}.overflow say '${elsewhere}' and '${resolved.overflow}' of the same ` +
        'channels; leave one of them out',
    );
  }
  return resolved;
}

/** What each option may be depends on the others. */
function assertTogether(where: string, { history, rewind, overflow }: ResolvedPattern): void {
  if (history === undefined) {
    if (rewind === 0) return;
    throw new InvalidOptionsError(
      `${where} has a rewind of ${rewind} and no history; add history: { size: ${rewind} } or more`,
    );
  }
  const { size } = history;
  if (rewind > size) {
    throw new InvalidOptionsError(
      `${where} has a rewind of ${rewind}, and its history keeps ${size} publications; raise history.size, or lower rewind`,
    );
  }
  if (size > 1 && overflow !== undefined && overflow !== 'disconnect') {
    throw new InvalidOptionsError(
      `${where} drops publications by overflow '${overflow}', and its history keeps ${size} of them so that nobody ` +
        'misses any; leave overflow out, or set history.size to 1',
    );
  }
}

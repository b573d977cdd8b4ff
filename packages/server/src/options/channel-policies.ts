import type { OverflowPolicyOf } from '../outbound/overflow-policy.js';
import { PatternTable } from '../outbound/pattern-table.js';
import type { ChannelPolicy, ChannelPolicyOf } from '../recovery/channel-policy.js';
import type { ResolvedPattern } from './channel-options.js';

/** The policy of channels with a log; `undefined` when no pattern has one. */
export function createChannelPolicies(
  patterns: ReadonlyMap<string, ResolvedPattern>,
  idempotencyWindowMs: number,
): ChannelPolicyOf | undefined {
  if (![...patterns.values()].some(({ history }) => history)) return undefined;
  // A longer pattern without history takes its channels out of a shorter one's.
  const table = new PatternTable<ChannelPolicy | null>(
    [...patterns].map(([pattern, resolved]) => [pattern, policyOf(resolved, idempotencyWindowMs)]),
  );
  return (channel) => table.get(channel) ?? undefined;
}

function policyOf(
  { history, rewind, overflow }: ResolvedPattern,
  idempotencyWindowMs: number,
): ChannelPolicy | null {
  if (history === undefined) return null;
  const { size, ttl: ttlMs, maxBytes } = history;
  return {
    log: { size, ttlMs, maxBytes, idempotencyWindowMs },
    rewind,
    overflow: overflow ?? 'disconnect',
  };
}

/** The overflow policy of all channels: that of their pattern, else the one of the option `overflowPolicy`. */
export function withPatterns(
  patterns: ReadonlyMap<string, ResolvedPattern>,
  otherwise: OverflowPolicyOf,
): OverflowPolicyOf {
  if (patterns.size === 0) return otherwise;
  const table = new PatternTable(patterns);
  return (channel) => {
    const pattern = table.get(channel);
    if (pattern === undefined) return otherwise(channel);
    // What a log keeps is not dropped because other channels' publications are.
    return pattern.overflow ?? (pattern.history ? 'disconnect' : otherwise(channel));
  };
}

/** Whether channels of some pattern drop publications for slow sockets. */
export function isAnyDropping(patterns: ReadonlyMap<string, ResolvedPattern>): boolean {
  return [...patterns.values()].some(({ overflow }) => (overflow ?? 'disconnect') !== 'disconnect');
}

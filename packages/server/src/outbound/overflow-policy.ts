import { PatternTable } from './pattern-table.js';

/**
 * What happens to publications for a socket whose unsent bytes exceed its high-water mark:
 * `disconnect` queues them until the hard limit closes the socket; `drop-newest` discards the
 * publication at hand; `drop-oldest` makes room by discarding queued publications, oldest first;
 * `latest` keeps only the newest publication of each channel. Other packets are never dropped.
 */
export type OverflowPolicy = 'disconnect' | 'drop-newest' | 'drop-oldest' | 'latest';

/**
 * One policy for all channels, one per pattern, or a function of the channel. A pattern is a channel's
 * name, or its beginning followed by `*`; the longest pattern that fits wins, none means `disconnect`.
 */
export type OverflowPolicyOption =
  | OverflowPolicy
  | Readonly<Record<string, OverflowPolicy>>
  | ((channel: string) => OverflowPolicy);

export const overflowPolicies = [
  'disconnect',
  'drop-newest',
  'drop-oldest',
  'latest',
] as const satisfies OverflowPolicy[];

const policies: ReadonlySet<unknown> = new Set(overflowPolicies);

export function isOverflowPolicyOption(value: unknown): value is OverflowPolicyOption {
  if (typeof value === 'function') return true;
  if (typeof value !== 'object' || value === null) return policies.has(value);
  return Object.values(value).every((policy) => policies.has(policy));
}

/** The policy of a channel; never throws. */
export type OverflowPolicyOf = (channel: string) => OverflowPolicy;

/** Compiles the option. What a function of the application throws is reported, and means `disconnect`. */
export function createOverflowPolicy(
  option: OverflowPolicyOption,
  onError: (error: unknown) => void,
): OverflowPolicyOf {
  if (typeof option === 'string') return () => option;
  if (typeof option === 'function') {
    return (channel) => {
      try {
        return option(channel);
      } catch (error) {
        onError(error);
        return 'disconnect';
      }
    };
  }
  const table = new PatternTable(Object.entries(option));
  return (channel) => table.get(channel) ?? 'disconnect';
}

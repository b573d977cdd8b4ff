import type { LogPolicy } from '@asyngular/broker';
import type { OverflowPolicy } from '../outbound/overflow-policy.js';

/** What the server's option `channels` says of one recoverable channel. */
export interface ChannelPolicy {
  /** How much its log keeps. */
  readonly log: LogPolicy;
  /** Publications that a new subscription begins with, and the most that one may ask for. */
  readonly rewind: number;
  /** `latest`: a slow socket gets the newest publication alone; anything else: it catches up from the log. */
  readonly overflow: OverflowPolicy;
}

/** The policy of a channel; `undefined`: it has no log. */
export type ChannelPolicyOf = (channel: string) => ChannelPolicy | undefined;

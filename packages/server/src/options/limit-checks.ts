import { InvalidOptionsError } from '@asyngular/errors';
import {
  anyOf,
  check,
  checkOptions,
  count,
  func,
  listOf,
  milliseconds,
  number,
  type OptionTable,
  object,
  text,
} from '@asyngular/errors/options';
import type { AddressRateLimits, RateLimits } from '../limits/rate-limits.js';
import type { RateLimit } from '../limits/token-bucket.js';
import { isOverflowPolicyOption } from '../outbound/overflow-policy.js';
import type { LimitOptions } from './options-limits.js';

const rates = object('an object of limits { perSecond, burst? } by kind');

/** What the bounds may be. Zero where it would mean no progress at all is excluded. */
export const limitTable = {
  origins: anyOf(text(), listOf(text()), func()),
  handshakeTimeout: milliseconds(),
  maxClients: count('clients'),
  maxPendingClients: count('clients'),
  maxPendingClientsPerAddress: count('clients'),
  maxPayload: count('bytes'),
  maxFragments: count('fragments'),
  maxDepth: count('levels'),
  maxBatchLength: count('packets'),
  maxBatchPacketsPerTurn: count('packets', { min: 1 }),
  maxBatchTimePerTurn: milliseconds(),
  maxNameLength: count('characters'),
  maxPendingCalls: count('calls'),
  maxStreams: count('streams'),
  maxStreamCredit: count('items', { min: 1 }),
  streamHighWaterMark: count('items', { min: 1 }),
  streamHighWaterMarkBytes: count('bytes', { min: 1 }),
  streamIdleTimeout: milliseconds(),
  socketChannelLimit: count('channels'),
  maxPresenceBytes: count('bytes', { min: 2 }),
  maxPresenceMembers: count('members', { min: 1 }),
  inboundHighWaterMark: count('messages', { min: 1 }),
  inboundHighWaterMarkBytes: count('bytes', { min: 1 }),
  exchangeHighWaterMark: count('messages', { min: 1 }),
  exchangeHighWaterMarkBytes: count('bytes', { min: 1 }),
  eventHighWaterMark: count('events', { min: 1 }),
  maxBacklogBytesTotal: count('bytes', { min: 1 }),
  outboundHighWaterMark: count('bytes'),
  outboundLimit: count('bytes'),
  maxBufferedBytesTotal: count('bytes'),
  overflowPolicy: check(
    "'disconnect', 'drop-newest', 'drop-oldest', 'latest', an object of them by channel pattern, " +
      'or a function of the channel',
    isOverflowPolicyOption,
  ),
  middlewareTimeout: milliseconds(),
  rateLimits: rates,
  addressRateLimits: rates,
  clientAddress: func(),
} satisfies OptionTable<LimitOptions>;

const aboveZero = check(
  'a number above 0',
  (value) => number('packets').isValid(value) && (value as number) > 0,
);

const rateTable = { perSecond: aboveZero, burst: aboveZero } satisfies OptionTable<RateLimit>;

const kindTable = {
  messages: rates,
  publishes: rates,
  calls: rates,
  subscribes: rates,
  presence: rates,
} satisfies OptionTable<RateLimits>;

const addressKindTable = {
  ...kindTable,
  handshakes: rates,
} satisfies OptionTable<AddressRateLimits>;

/** Checks the options within `rateLimits` and `addressRateLimits`. */
export function checkRates({ rateLimits, addressRateLimits }: LimitOptions): void {
  checkKinds(checkOptions<RateLimits>(kindTable, rateLimits, 'rateLimits'), 'rateLimits');
  checkKinds(
    checkOptions<AddressRateLimits>(addressKindTable, addressRateLimits, 'addressRateLimits'),
    'addressRateLimits',
  );
}

function checkKinds(limits: AddressRateLimits, what: string): void {
  for (const [kind, limit] of Object.entries(limits)) {
    const where = `${what}.${kind}`;
    checkOptions<RateLimit>(rateTable, limit, where);
    // Without it there would be no limit.
    if (limit.perSecond === undefined)
      throw new InvalidOptionsError(`${where} has no perSecond; add it`);
  }
}

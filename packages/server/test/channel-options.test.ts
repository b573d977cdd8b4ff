import { describe, expect, it } from 'vitest';
import { AGServer, type AGServerOptions } from '../src/index.js';
import {
  createChannelPolicies,
  isAnyDropping,
  withPatterns,
} from '../src/options/channel-policies.js';
import { resolveOptions } from '../src/options/options.js';
import { createOverflowPolicy } from '../src/outbound/overflow-policy.js';
import { PatternTable } from '../src/outbound/pattern-table.js';

const policiesOf = (given: AGServerOptions) => {
  const options = resolveOptions(given);
  return createChannelPolicies(options.channelPatterns, options.idempotencyWindow);
};

const overflowOf = (given: AGServerOptions) => {
  const options = resolveOptions(given);
  const otherwise = createOverflowPolicy(options.overflowPolicy, () => {});
  return withPatterns(options.channelPatterns, otherwise);
};

describe('a table of channel patterns', () => {
  const table = new PatternTable([
    ['*', 'all'],
    ['room:*', 'rooms'],
    ['room:vip:*', 'vips'],
    ['room:vip:1', 'the first'],
    ['room', 'the room'],
  ]);

  it.each([
    ['', 'all'],
    ['rooms', 'all'],
    ['room', 'the room'],
    ['room:', 'rooms'],
    ['room:vip', 'rooms'],
    ['room:vip:', 'vips'],
    ['room:vip:1', 'the first'],
    ['room:vip:12', 'vips'],
    ['__proto__', 'all'],
  ])('finds for %j the longest that fits: %s', (channel, value) => {
    expect(table.get(channel)).toBe(value);
  });

  it('has nothing for a channel that none fits', () => {
    expect(new PatternTable([['a*', 1]]).get('b')).toBeUndefined();
  });
});

describe('the option channels', () => {
  it('fills in what a log keeps', () => {
    const policyOf = policiesOf({ channels: { 'room:*': { history: {} } } });
    expect(policyOf?.('room:1')).toEqual({
      log: { size: 100, ttlMs: 300_000, maxBytes: 1_048_576, idempotencyWindowMs: 120_000 },
      rewind: 0,
      overflow: 'disconnect',
    });
    expect(policyOf?.('other')).toBeUndefined();
  });

  it('takes what is given', () => {
    const policyOf = policiesOf({
      channels: {
        'price:*': {
          history: { size: 1, ttl: 1_000, maxBytes: 500 },
          rewind: 1,
          overflow: 'latest',
        },
      },
      idempotencyWindow: 5_000,
    });
    expect(policyOf?.('price:a')).toEqual({
      log: { size: 1, ttlMs: 1_000, maxBytes: 500, idempotencyWindowMs: 5_000 },
      rewind: 1,
      overflow: 'latest',
    });
  });

  it('lets a longer pattern without history take channels out of a shorter one', () => {
    const policyOf = policiesOf({ channels: { 'a*': { history: {} }, 'ab*': {} } });
    expect(policyOf?.('ac')).toBeDefined();
    expect(policyOf?.('abc')).toBeUndefined();
  });

  it('makes nothing where no pattern has history', () => {
    expect(policiesOf({})).toBeUndefined();
    expect(policiesOf({ channels: { 'a*': { overflow: 'latest' } } })).toBeUndefined();
  });

  it('says the overflow of its patterns, and overflowPolicy that of all others', () => {
    const policyOf = overflowOf({
      channels: {
        'log:*': { history: {} },
        'price:*': { history: { size: 1 }, overflow: 'latest' },
        'lossy:*': { overflow: 'drop-oldest' },
        'plain:*': {},
      },
      overflowPolicy: 'drop-newest',
    });
    const channels = ['log:1', 'price:1', 'lossy:1', 'plain:1', 'other'];
    expect(channels.map(policyOf)).toEqual([
      'disconnect',
      'latest',
      'drop-oldest',
      'drop-newest',
      'drop-newest',
    ]);
  });

  it('takes overflowPolicy for the overflow of the same pattern', () => {
    const given: AGServerOptions = {
      channels: { 'price:*': { history: { size: 1 } } },
      overflowPolicy: { 'price:*': 'latest' },
    };
    expect(policiesOf(given)?.('price:a')?.overflow).toBe('latest');
    expect(overflowOf(given)('price:a')).toBe('latest');
    expect(isAnyDropping(resolveOptions(given).channelPatterns)).toBe(true);
    expect(isAnyDropping(resolveOptions({ channels: { a: {} } }).channelPatterns)).toBe(false);
  });

  const inHistory = (history: unknown) => ({ 'a*': { history } });
  it.each([
    [5, 'The channels option of the server is 5; it must be an object of options by channel'],
    [{ 'a*': 'all' }, "The options of channels['a*'] must be an object; they are 'all'"],
    [
      { 'a*': { presense: true } },
      "Unknown option presense of channels['a*']; did you mean presence?",
    ],
    [
      { 'a*': { presence: 'counts' } },
      "it must be true, false, 'count' or an object { show?, accept? }",
    ],
    [{ 'a*': { presence: [] } }, "it must be true, false, 'count' or an object { show?, accept? }"],
    [
      { 'a*': { presence: { acept: () => 1 } } },
      "of channels['a*'].presence; did you mean accept?",
    ],
    [{ 'a*': { presence: { accept: true } } }, 'it must be a function of the socket and the state'],
    [{ 'a*': { presence: { show: 'counts' } } }, "it must be 'members' or 'count'"],
    [{ 'a*': { histroy: {} } }, "Unknown option histroy of channels['a*']; did you mean history?"],
    [{ 'a*:b': {} }, "The pattern 'a*:b' of the channels option has a * before its end"],
    [inHistory(true), "The history option of channels['a*'] is true; it must be an object"],
    [inHistory({ size: 0 }), 'is 0; it must be a whole number of publications from 1 to 10000'],
    [inHistory({ size: 10_001 }), "The size option of channels['a*'].history is 10001"],
    [inHistory({ size: Number.POSITIVE_INFINITY }), 'is Infinity; it must be a whole number'],
    [inHistory({ ttl: '5m' }), "is '5m'; it must be a number of milliseconds from 1"],
    [inHistory({ maxBytes: 0 }), 'it must be a whole number of bytes, 1 or more'],
    [inHistory({ sise: 5 }), "Unknown option sise of channels['a*'].history; did you mean size?"],
    [
      { 'a*': { rewind: 1.5 } },
      'is 1.5; it must be a whole number of publications from 0 to 10000',
    ],
    [
      { 'a*': { rewind: 5 } },
      "channels['a*'] has a rewind of 5 and no history; add history: { size: 5 } or more",
    ],
    [
      { 'a*': { rewind: 5, history: { size: 4 } } },
      "channels['a*'] has a rewind of 5, and its history keeps 4 publications",
    ],
    [{ 'a*': { overflow: 'explode' } }, "is 'explode'; it must be 'disconnect' or 'drop-newest'"],
    ...['drop-newest', 'drop-oldest', 'latest'].map((overflow) => [
      { 'a*': { overflow, history: {} } },
      `channels['a*'] drops publications by overflow '${overflow}', and its history keeps 100`,
    ]),
  ] as [unknown, string][])('refuses %j', (channels, message) => {
    expect(() => new AGServer({ authKey: 'key', channels } as never)).toThrow(message);
  });

  it('refuses what overflowPolicy says of its patterns as it would refuse it itself', () => {
    const channels = { 'a*': { history: {} } };
    expect(() => resolveOptions({ channels, overflowPolicy: { 'a*': 'drop-oldest' } })).toThrow(
      "channels['a*'] drops publications by overflow 'drop-oldest'",
    );
    expect(() =>
      resolveOptions({
        channels: { 'a*': { overflow: 'latest' } },
        overflowPolicy: { 'a*': 'drop-oldest' },
      }),
    ).toThrow(
      "The overflowPolicy option and channels['a*'].overflow say 'drop-oldest' and 'latest'",
    );
  });

  it.each([0, '2m', -1])('refuses an idempotencyWindow of %j', (idempotencyWindow) => {
    expect(() => new AGServer({ authKey: 'key', idempotencyWindow } as never)).toThrow(
      'The idempotencyWindow option of the server is',
    );
  });
});

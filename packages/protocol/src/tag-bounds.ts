import { ResourceLimitError } from '@asyngular/errors';
import { type TagKind, tagKinds } from './tag-reader.js';

/**
 * Longest text of a big integer. The time to read one grows with the square of its length: 0.2 ms for this much, half a
 * second for a message full of digits.
 */
const MAX_BIGINT_LENGTH = 10_000;

/**
 * Most numbers among the keys of a map or the members of a set. Their hashes are no secret, unlike those of text: a
 * megabyte of numbers that all have the same one would take seconds. A big integer, which takes longer to compare, counts
 * tenfold.
 */
const MAX_NUMERIC_KEYS = 1_000;
const BIGINT_COST = 10;

/**
 * The kinds of tags for messages of strangers: what takes more time to read than its length suggests throws
 * `ResourceLimitError` (P17.4).
 */
export function createBoundedKinds(
  maxNumericKeys = MAX_NUMERIC_KEYS,
): ReadonlyMap<string, TagKind> {
  function assertFewNumbers(keys: readonly unknown[]): void {
    let cost = 0;
    for (const key of keys) {
      if (typeof key === 'number') cost++;
      else if (typeof key === 'bigint') cost += BIGINT_COST;
    }
    if (cost > maxNumericKeys) {
      throw new ResourceLimitError(
        `A message holds a map or a set with more than ${maxNumericKeys} numbers as keys (a big integer counts ` +
          `${BIGINT_COST} times); send an array, or text as keys`,
      );
    }
  }

  function readMap(entries: [unknown, unknown][]): Map<unknown, unknown> {
    assertFewNumbers(entries.map(([key]) => key));
    return new Map(entries);
  }

  function readSet(members: unknown[]): Set<unknown> {
    assertFewNumbers(members);
    return new Set(members);
  }

  return new Map<string, TagKind>([
    ...tagKinds,
    ['$bigint', { type: 'string', read: readBigInt }],
    ['$map', { type: 'object', read: readMap }],
    ['$set', { type: 'object', read: readSet }],
  ]);
}

function readBigInt(text: string): bigint {
  if (text.length > MAX_BIGINT_LENGTH) {
    throw new ResourceLimitError(
      `A message holds an integer of ${text.length} digits; up to ${MAX_BIGINT_LENGTH} are read`,
    );
  }
  return BigInt(text);
}

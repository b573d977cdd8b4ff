import { ResourceLimitError } from '@asyngular/errors';
import { readTags, type TagKind, type TagKinds, tagKinds } from './tag-reader.js';

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
 * A message has room for a hundred maps of that kind. The time grows with the square of the numbers in each, so that is
 * what is summed up; of a few of them it is nothing to speak of.
 */
const MAX_LARGE = 10;
const FEW_NUMBERS = 100;

/**
 * `readTags` for messages of strangers: what would take too long throws `ResourceLimitError` (P17.4). `more`: kinds of the
 * codec's own.
 */
export function createBoundedReader(
  maxNumericKeys = MAX_NUMERIC_KEYS,
  more: TagKinds = {},
): (value: unknown) => unknown {
  const maxSquares = MAX_LARGE * maxNumericKeys ** 2;
  /** Of the message that is being read. */
  let squares = 0;

  function assertFewNumbers(keys: readonly unknown[]): void {
    let cost = 0;
    for (const key of keys) {
      if (typeof key === 'number') cost++;
      else if (typeof key === 'bigint') cost += BIGINT_COST;
    }
    if (cost > FEW_NUMBERS) squares += cost ** 2;
    if (squares > maxSquares) {
      throw new ResourceLimitError(
        `A message holds too many maps and sets with numbers as keys: up to ${MAX_LARGE} with ${maxNumericKeys} each ` +
          'are read, or more smaller ones; send arrays, or text as keys',
      );
    }
    if (cost > maxNumericKeys) {
      throw new ResourceLimitError(
        `A message holds a map or a set with more than ${maxNumericKeys} numbers as keys (a big integer counts ` +
          `${BIGINT_COST} times); send an array, or text as keys`,
      );
    }
  }

  const kinds: TagKinds = {
    ...tagKinds,
    $bigint: bounded('$bigint', assertShort),
    $map: bounded('$map', (content) => assertFewNumbers(itemsOf(content).map(firstOf))),
    $set: bounded('$set', (content) => assertFewNumbers(itemsOf(content))),
    ...more,
  };
  return (value) => {
    squares = 0;
    return readTags(value, kinds);
  };
}

function bounded(name: string, assertBounded: (content: unknown) => void): TagKind {
  const [type, read] = tagKinds[name]!;
  return [type, read, assertBounded];
}

function assertShort(digits: unknown): void {
  const { length } = digits as string;
  if (length > MAX_BIGINT_LENGTH) {
    throw new ResourceLimitError(
      `A message holds an integer of ${length} digits; up to ${MAX_BIGINT_LENGTH} are read`,
    );
  }
}

/** The content may be anything that `typeof` calls an object, and a map may have been read of a tag in it. */
function itemsOf(content: unknown): unknown[] {
  return content instanceof Map || content instanceof Set || Array.isArray(content)
    ? [...content]
    : [];
}

/** The key of an entry. A map can be made of any objects with a member `0`, not only of arrays. */
function firstOf(entry: unknown): unknown {
  return (Object(entry) as readonly unknown[])[0];
}

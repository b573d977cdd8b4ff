/** Longer names are not compared: nobody meant them, and the comparison takes time. */
const MAX_LENGTH = 64;
/** Letters that say enough of a longer name. */
const MIN_BEGINNING = 3;

/**
 * The name among `known` that was most likely meant by `given`, or `undefined` when none is near: up to one
 * slip (a letter too many, missing, wrong, or two swapped) per three letters, else one that begins with it. The
 * case of letters is ignored.
 */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  if (given.length > MAX_LENGTH) {
    return undefined;
  }
  let nearest: string | undefined;
  let leastSlips = Math.max(1, Math.floor(given.length / 3)) + 1;
  for (const name of known) {
    const slips = editDistance(given.toLowerCase(), name.toLowerCase());
    if (slips < leastSlips) {
      nearest = name;
      leastSlips = slips;
    }
  }
  if (nearest !== undefined || given.length < MIN_BEGINNING) return nearest;
  return known.find((name) => name.toLowerCase().startsWith(given.toLowerCase()));
}

/** Fewest slips that turn `a` into `b`, each place being changed once (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1];
      const isSwapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current[column] = Math.min(
        last[column]! + 1,
        current[column - 1]! + 1,
        last[column - 1]! + (isSame ? 0 : 1),
        isSwapped
          ? (beforeLast[column - 2] ?? Number.POSITIVE_INFINITY) + 1
          : Number.POSITIVE_INFINITY,
      );
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length]!;
}

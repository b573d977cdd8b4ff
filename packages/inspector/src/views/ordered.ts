import type { Pace } from '../pace.js';

/** Ranks above count as this one. With the place below it, it is a whole number that a double holds exactly. */
const MAX_RANK = 2 ** 31 - 1;
/** Things that can be told apart by their place. */
const MAX_ITEMS = 2 ** 21;

/** Which things, in which order. Left out: all of them, and as they come. */
export interface Order<Item> {
  readonly fits: ((item: Item) => boolean) | undefined;
  readonly rank: ((item: Item) => number) | undefined;
}

/** The things that fit, those with the highest rank first, and of equal rank in the order in which they came. */
export async function ordered<Item>(
  items: Iterable<Item>,
  { fits, rank }: Order<Item>,
  pace: Pace,
): Promise<readonly Item[]> {
  if (fits === undefined && rank === undefined) return [...items];
  const found: Item[] = [];
  const ranks: number[] = [];
  for (const item of items) {
    if (fits === undefined || fits(item)) {
      // Rank and place in one number: numbers are sorted natively, a hundred times faster than objects by a function.
      if (rank !== undefined) ranks.push(packed(rank(item), found.length));
      if (found.push(item) === MAX_ITEMS) break;
    }
    const pause = pace.step();
    if (pause) await pause;
  }
  if (rank === undefined) return found;
  const sorted = Float64Array.from(ranks).sort();
  const last = sorted.length - 1;
  return found.map((_, at) => found[placeOf(sorted[last - at]!)]!);
}

/** The higher the rank the larger, and of equal ranks the lower the place. */
function packed(rank: number, place: number): number {
  return Math.min(Math.max(Math.round(rank), 0), MAX_RANK) * MAX_ITEMS + (MAX_ITEMS - 1 - place);
}

function placeOf(packedRank: number): number {
  return MAX_ITEMS - 1 - (packedRank % MAX_ITEMS);
}

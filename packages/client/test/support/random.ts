/** A number from 0 to `limit`, both included. */
export type Random = (limit: number) => number;

/** Numbers that follow from a seed. */
export function randomFrom(seed: number): Random {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * (limit + 1));
  };
}

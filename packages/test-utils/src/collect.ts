/** Values of a stream as they come, in an array that grows. */
export function collect<T, U = T>(
  stream: AsyncIterable<T>,
  pick: (value: T) => U = (value) => value as unknown as U,
): U[] {
  const values: U[] = [];
  (async () => {
    for await (const value of stream) values.push(pick(value));
  })();
  return values;
}

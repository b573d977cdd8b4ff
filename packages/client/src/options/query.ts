/** Query of the connection's URL: an array repeats its key. */
export type QueryObject = Record<string, unknown>;

/** Reads `a=1&b=2&a=3` as `{a: ['1', '3'], b: '2'}`; a leading `?` is ignored. */
export function parseQuery(text: string): QueryObject {
  const params = new URLSearchParams(text);
  // fromEntries defines own members, so that a key `__proto__` is an ordinary one.
  return Object.fromEntries(
    [...params.keys()].map((key) => {
      const values = params.getAll(key);
      return [key, values.length > 1 ? values : values[0]];
    }),
  );
}

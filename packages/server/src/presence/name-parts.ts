/** Characters of names in one message; brokers take at least five times as many bytes. */
const MAX_LENGTH = 65_536;

/** Splits a list of names so that each part fits into a message. */
export function* partsOf(names: Iterable<string>): Iterable<string[]> {
  let part: string[] = [];
  let length = 0;
  for (const name of names) {
    if (length + name.length > MAX_LENGTH && part.length > 0) {
      yield part;
      part = [];
      length = 0;
    }
    part.push(name);
    length += name.length;
  }
  if (part.length > 0) yield part;
}

/** How many messages names take that are dealt out by their hashes. */
export function countParts(names: Iterable<string>): number {
  let length = 0;
  for (const name of names) length += name.length;
  return Math.max(1, Math.ceil(length / MAX_LENGTH));
}

/**
 * Values by channel pattern: a channel's name, or its beginning followed by `*`. Of several patterns that fit a channel
 * the longest wins, and its very name before all.
 */
export class PatternTable<Value> {
  readonly #exact = new Map<string, Value>();
  /** Longest first. */
  readonly #prefixes: (readonly [prefix: string, value: Value])[] = [];

  constructor(patterns: Iterable<readonly [pattern: string, value: Value]>) {
    for (const [pattern, value] of patterns) {
      if (pattern.endsWith('*')) this.#prefixes.push([pattern.slice(0, -1), value]);
      else this.#exact.set(pattern, value);
    }
    this.#prefixes.sort(([a], [b]) => b.length - a.length);
  }

  /** The value for a channel; `undefined` when no pattern fits. */
  get(channel: string): Value | undefined {
    const exact = this.#exact.get(channel);
    if (exact !== undefined) return exact;
    for (const [prefix, value] of this.#prefixes) if (channel.startsWith(prefix)) return value;
    return undefined;
  }
}

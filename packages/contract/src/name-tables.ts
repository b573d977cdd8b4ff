import type { NameTable } from '@asyngular/protocol/internal';
import { type ChannelPattern, fits, parsePattern } from './channel-pattern.js';

/** Entries by name. */
export function nameTable<Entry>(entries: ReadonlyMap<string, Entry>): NameTable<Entry> {
  return { get: (name) => entries.get(name), names: [...entries.keys()] };
}

/** Entries by name or pattern. A name comes before all patterns, and a pattern before those that say less. */
export function patternTable<Entry>(entries: ReadonlyMap<string, Entry>): NameTable<Entry> {
  const byName = new Map<string, Entry>();
  const byPattern: { pattern: ChannelPattern; entry: Entry }[] = [];
  for (const [text, entry] of entries) {
    const pattern = parsePattern(text);
    if (pattern.params.length === 0) byName.set(text, entry);
    else byPattern.push({ pattern, entry });
  }
  byPattern.sort((a, b) => b.pattern.literalLength - a.pattern.literalLength);
  return {
    get: (name) => byName.get(name) ?? byPattern.find(({ pattern }) => fits(pattern, name))?.entry,
    names: [...entries.keys()],
  };
}

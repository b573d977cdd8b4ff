const LONE_SURROGATE = /\p{Surrogate}/u;

/** Redis names of what belongs to one log. All hash to one slot of a cluster. */
export interface LogKeys {
  readonly meta: string;
  readonly stream: string;
  /** The Redis channel of live entries. */
  readonly live: string;
  /** Where a publication's id is remembered. */
  idOf(id: string): string;
}

/**
 * `room` → `asyngular:{c:room}:meta` and so on. A hash tag ends at the first `}`, so those of the name are escaped;
 * the `c:` keeps it from being empty, which would make the whole key count.
 */
export function logKeys(prefix: string, channel: string): LogKeys {
  const tag = `${prefix}{${escapeName(channel)}}:`;
  return {
    meta: `${tag}meta`,
    stream: `${tag}stream`,
    live: `${tag}live`,
    idOf: (id) => (isWellFormed(id) ? `${tag}id:${id}` : `${tag}id-u:${toHex(id)}`),
  };
}

/** One to one, without `}`; see also `channelKey`. */
function escapeName(name: string): string {
  if (!isWellFormed(name)) return `u:${toHex(name)}`;
  return `c:${name.replaceAll('%', '%25').replaceAll('}', '%7D')}`;
}

/** Whether UTF-8 can express it. */
function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text);
}

function toHex(text: string): string {
  return Buffer.from(text, 'utf16le').toString('hex');
}

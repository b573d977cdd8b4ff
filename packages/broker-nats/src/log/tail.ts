import type { StoredEntry } from '@asyngular/broker/transport';
import { entriesOf, sequenceOf } from './places.js';
import type { StreamReader } from './reader.js';
import type { LogStream } from './streams.js';

/** Messages read at a time on the way to the newest ones. */
const STRIDE = 500;
/** How often reading begins anew because what it had read was trimmed meanwhile. */
const TRIES = 3;

/** The newest publications of a subject before an offset. */
export interface TailRange {
  readonly stream: LogStream;
  readonly subject: string;
  readonly before: number;
  readonly limit: number;
  readonly maxBytes: number;
  /** How many of the newest ones count as being there at all. */
  readonly visible: number;
}

/** What was found, oldest first, and whether there is more before it. */
export interface Tail {
  readonly entries: readonly StoredEntry[];
  readonly hasMore: boolean;
  /** The newest offset of the subject that came by; a replica may lag behind the leader. */
  readonly seen: number;
}

/**
 * JetStream reads forwards only, so this passes through all that a channel has: it costs as much as the
 * channel's size, however little is wanted.
 */
export async function readTail(reader: StreamReader, range: TailRange): Promise<Tail> {
  for (let attempt = 1; ; attempt++) {
    const tail = await pass(reader, range);
    const [oldest] = tail.entries;
    if (!oldest || tail.entries.length === 1) return tail;
    // Otherwise some in the middle may have gone while the others were read.
    const { stream, subject } = range;
    const first = await reader.read({
      stream: stream.name,
      subject,
      from: 0,
      limit: 1,
      maxBytes: 0,
    });
    const isWhole = first.messages.some(
      ({ sequence }) => sequence <= sequenceOf(oldest.position.offset),
    );
    if (isWhole) return tail;
    if (attempt === TRIES) return { ...tail, entries: tail.entries.slice(-1), hasMore: true };
  }
}

async function pass(
  reader: StreamReader,
  { stream, subject, before, limit, maxBytes, visible }: TailRange,
): Promise<Tail> {
  let kept: StoredEntry[] = [];
  let bytes = 0;
  /** Publications that came by, and how many of them are before the first one that is kept. */
  let count = 0;
  let skipped = 0;
  let seen = 0;
  for (let from = 0; ; ) {
    const { messages, pending } = await reader.read({
      stream: stream.name,
      subject,
      from,
      limit: STRIDE,
      maxBytes: Math.max(maxBytes, STRIDE * 1_024),
    });
    for (const entry of messages.flatMap((message) => entriesOf(stream.epoch, message))) {
      count++;
      seen = entry.position.offset;
      if (seen >= before) continue;
      kept.push(entry);
      bytes += entry.data.byteLength;
    }
    let surplus = 0;
    while (kept.length - surplus > limit || (bytes > maxBytes && kept.length - surplus > 1)) {
      bytes -= kept[surplus++]!.data.byteLength;
    }
    kept = kept.slice(surplus);
    skipped += surplus;
    const last = messages.at(-1);
    if (pending === 0 || !last) break;
    from = last.sequence + 1;
  }
  const hidden = Math.max(0, count - visible);
  const entries = kept.slice(Math.max(0, hidden - skipped));
  return { entries, hasMore: entries.length > 0 && skipped > hidden, seen };
}

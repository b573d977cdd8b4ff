import type { StoredMessage } from './api.js';
import type { StreamReader } from './reader.js';

/** Messages read at a time on the way to the newest ones. */
const STRIDE = 500;
/** How often reading begins anew because what it had read was trimmed meanwhile. */
const TRIES = 3;

/** The newest messages of a subject before a sequence. */
export interface TailRange {
  readonly stream: string;
  readonly subject: string;
  readonly before: number;
  readonly limit: number;
  readonly maxBytes: number;
  /** How many of the newest ones count as being there at all. */
  readonly visible: number;
}

/** What was found, oldest first, and whether there is more before it. */
export interface Tail {
  readonly messages: readonly StoredMessage[];
  readonly hasMore: boolean;
  /** The newest sequence of the subject that came by; a replica may lag behind the leader. */
  readonly seen: number;
}

/**
 * JetStream reads forwards only, so this passes through all that a channel has: it costs as much as the
 * channel's size, however little is wanted.
 */
export async function readTail(reader: StreamReader, range: TailRange): Promise<Tail> {
  for (let attempt = 1; ; attempt++) {
    const tail = await pass(reader, range);
    const [oldest] = tail.messages;
    if (!oldest || tail.messages.length === 1) return tail;
    // Otherwise some in the middle may have gone while the others were read.
    const { stream, subject } = range;
    const first = await reader.read({ stream, subject, from: 0, limit: 1, maxBytes: 0 });
    if (first.messages[0] && first.messages[0].sequence <= oldest.sequence) return tail;
    if (attempt === TRIES) return { ...tail, messages: tail.messages.slice(-1), hasMore: true };
  }
}

async function pass(
  reader: StreamReader,
  { stream, subject, before, limit, maxBytes, visible }: TailRange,
): Promise<Tail> {
  let kept: StoredMessage[] = [];
  let bytes = 0;
  let hasMore = false;
  let seen = 0;
  for (let from = 0; ; ) {
    const { messages, pending } = await reader.read({
      stream,
      subject,
      from,
      limit: STRIDE,
      maxBytes: Math.max(maxBytes, STRIDE * 1_024),
    });
    messages.forEach((message, index) => {
      const isHidden = messages.length - index + pending > visible;
      if (isHidden || message.sequence >= before) return;
      kept.push(message);
      bytes += message.data.byteLength;
    });
    let surplus = 0;
    while (kept.length - surplus > limit || (bytes > maxBytes && kept.length - surplus > 1)) {
      bytes -= kept[surplus++]!.data.byteLength;
    }
    if (surplus > 0) {
      kept = kept.slice(surplus);
      hasMore = true;
    }
    const last = messages.at(-1);
    seen = last?.sequence ?? seen;
    if (pending === 0 || !last || seen >= before) return { messages: kept, hasMore, seen };
    from = seen + 1;
  }
}

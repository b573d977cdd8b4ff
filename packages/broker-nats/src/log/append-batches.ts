import type { Appended, LogPolicy } from '@asyngular/broker';
import { batchBytes, encodeBatch, MAX_BATCH } from './batch.js';
import { messageIdOf } from './places.js';

/** Bytes of a message with several publications; a larger one goes alone. */
const MAX_BATCH_BYTES = 65_536;
/** What the server counts besides, and more. */
const HEADER_BYTES = 1_024;

/** What to append. */
export interface AppendRequest {
  readonly channel: string;
  /** The envelope. When it is sent again, it is the same object. */
  readonly data: Uint8Array;
  /** Chosen by the application. */
  readonly id: string | undefined;
  readonly policy: LogPolicy;
}

/** What to append, and who waits for it. */
export interface Append extends AppendRequest {
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: Error) => void;
}

/** Publications of one channel that leave as one message. */
export interface Batch {
  readonly subject: string;
  /** Under which JetStream remembers the message. */
  readonly messageId: string;
  readonly appends: readonly Append[];
}

interface OpenBatch extends Batch {
  readonly appends: Append[];
  readonly isRepeat: boolean;
  bytes: number;
}

/**
 * Puts together what is appended in one turn of the event loop. JetStream knows a message by one id, so
 * publications with an id of the application go alone, and what once left together stays together.
 */
export class AppendBatches {
  /** The last batch of each subject, until it leaves. */
  #open = new Map<string, OpenBatch>();
  /** Under which an envelope left that may come again. */
  readonly #messageIds = new WeakMap<Uint8Array, string>();
  #maxBytes = MAX_BATCH_BYTES;

  /** How large a message the server takes, in bytes. */
  setMaxPayload(bytes: number): void {
    this.#maxBytes = Math.min(MAX_BATCH_BYTES, bytes - HEADER_BYTES);
  }

  /** Adds to the last batch of a subject, if that has not left and has room. */
  join(subject: string, append: Append): boolean {
    const open = this.#open.get(subject);
    if (!open || append.id !== undefined || !this.#hasRoom(open, append.data)) return false;
    open.appends.push(append);
    open.bytes += batchBytes(append.data);
    return true;
  }

  /** Begins a batch, which grows until `close()`. */
  begin(subject: string, append: Append): Batch {
    const { data, id } = append;
    const before = this.#messageIds.get(data);
    const messageId = before ?? messageIdOf(subject, data, id);
    const isRepeat = before !== undefined;
    const batch = { subject, messageId, appends: [append], isRepeat, bytes: 1 + batchBytes(data) };
    if (id === undefined) this.#open.set(subject, batch);
    else this.#open.delete(subject);
    return batch;
  }

  /** Nothing is added to it any more. Returns the message. */
  close(batch: Batch): Uint8Array {
    this.#forget(batch);
    return encodeBatch(batch.appends.map(({ data }) => data));
  }

  /** It failed: its publications may be sent again, those that are still wanted. */
  failed(batch: Batch): void {
    this.#forget(batch);
    for (const { data } of batch.appends) this.#messageIds.set(data, batch.messageId);
  }

  #forget(batch: Batch): void {
    if (this.#open.get(batch.subject) === batch) this.#open.delete(batch.subject);
    // A map that is filled and emptied for ever leaves copies of itself behind, which hold what was in them.
    if (this.#open.size === 0) this.#open = new Map();
  }

  #hasRoom(open: OpenBatch, data: Uint8Array): boolean {
    const before = this.#messageIds.get(data);
    if (open.isRepeat || before !== undefined) return open.messageId === before;
    return open.appends.length < MAX_BATCH && open.bytes + batchBytes(data) <= this.#maxBytes;
  }
}

import type { TransportAppend } from '@asyngular/broker/transport';
import { batchBytes, encodeBatch, MAX_BATCH } from './batch.js';
import { messageIdOf } from './places.js';
import type { LogStream } from './streams.js';

/** Bytes of a message with several publications; a larger one goes alone. */
const MAX_BATCH_BYTES = 65_536;
/** What the server counts besides, and more. */
const HEADER_BYTES = 1_024;

/** Publications of one channel that leave as one message. */
export interface Batch {
  readonly channel: string;
  readonly stream: LogStream;
  readonly subject: string;
  /** Under which JetStream remembers the message. */
  readonly messageId: string;
  readonly appends: readonly TransportAppend[];
}

interface OpenBatch extends Batch {
  readonly appends: TransportAppend[];
  readonly isRepeat: boolean;
  bytes: number;
}

/**
 * Puts together what is appended in one turn of the event loop. JetStream knows a message by one id, so
 * publications with an id of the application go alone, and what once left together stays together.
 */
export class AppendBatches {
  /** The last batch of each channel, until it leaves. */
  #open = new Map<string, OpenBatch>();
  /** Under which an envelope left that may come again. */
  readonly #messageIds = new WeakMap<Uint8Array, string>();
  #maxBytes = MAX_BATCH_BYTES;

  /** How large a message the server takes, in bytes. */
  setMaxPayload(bytes: number): void {
    this.#maxBytes = Math.min(MAX_BATCH_BYTES, bytes - HEADER_BYTES);
  }

  /** Adds to the last batch of a channel, if that has not left and has room. */
  join(stream: LogStream, append: TransportAppend): boolean {
    const open = this.#open.get(append.channel);
    if (open?.stream !== stream || append.id !== undefined) return false;
    if (!this.#hasRoom(open, append.data)) return false;
    open.appends.push(append);
    open.bytes += batchBytes(append.data);
    return true;
  }

  /** Begins a batch, which grows until `close()`. */
  begin(stream: LogStream, append: TransportAppend): Batch {
    const { channel, data, id } = append;
    const subject = stream.subjectOf(channel);
    const before = this.#messageIds.get(data);
    const messageId = before ?? messageIdOf(subject, data, id);
    const isRepeat = before !== undefined;
    const bytes = 1 + batchBytes(data);
    const batch = { channel, stream, subject, messageId, appends: [append], isRepeat, bytes };
    if (id === undefined) this.#open.set(channel, batch);
    else this.#open.delete(channel);
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
    if (this.#open.get(batch.channel) === batch) this.#open.delete(batch.channel);
    // A map that is filled and emptied for ever leaves copies of itself behind, which hold what was in them.
    if (this.#open.size === 0) this.#open = new Map();
  }

  #hasRoom(open: OpenBatch, data: Uint8Array): boolean {
    const before = this.#messageIds.get(data);
    if (open.isRepeat || before !== undefined) return open.messageId === before;
    return open.appends.length < MAX_BATCH && open.bytes + batchBytes(data) <= this.#maxBytes;
  }
}

import { createHash } from 'node:crypto';
import type { LogPosition } from '@asyngular/broker';
import { identifyEnvelope, type StoredEntry } from '@asyngular/broker/transport';
import { decodeBatch, MAX_BATCH } from './batch.js';

/** Tags with this bit are times; those of publications are without it. */
const MARK = 0x8000_0000;
/** Seconds of a mark count from here, so that 31 bits last until 2093. */
const MARKS_BEGIN_MS = Date.UTC(2025, 0, 1);

/** The header of a publication's id. */
export const MESSAGE_ID = 'Nats-Msg-Id';

/**
 * The id under which JetStream remembers a publication: that of its envelope, which stays the same when it is
 * sent again, or what the application chose. Its memory belongs to the stream, ours to the channel, and what
 * applications choose may not stand in a header.
 */
export function messageIdOf(subject: string, envelope: Uint8Array, id: string | undefined): string {
  if (id === undefined) return identityOf(envelope);
  return createHash('sha256').update(`${subject} ${id}`).digest('base64url');
}

/** The same for every repetition of one envelope, and for no other. */
function identityOf(envelope: Uint8Array): string {
  const { node, sequence } = identifyEnvelope(envelope);
  return `${node}.${sequence}`;
}

const FNV_PRIME = 0x01000193;

/** FNV-1a. */
function hashOf(messageId: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < messageId.length; at++) {
    hash = Math.imul(hash ^ messageId.charCodeAt(at), FNV_PRIME);
  }
  return hash;
}

/** Where a message ends: the last of its publications has this offset, and those before it the ones below. */
export function offsetOf(sequence: number): number {
  return sequence * MAX_BATCH;
}

/** The message that an offset lies in. */
export function sequenceOf(offset: number): number {
  return Math.ceil(offset / MAX_BATCH);
}

/** The first message with a publication behind an offset, if there is one. */
export function sequenceAfter(offset: number): number {
  return Math.floor(offset / MAX_BATCH) + 1;
}

/** A message as it stands in a stream, or comes live. */
export interface StoredBatch {
  readonly sequence: number;
  /** Under which it was published; '' for what is not ours. */
  readonly id: string;
  readonly data: Uint8Array;
}

/**
 * Where the publications of a message are, by their index. The tag tells one from another that got the same offset after
 * a crash; it has 31 bits.
 */
export function positionsOf(
  epoch: string,
  { sequence, id }: Pick<StoredBatch, 'sequence' | 'id'>,
  count: number,
): (index: number) => LogPosition {
  const first = offsetOf(sequence) - count + 1;
  const hash = hashOf(id);
  return (index) => ({
    epoch,
    offset: first + index,
    tag: Math.imul(hash ^ index, FNV_PRIME) >>> 1,
  });
}

/** The publications of a message, in their order. */
export function entriesOf(epoch: string, message: StoredBatch): StoredEntry[] {
  const envelopes = decodeBatch(message.data);
  const positionAt = positionsOf(epoch, message, envelopes.length);
  return envelopes.map((data, index) => ({ position: positionAt(index), data }));
}

/** Nothing of a channel has ever been: `LogPosition` says so. */
export function isBeginning({ offset, tag }: LogPosition): boolean {
  return offset === 0 && tag === 0;
}

/**
 * Where an empty channel is: the stream ended at this offset at that time, and had nothing of the channel. Offsets
 * count the messages of the whole stream, so this has its place in every channel's order.
 */
export function createMark(epoch: string, offset: number, atMs: number): LogPosition {
  const seconds = Math.max(0, Math.floor((atMs - MARKS_BEGIN_MS) / 1_000));
  return { epoch, offset, tag: (MARK | seconds) >>> 0 };
}

/** When a mark was made, in ms; `undefined`: the position is that of a publication. */
export function timeOfMark({ tag }: LogPosition): number | undefined {
  if ((tag & MARK) === 0) return undefined;
  return MARKS_BEGIN_MS + (tag & ~MARK) * 1_000;
}

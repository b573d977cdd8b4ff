import type { Appended, LogPolicy, LogPosition, ReadOptions } from '@asyngular/broker';
import type { StoredEntry, StoredPage } from '@asyngular/broker/transport';
import type { FieldReader } from './field-reader.js';
import { FrameError } from './frame-error.js';
import type { FrameWriter } from './frame-writer.js';

// How what belongs to logs is written into frames, each next to how it is read.

export function writePosition(frame: FrameWriter, { epoch, offset, tag }: LogPosition): void {
  frame.key(epoch).number(offset).uint32(tag);
}

export function readPosition(fields: FieldReader): LogPosition {
  return { epoch: fields.key(), offset: fields.number(), tag: fields.uint32() };
}

export function writePolicy(frame: FrameWriter, policy: LogPolicy): void {
  const { size, ttlMs, maxBytes, idempotencyWindowMs } = policy;
  frame.number(size).number(ttlMs).number(maxBytes).number(idempotencyWindowMs);
}

/** Throws `FrameError` for a policy that would keep a log without a bound. */
export function readPolicy(fields: FieldReader): LogPolicy {
  const policy = {
    size: fields.number(),
    ttlMs: fields.number(),
    maxBytes: fields.number(),
    idempotencyWindowMs: fields.number(),
  };
  // Comparing with NaN would always say no.
  if (!Object.values(policy).every((value) => value >= 0) || policy.size > 10_000) {
    throw new FrameError(`a log of ${policy.size} publications and ${policy.maxBytes} bytes`);
  }
  return policy;
}

const readingFrom = { newest: 0, after: 1, before: 2 } as const;

export function writeReadOptions(frame: FrameWriter, options: ReadOptions): void {
  const { after, before, limit, maxBytes } = options;
  frame.number(limit).number(maxBytes);
  if (after) writePosition(frame.uint8(readingFrom.after), after);
  else if (before) writePosition(frame.uint8(readingFrom.before), before);
  else frame.uint8(readingFrom.newest);
}

export function readReadOptions(fields: FieldReader): ReadOptions {
  const size = { limit: fields.number(), maxBytes: fields.number() };
  const from = fields.uint8();
  if (from === readingFrom.newest) return size;
  const position = readPosition(fields);
  return from === readingFrom.after ? { ...size, after: position } : { ...size, before: position };
}

export function writeAppended(frame: FrameWriter, { position, duplicate }: Appended): void {
  writePosition(frame, position);
  frame.uint8(duplicate ? 1 : 0);
}

export function readAppended(fields: FieldReader): Appended {
  return { position: readPosition(fields), duplicate: fields.uint8() === 1 };
}

export function writePage(
  frame: FrameWriter,
  { entries, top, reached, hasMore }: StoredPage,
): void {
  writePosition(frame, top);
  frame.uint8(reached ? 1 : 0).uint8(hasMore ? 1 : 0);
  for (const { position, data } of entries) {
    // All of them are of one epoch, that of the top.
    frame.number(position.offset).uint32(position.tag).bytes(data);
  }
}

export function readPage(fields: FieldReader): StoredPage {
  const top = readPosition(fields);
  const [reached, hasMore] = [fields.uint8() === 1, fields.uint8() === 1];
  const entries: StoredEntry[] = [];
  while (fields.hasMore) {
    const position = { epoch: top.epoch, offset: fields.number(), tag: fields.uint32() };
    entries.push({ position, data: fields.bytes() });
  }
  return { entries, top, reached, hasMore };
}

const UNKNOWN_OFFSET = -1;

/** A live entry, behind its channel and before its envelope. */
export function writeEntry(
  frame: FrameWriter,
  { position, previous }: Omit<StoredEntry, 'data'>,
): void {
  writePosition(frame, position);
  frame.number(previous ?? UNKNOWN_OFFSET);
}

export function readEntry(fields: FieldReader): StoredEntry {
  const position = readPosition(fields);
  const previous = fields.number();
  const isKnown = previous !== UNKNOWN_OFFSET;
  return { position, previous: isKnown ? previous : undefined, data: fields.rest() };
}

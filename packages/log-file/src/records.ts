import { randomBytes } from 'node:crypto';
import type { BrokerPayload, LogPosition } from '@asyngular/broker';

// What stands in the store:
//
//   v                         the version of this layout
//   m <name>                  a channel: its epoch, what it keeps, where it ended when it was emptied (JSON)
//   e <epoch> <offset>        a publication: tag, time, kind, who is not to get it (if the kind says so), payload
//   i <epoch> <time> <id>     an id that is remembered: offset, tag
//
// Names and ids are UTF-16, because not every string has a UTF-8 form. Numbers are big-endian, so that keys are
// in their order.

const EPOCH_BYTES = 9;
/** Enough for every safe integer up to 2 ** 48. */
const NUMBER_BYTES = 6;
const ENTRY_HEADER_BYTES = 4 + NUMBER_BYTES + 1;
const MAX_NUMBER = 2 ** 48 - 1;
/** Bits of an entry's kind. */
const TEXT = 1;
const HAS_EXCEPT = 2;

/** What is known of a channel beside its entries. */
export interface ChannelRecord {
  readonly epoch: string;
  /** Of the channel's last policy: how long publications and ids are kept. */
  readonly ttlMs: number;
  readonly windowMs: number;
  /** When it was used last, wall clock, an hour more or less. */
  readonly usedAt: number;
  /** Where the log ends when it has no entries. */
  readonly offset: number;
  readonly tag: number;
}

/** An entry as it is stored. */
export interface StoredPublication {
  readonly tag: number;
  /** When it was published, wall clock. */
  readonly at: number;
  readonly payload: BrokerPayload;
  /** Who is not to get it: at most 64 ASCII characters. */
  readonly except?: string | undefined;
}

/** The keys between two, both ends included. */
export interface KeyRange {
  readonly gte: Buffer;
  readonly lte: Buffer;
}

/** Where the version of the layout stands, and the version. */
export const versionKey: Buffer = Buffer.from('v');
export const VERSION = '1';

/** An epoch that no other log has: 12 characters that stand for 9 random bytes. */
export function createEpoch(): string {
  return randomBytes(EPOCH_BYTES).toString('base64url');
}

/** All channels. */
export const channelKeys: KeyRange = { gte: Buffer.from('m'), lte: Buffer.from('n') };

/** Where a channel stands. */
export function channelKey(name: string): Buffer {
  return Buffer.concat([Buffer.from('m'), Buffer.from(name, 'utf16le')]);
}

/** The name in a channel's key. */
export function channelNameOf(key: Buffer): string {
  return key.toString('utf16le', 1);
}

/** Where a publication stands. */
export function entryKey(epoch: string, offset: number): Buffer {
  return Buffer.concat([Buffer.from('e'), epochBytes(epoch), numberBytes(offset)]);
}

/** Publications of a log, from the first up to an offset. */
export function entryKeys(epoch: string, upTo: number = MAX_NUMBER): KeyRange {
  return { gte: entryKey(epoch, 0), lte: entryKey(epoch, upTo) };
}

/** Publications of all logs. */
export const allEntryKeys: KeyRange = { gte: Buffer.from('e'), lte: Buffer.from('f') };

/** The offset in the key of a publication. */
export function offsetOf(key: Buffer): number {
  return key.readUIntBE(1 + EPOCH_BYTES, NUMBER_BYTES);
}

/** Where an id stands that was used at a time. */
export function idKey(epoch: string, at: number, id: string): Buffer {
  return Buffer.concat([
    Buffer.from('i'),
    epochBytes(epoch),
    numberBytes(at),
    Buffer.from(id, 'utf16le'),
  ]);
}

/** Ids of a log that were used between two times, the second one not included. */
export function idKeys(epoch: string, from: number, before: number = MAX_NUMBER): KeyRange {
  return { gte: idKey(epoch, from, ''), lte: idKey(epoch, before, '') };
}

/** Time and id in the key of an id. */
export function idOf(key: Buffer): { at: number; id: string } {
  const at = key.readUIntBE(1 + EPOCH_BYTES, NUMBER_BYTES);
  return { at, id: key.toString('utf16le', 1 + EPOCH_BYTES + NUMBER_BYTES) };
}

export function encodeChannel(record: ChannelRecord): Buffer {
  return Buffer.from(JSON.stringify(record));
}

export function decodeChannel(value: Buffer): ChannelRecord {
  return JSON.parse(value.toString());
}

export function encodeEntry({ tag, at, payload, except }: StoredPublication): Buffer {
  const isText = typeof payload === 'string';
  const length = isText ? Buffer.byteLength(payload) : payload.length;
  const start = ENTRY_HEADER_BYTES + (except === undefined ? 0 : 1 + except.length);
  const value = Buffer.allocUnsafe(start + length);
  value.writeUInt32BE(tag, 0);
  value.writeUIntBE(at, 4, NUMBER_BYTES);
  value[ENTRY_HEADER_BYTES - 1] = (isText ? TEXT : 0) | (except === undefined ? 0 : HAS_EXCEPT);
  if (except !== undefined) {
    value[ENTRY_HEADER_BYTES] = except.length;
    value.write(except, ENTRY_HEADER_BYTES + 1, 'latin1');
  }
  if (isText) value.write(payload, start);
  else value.set(payload, start);
  return value;
}

export function decodeEntry(value: Buffer): StoredPublication {
  const kind = value[ENTRY_HEADER_BYTES - 1]!;
  let start = ENTRY_HEADER_BYTES;
  let except: string | undefined;
  if (kind & HAS_EXCEPT) {
    start += 1 + value[ENTRY_HEADER_BYTES]!;
    except = value.toString('latin1', ENTRY_HEADER_BYTES + 1, start);
  }
  const bytes = value.subarray(start);
  return {
    tag: value.readUInt32BE(0),
    at: value.readUIntBE(4, NUMBER_BYTES),
    payload: kind & TEXT ? bytes.toString() : new Uint8Array(bytes),
    except,
  };
}

export function encodePlace({ offset, tag }: LogPosition): Buffer {
  const value = Buffer.allocUnsafe(NUMBER_BYTES + 4);
  value.writeUIntBE(offset, 0, NUMBER_BYTES);
  value.writeUInt32BE(tag, NUMBER_BYTES);
  return value;
}

export function decodePlace(epoch: string, value: Buffer): LogPosition {
  return {
    epoch,
    offset: value.readUIntBE(0, NUMBER_BYTES),
    tag: value.readUInt32BE(NUMBER_BYTES),
  };
}

function epochBytes(epoch: string): Buffer {
  return Buffer.from(epoch, 'base64url');
}

function numberBytes(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(NUMBER_BYTES);
  bytes.writeUIntBE(value, 0, NUMBER_BYTES);
  return bytes;
}

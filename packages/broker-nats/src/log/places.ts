import { createHash } from 'node:crypto';
import type { LogPosition } from '@asyngular/broker';
import { identifyEnvelope } from '@asyngular/broker/transport';

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
export function identityOf(envelope: Uint8Array): string {
  const { node, sequence } = identifyEnvelope(envelope);
  return `${node}.${sequence}`;
}

/** What tells one stored publication from another that got the same sequence after a crash. 31 bits. */
export function tagOf(messageId: string): number {
  // FNV-1a, without its lowest bit.
  let hash = 0x811c9dc5;
  for (let index = 0; index < messageId.length; index++) {
    hash = Math.imul(hash ^ messageId.charCodeAt(index), 0x01000193);
  }
  return hash >>> 1;
}

/** Nothing of a channel has ever been: `LogPosition` says so. */
export function isBeginning({ offset, tag }: LogPosition): boolean {
  return offset === 0 && tag === 0;
}

/**
 * Where an empty channel is: the stream had this sequence at that time, and nothing of the channel. Offsets
 * are sequences of the whole stream, so this has its place in every channel's order.
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

/**
 * What travels through a broker between processes: a fixed header, then the payload as it was handed in.
 *
 * ```
 * byte  0      version (high four bits) and kind (low four bits)
 *       1–16   publishing node, 16 ASCII characters
 *       17–22  sequence: grows by one with everything the node sends, over all channels
 *       23–28  previous: the sequence of what the node sent on this channel before; 0 = long ago or never
 *       29–32  age of the previous one in ms when this one was sent (so no clocks are compared)
 *       33     length of extensions, each its kind, its length and so many bytes; unknown ones are skipped
 * ```
 * One counter per node and a link to the previous message make a gap visible to a receiver that hears
 * only some of the node's channels.
 */
export const envelopeKinds = {
  text: 0,
  binary: 1,
  /** Nothing but the link: shows that the last message of a channel, which fell silent, was lost. */
  tail: 2,
  /** Sent on the control lane by a node that closes; the others forget it. */
  bye: 3,
} as const;

export type EnvelopeKind = (typeof envelopeKinds)[keyof typeof envelopeKinds];

/** The numbers that link a message to the one before it on the same channel. */
export interface ChainLink {
  readonly sequence: number;
  readonly previous: number;
  readonly previousAgeMs: number;
}

export interface Envelope extends ChainLink {
  readonly kind: EnvelopeKind;
  readonly node: string;
  readonly payload: string | Uint8Array;
  /** See `PublishOrigin.except`; an extension. */
  readonly except: string | undefined;
}

const VERSION = 1;
const HEADER_BYTES = 34;
const NODE_BYTES = 16;
const MAX_UINT32 = 0xffff_ffff;
/** Kind of the extension that says who is not to get the payload. */
const EXCEPT = 1;
const MAX_EXCEPT_BYTES = 64;
const NOBODY = '0'.repeat(NODE_BYTES);
const UNLINKED: ChainLink = { sequence: 0, previous: 0, previousAgeMs: 0 };
const NOTHING = { payload: new Uint8Array(0), except: undefined };

export function encodeEnvelope(
  kind: EnvelopeKind,
  node: string,
  link: ChainLink,
  payload: string | Uint8Array,
  except?: string,
): Buffer {
  const isText = typeof payload === 'string';
  const payloadBytes = isText ? Buffer.byteLength(payload) : payload.byteLength;
  const extensionBytes = except === undefined ? 0 : 2 + Math.min(except.length, MAX_EXCEPT_BYTES);
  const start = HEADER_BYTES + extensionBytes;
  const buffer = Buffer.allocUnsafe(start + payloadBytes);
  buffer[0] = (VERSION << 4) | kind;
  buffer.write(node, 1, NODE_BYTES, 'latin1');
  buffer.writeUIntBE(link.sequence, 17, 6);
  buffer.writeUIntBE(link.previous, 23, 6);
  // Rounded down: the receiver then takes the previous message for later than it was, and a loss just
  // after an announced interruption is announced, too.
  buffer.writeUInt32BE(Math.min(Math.max(0, Math.floor(link.previousAgeMs)), MAX_UINT32), 29);
  buffer[33] = extensionBytes;
  if (except !== undefined) {
    buffer[HEADER_BYTES] = EXCEPT;
    buffer[HEADER_BYTES + 1] = extensionBytes - 2;
    buffer.write(except, HEADER_BYTES + 2, extensionBytes - 2, 'latin1');
  }
  if (isText) buffer.write(payload, start, 'utf8');
  else buffer.set(payload, start);
  return buffer;
}

/**
 * What tells an encoded envelope from every other one (two of the same node and sequence are repeats), and
 * how many bytes of it are payload.
 */
export function identifyEnvelope(data: Uint8Array): {
  readonly node: string;
  readonly sequence: number;
  readonly payloadBytes: number;
} {
  const buffer = asBuffer(data);
  return {
    node: buffer.toString('latin1', 1, 1 + NODE_BYTES),
    sequence: buffer.readUIntBE(17, 6),
    payloadBytes: buffer.byteLength - HEADER_BYTES - buffer[33]!,
  };
}

/** The same bytes. */
function asBuffer(data: Uint8Array): Buffer {
  return Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

/** `undefined` for anything that is not an envelope this version can read. */
export function decodeEnvelope(data: Uint8Array): Envelope | undefined {
  const kind = kindOf(data);
  if (kind === undefined) return undefined;
  const buffer = asBuffer(data);
  const { payload, except } = decodePublication(data) ?? NOTHING;
  return {
    kind,
    node: buffer.toString('latin1', 1, 1 + NODE_BYTES),
    sequence: buffer.readUIntBE(17, 6),
    previous: buffer.readUIntBE(23, 6),
    previousAgeMs: buffer.readUInt32BE(29),
    payload,
    except,
  };
}

/** Who is not to get the payload, if the extensions before `end` say so. */
function readExcept(buffer: Buffer, end: number): string | undefined {
  for (let at = HEADER_BYTES; at + 2 <= end; ) {
    const from = at + 2;
    const to = from + buffer[at + 1]!;
    if (to > end) return undefined;
    if (buffer[at] === EXCEPT && to > from) return buffer.toString('latin1', from, to);
    at = to;
  }
  return undefined;
}

/** What is published, without the rest; `undefined` for everything else that travels in an envelope, or in none. */
export function decodePublication(
  data: Uint8Array,
): Pick<Envelope, 'payload' | 'except'> | undefined {
  const kind = kindOf(data);
  if (kind !== envelopeKinds.text && kind !== envelopeKinds.binary) return undefined;
  const start = HEADER_BYTES + data[33]!;
  const buffer = asBuffer(data);
  return {
    payload: kind === envelopeKinds.text ? buffer.toString('utf8', start) : data.subarray(start),
    except: start === HEADER_BYTES ? undefined : readExcept(buffer, start),
  };
}

/** An envelope for a publication whose place a log knows: its other fields say nothing. */
export function encodePublication(payload: string | Uint8Array, except?: string): Buffer {
  const kind = typeof payload === 'string' ? envelopeKinds.text : envelopeKinds.binary;
  return encodeEnvelope(kind, NOBODY, UNLINKED, payload, except);
}

function kindOf(data: Uint8Array): EnvelopeKind | undefined {
  if (data.byteLength < HEADER_BYTES) return undefined;
  const first = data[0]!;
  const kind = first & 0x0f;
  const isReadable = first >> 4 === VERSION && kind <= envelopeKinds.bye;
  return isReadable && HEADER_BYTES + data[33]! <= data.byteLength
    ? (kind as EnvelopeKind)
    : undefined;
}

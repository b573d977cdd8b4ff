import { InvalidMessageError, ResourceLimitError } from '@asyngular/protocol';
import { isRecord } from '@asyngular/protocol/internal';
import type { Codecs } from '../codecs/codecs.js';
import { toMessage } from '../codecs/message.js';
import type { Payload } from './people-requests.js';

/** Bytes that a payload may take in a message from server to server; services between them take a megabyte as a rule. */
const MAX_BYTES = 524_288;
/** JSON writes no more bytes than that for a UTF-16 code unit. */
const MAX_BYTES_PER_UNIT = 6;

/** Codecs understand packets, so a value travels as the data of one. */
const NAMELESS = '';

/** What has encodings. */
export interface PayloadOwner {
  readonly codecs: Codecs;
}

/** An encoded message as a payload. Throws `ResourceLimitError` when it is too large. */
export function toPayload(message: string | Uint8Array, what: string): Payload {
  const text = typeof message === 'string' ? message : Buffer.from(message).toString('base64');
  if (text.length * MAX_BYTES_PER_UNIT > MAX_BYTES) {
    const bytes = Buffer.byteLength(JSON.stringify(text));
    if (bytes > MAX_BYTES) {
      throw new ResourceLimitError(
        `${what} takes ${bytes} bytes between servers, and they take ${MAX_BYTES} from each other in one message; send ` +
          'less at a time, or send where it can be fetched',
      );
    }
  }
  return typeof message === 'string' ? text : { base64: text };
}

/** The message again. */
export function fromPayload(payload: Payload): string | Uint8Array {
  return typeof payload === 'string' ? payload : Buffer.from(payload.base64, 'base64');
}

/** A value as a payload: with all types that the server's codec knows. Throws what the codec throws. */
export function packData({ codecs }: PayloadOwner, data: unknown, what: string): Payload {
  return toPayload(toMessage(codecs.stored.encode({ event: NAMELESS, data })), what);
}

/** The value again. Throws `InvalidMessageError` when the payload is not one, and what the codec throws. */
export function unpackData({ codecs }: PayloadOwner, payload: Payload): unknown {
  const packet: unknown = codecs.stored.decode(fromPayload(payload));
  if (isRecord(packet) && packet.event === NAMELESS) return packet.data;
  throw new InvalidMessageError(
    'A server sent a value in a form that the codec of this one does not read',
  );
}

import { ResourceLimitError } from '@asyngular/protocol';
import type { Codecs } from '../codecs/codecs.js';
import { toMessage } from '../codecs/message.js';
import type { Payload } from './people-requests.js';

/** Bytes of a message from server to server; services between them refuse larger ones, a megabyte as a rule. */
const MAX_BYTES = 524_288;

/** What has encodings. */
export interface PayloadOwner {
  readonly codecs: Codecs;
}

/** An encoded message as a payload. Throws `ResourceLimitError` when it is too large. */
export function toPayload(message: string | Uint8Array, what: string): Payload {
  const bytes = typeof message === 'string' ? Buffer.byteLength(message) : message.byteLength;
  if (bytes > MAX_BYTES) {
    throw new ResourceLimitError(
      `${what} takes ${bytes} bytes, and servers take ${MAX_BYTES} from each other in one message; send less at a ` +
        'time, or send where it can be fetched',
    );
  }
  if (typeof message === 'string') return message;
  return { base64: Buffer.from(message).toString('base64') };
}

/** The message again. */
export function fromPayload(payload: Payload): string | Uint8Array {
  return typeof payload === 'string' ? payload : Buffer.from(payload.base64, 'base64');
}

/** A value as a payload: with all types that the server's codec knows. Throws what the codec throws. */
export function packData({ codecs }: PayloadOwner, data: unknown, what: string): Payload {
  return toPayload(toMessage(codecs.stored.encode({ event: '', data })), what);
}

/** The value again. Throws what the codec throws. */
export function unpackData({ codecs }: PayloadOwner, payload: Payload): unknown {
  return (codecs.stored.decode(fromPayload(payload)) as { readonly data?: unknown } | null)?.data;
}

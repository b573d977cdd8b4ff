import { socketProtocolErrorStatuses, socketProtocolIgnoreStatuses } from '@asyngular/errors';
import { jsonCodec } from './json-codec.js';
import { encodeUtf8 } from './utf8.js';

/** Bytes of UTF-8 that a close frame has for the reason (RFC 6455 §5.5: 125, less two for the code). */
export const MAX_REASON_BYTES = 123;

/** Shortens a reason to 123 bytes of UTF-8 without splitting a character; short ones stay (P9.5). */
export function truncateReason(reason: string): string {
  let bytes = 0;
  let end = 0;
  for (const character of reason) {
    bytes += encodeUtf8(character).length;
    if (bytes > MAX_REASON_BYTES) break;
    end += character.length;
  }
  return reason.slice(0, end);
}

/** A reason as it travels: objects as JSON, then shortened; `''` for none or for what has no JSON (P9.4). */
export function encodeReason(reason: unknown): string {
  try {
    const text = typeof reason === 'object' && reason ? JSON.stringify(reason) : reason;
    return truncateReason(String(text ?? ''));
  } catch {
    return '';
  }
}

/**
 * A received reason for the application: a JSON object or array is parsed, an empty one becomes the table's
 * text for the code (`''` for unknown codes), other text stays. Source: P9.2, P9.4.
 */
export function decodeReason(code: number, reason: string | undefined): unknown {
  return reason
    ? jsonCodec.decode(reason)
    : (socketProtocolErrorStatuses[code] ?? socketProtocolIgnoreStatuses[code] ?? '');
}

import { socketProtocolErrorStatuses, socketProtocolIgnoreStatuses } from './close-codes.js';
import { isRecord } from './own.js';

/** Bytes of UTF-8 that a close frame has for the reason (RFC 6455 §5.5: 125, less two for the code). */
export const MAX_REASON_BYTES = 123;

/** Shortens a reason to 123 bytes of UTF-8 without splitting a character; short ones stay (P9.5). */
export function truncateReason(reason: string): string {
  const bytes = new TextEncoder().encode(reason);
  if (bytes.length <= MAX_REASON_BYTES) {
    return reason;
  }
  let end = MAX_REASON_BYTES;
  // Bytes 10xxxxxx go on with a character.
  while ((bytes[end]! & 0xc0) === 0x80) {
    end--;
  }
  return new TextDecoder().decode(bytes.subarray(0, end));
}

/** A reason as it travels: objects as JSON, then shortened; `''` for none or for what has no JSON (P9.4). */
export function encodeReason(reason: unknown): string {
  if (reason === undefined || reason === null) {
    return '';
  }
  return truncateReason(typeof reason === 'object' ? jsonOf(reason) : String(reason));
}

/**
 * A received reason for the application: a JSON object is parsed, an empty one becomes the table's
 * text for the code (`''` for unknown codes), other text stays. Source: P9.2, P9.4.
 */
export function decodeReason(code: number, reason: string | undefined): unknown {
  if (reason === undefined || reason === '') {
    return socketProtocolErrorStatuses[code] ?? socketProtocolIgnoreStatuses[code] ?? '';
  }
  if (reason.startsWith('{') && reason.endsWith('}')) {
    try {
      const value: unknown = JSON.parse(reason);
      return isRecord(value) ? value : reason;
    } catch {
      return reason;
    }
  }
  return reason;
}

function jsonOf(reason: object): string {
  try {
    return JSON.stringify(reason) ?? '';
  } catch {
    return '';
  }
}

import { decodeBase64 } from './base64.js';
import { isRecord, type UnknownRecord } from './own.js';

/**
 * The claims inside a signed token (the second part of a JWT, RFC 7519 §3), without verifying the
 * signature; `null` when it is no such token. Never throws.
 */
export function decodeTokenPayload(signedToken: unknown): UnknownRecord | null {
  const part = typeof signedToken === 'string' ? signedToken.split('.', 3)[1] : undefined;
  const bytes = part === undefined ? undefined : decodeBase64(part);
  if (bytes === undefined) {
    return null;
  }
  try {
    const payload: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isRecord(payload) ? payload : null;
  } catch {
    return null;
  }
}

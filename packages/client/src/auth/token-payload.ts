import { decodeBase64 } from '@asyngular/protocol/internal';

/**
 * The payload inside a signed token, unverified: an object, or the decoded segment as text when it
 * is no JSON, or null when there is no second segment. Never throws.
 */
export function readTokenPayload(signedToken: unknown): unknown {
  const segment = String(signedToken).split('.', 3)[1];
  const bytes = segment === undefined ? undefined : decodeBase64(segment);
  if (bytes === undefined) {
    return segment ?? null;
  }
  const text = new TextDecoder().decode(bytes);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

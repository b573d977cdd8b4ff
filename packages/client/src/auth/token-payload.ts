import { decodeBase64Text } from '@asyngular/protocol/internal';

/**
 * The payload inside a signed token, unverified: an object, or the decoded segment as text when it
 * is no JSON, or null when there is no second segment. Never throws.
 */
export function readTokenPayload(signedToken: unknown): unknown {
  const segment = String(signedToken).split('.', 3)[1];
  const text = segment === undefined ? undefined : decodeBase64Text(segment);
  if (text === undefined) {
    return segment ?? null;
  }
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

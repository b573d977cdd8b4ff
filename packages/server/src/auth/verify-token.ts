import { AuthTokenError, InvalidOptionsError } from '@asyngular/protocol';
import type { AuthServer } from './auth-owner.js';

/**
 * The payload of a signed token, by the server's engine, keys and rules. Rejects with one of the
 * `AuthToken…Error` classes, whatever the engine throws. The engine sees texts and `null` only.
 */
export async function verifyToken(
  server: AuthServer['server'],
  signedToken: unknown,
  socket?: object,
): Promise<Record<string, any>> {
  if (signedToken !== null && typeof signedToken !== 'string') {
    throw new AuthTokenError('Invalid token format - Token must be a string');
  }
  const { auth, verificationKey, defaultVerificationOptions } = server;
  try {
    const options = socket ? { ...defaultVerificationOptions, socket } : defaultVerificationOptions;
    const payload = await auth.verifyToken(signedToken, verificationKey, options);
    if (payload !== undefined && payload !== null) return payload;
    throw new AuthTokenError(`verifyToken() resolved to ${payload} instead of a payload`);
  } catch (error) {
    throw toAuthTokenError(error);
  }
}

/**
 * Engines may throw anything; clients are told in the terms of the protocol. Unless the engine says
 * otherwise, a token that failed verification is to be forgotten.
 */
function toAuthTokenError(error: unknown): Error {
  if (error instanceof Error && error.name.startsWith('AuthToken')) {
    const judged = error as Error & { isBadToken?: boolean };
    judged.isBadToken ??= true;
    return judged;
  }
  const message = error instanceof Error ? error.message : String(error);
  const authError = new AuthTokenError(message);
  // The server's own options are at fault: the token may well be good.
  if (error instanceof InvalidOptionsError) authError.isBadToken = false;
  return authError;
}

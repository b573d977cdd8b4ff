import { AuthTokenError, InvalidOptionsError } from '@asyngular/protocol';
import type { AuthServer } from './auth-owner.js';

/**
 * The payload of a signed token, by the server's engine, keys and rules. Rejects with one of the
 * `AuthToken…Error` classes, whatever the engine throws. The engine sees texts and `null` only.
 */
export async function verifyToken(
  { server, randomKey }: AuthServer,
  signedToken: unknown,
  socket?: object,
): Promise<Record<string, any>> {
  if (signedToken !== null && typeof signedToken !== 'string') {
    throw new AuthTokenError('Invalid token format - Token must be a string');
  }
  const { auth, verificationKey, defaultVerificationOptions } = server;
  if (signedToken !== null) randomKey?.onUse(verificationKey);
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
 * Engines may throw anything; clients receive the errors of the protocol. Unless the engine says
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
  // The token may well be good when the server's own options are at fault, or something on the way to a database.
  if (error instanceof InvalidOptionsError || isOutage(error)) authError.isBadToken = false;
  return authError;
}

/** Names of errors that tell of time and connections, and nothing of the token. */
const outageNames = new Set(['AbortError', 'TimeoutError', 'BadConnectionError']);
const MAX_CAUSES = 4;

/** What an error may say beside its message. */
interface Judgement {
  isBadToken?: boolean;
  /** Of errors of the operating system. */
  syscall?: string;
}

/** An error that says so itself, or of the operating system (ECONNREFUSED); `fetch()` has such a one as its cause. */
function isOutage(error: unknown, causes = 0): boolean {
  if (!(error instanceof Error) || causes > MAX_CAUSES) return false;
  const { isBadToken, syscall, name, cause } = error as Error & Judgement;
  if (isBadToken !== undefined) return !isBadToken;
  return syscall !== undefined || outageNames.has(name) || isOutage(cause, causes + 1);
}

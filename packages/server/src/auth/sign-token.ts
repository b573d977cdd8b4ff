import { describeValue } from '@asyngular/errors/options';
import { closeCodes, InvalidArgumentsError } from '@asyngular/protocol';
import { cloneDeep, decodeTokenPayload, isRecord } from '@asyngular/protocol/internal';
import type { SignTokenOptions } from './auth-engine.js';
import type { AuthOwner, AuthServer } from './auth-owner.js';

/** A token and its text. */
export interface SignedToken {
  readonly token: Record<string, any>;
  readonly signed: string;
}

/**
 * Signs data as the token of a socket. When that fails the error is emitted, and the socket is closed with
 * 4002: it must not go on as somebody who has just logged in, or out.
 */
export async function signToken(
  session: AuthOwner,
  data: unknown,
  options: SignTokenOptions,
): Promise<SignedToken> {
  try {
    return await makeToken(session.core, data, options);
  } catch (error) {
    session.emitError(error);
    session.close(closeCodes.signTokenFailed);
    throw error;
  }
}

/** Signs data as a token with `iat` and `exp`. */
export async function makeToken(
  { server, options: { authDefaultExpiry }, randomKey }: AuthServer,
  data: unknown,
  options: SignTokenOptions,
): Promise<SignedToken> {
  if (!isPlain(data)) {
    throw new InvalidArgumentsError(
      `An auth token must be a plain object, such as { name: 'Ann' }; it is ${describeClaims(data)}`,
    );
  }
  const token = { ...(cloneDeep(data) as Record<string, any>) };
  const { expiresIn = authDefaultExpiry, ...others } = options;
  const nowSeconds = Math.floor(Date.now() / 1_000);
  if (!options.noTimestamp) token.iat ??= nowSeconds;
  const all: SignTokenOptions = { ...server.defaultSignatureOptions, ...others };
  if (token.exp === undefined || token.exp === null) {
    if (typeof expiresIn === 'number') token.exp = nowSeconds + expiresIn;
    else all.expiresIn = expiresIn;
  }
  if (token.exp !== undefined && !(Number.isInteger(token.exp) && token.exp > 0)) {
    throw new InvalidArgumentsError(
      `The token would expire at ${token.exp}; exp and expiresIn must be whole numbers of seconds, ` +
        "or expiresIn a text such as '2h'",
    );
  }
  randomKey?.onUse(server.signatureKey);
  const signed = await server.auth.signToken(token, server.signatureKey, all);
  if (typeof all.expiresIn === 'string') token.exp = decodeTokenPayload(signed)?.exp;
  return { token, signed };
}

/** Of whichever realm. Instances of classes lose members, or all of them, on their way through JSON. */
function isPlain(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Texts are not shown, because they may be tokens themselves. */
function describeClaims(data: unknown): string {
  if (typeof data === 'string') return 'a text';
  const { name } = Object(data).constructor ?? {};
  return isRecord(data) && name ? `an instance of ${String(name)}` : describeValue(data);
}

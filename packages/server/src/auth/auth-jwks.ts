import { checkOptions } from '@asyngular/errors/options';
import {
  AuthTokenError,
  AuthTokenExpiredError,
  AuthTokenInvalidError,
  AuthTokenNotBeforeError,
  InvalidActionError,
  InvalidArgumentsError,
} from '@asyngular/protocol';
import { decodeTokenPayload } from '@asyngular/protocol/internal';
import { errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type {
  AuthEngine,
  JwtAlgorithm,
  VerificationKey,
  VerifyTokenOptions,
} from './auth-engine.js';
import { RemoteKeys } from './remote-keys.js';
import { lapsesAtMs } from './token-lapse.js';
import { verifyTable } from './token-options.js';

/** Asymmetric algorithms only: a public key set must never serve as an HMAC secret (RFC 8725 §3.1). */
const defaultAlgorithms: readonly JwtAlgorithm[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
];

/**
 * Verifies tokens of an identity provider by its JWKS endpoint. Keys are fetched every ten minutes and, at most every
 * 5 s, when a token names an unknown one (rotation). While the endpoint cannot be reached the known ones are used. It
 * cannot sign: `setAuthToken()` rejects.
 */
export class JwksAuthEngine implements AuthEngine {
  readonly #getKey: JWTVerifyGetKey;

  /**
   * `source`: the endpoint's URL, or a key function of `jose`. `signal` ends a request for keys that is under
   * way, so that an endpoint that hangs keeps no process alive; without it a request takes 5 s at most. `onFailure`
   * learns of each request that failed.
   */
  constructor(
    source: string | URL | JWTVerifyGetKey,
    signal?: AbortSignal,
    onFailure?: (error: Error) => void,
  ) {
    this.#getKey =
      typeof source === 'function' ? source : new RemoteKeys(source, signal, onFailure).get;
  }

  /** Resolves to the payload; an unreachable endpoint rejects without calling the token bad. */
  async verifyToken(
    signedToken: unknown,
    _key: VerificationKey | undefined,
    options: VerifyTokenOptions = {},
  ): Promise<object> {
    if (signedToken === null || signedToken === undefined || signedToken === '') {
      throw new AuthTokenInvalidError('jwt must be provided');
    }
    if (typeof signedToken !== 'string') {
      throw new AuthTokenError('Invalid token format - Token must be a string');
    }
    checkOptions<VerifyTokenOptions>(verifyTable, options, 'token verification');
    try {
      const { payload } = await jwtVerify(signedToken, this.#getKey, {
        algorithms: [...(options.algorithms ?? defaultAlgorithms)],
        ...(options.issuer !== undefined && { issuer: options.issuer }),
        ...(options.audience !== undefined && { audience: audienceTexts(options.audience) }),
        ...(options.subject !== undefined && { subject: options.subject }),
        ...(options.clockTolerance !== undefined && { clockTolerance: options.clockTolerance }),
      });
      return payload;
    } catch (error) {
      const payload = payloadDespite(error, options);
      if (payload) return payload;
      throw toAuthError(error, signedToken, options);
    }
  }

  /** Always throws `InvalidActionError`: the issuer signs. */
  signToken(): never {
    throw new InvalidActionError(
      'Tokens verified by authJwksUrl are signed by their issuer; use authKey or authPrivateKey to sign them here',
    );
  }
}

/** A rule that cannot be applied must fail, not be skipped. */
function audienceTexts(audience: NonNullable<VerifyTokenOptions['audience']>): string[] {
  const texts = Array.isArray(audience) ? audience : [audience];
  if (texts.every((text) => typeof text === 'string')) return texts;
  throw new InvalidArgumentsError(
    'The audience of tokens verified by authJwksUrl must be a string or a list of strings, not a RegExp',
  );
}

/**
 * A key that is not in the set may be newer than the last fetch, which is not repeated at once. The token is
 * bad only when it could not become good any more.
 */
function unknownKey(signedToken: string, { message }: Error, rules: VerifyTokenOptions): Error {
  const isLapsed = Date.now() >= lapsesAtMs(decodeTokenPayload(signedToken) ?? null, rules);
  return Object.assign(new AuthTokenInvalidError(message), { isBadToken: isLapsed });
}

/**
 * The payload of a token that fails by its times alone, where the rules ignore them; jose knows no such rules. It
 * checks the times last, `nbf` before `exp`, so everything else is right.
 */
function payloadDespite(error: unknown, rules: VerifyTokenOptions): object | undefined {
  if (error instanceof errors.JWTExpired) return rules.ignoreExpiration ? error.payload : undefined;
  const isEarly =
    error instanceof errors.JWTClaimValidationFailed &&
    error.claim === 'nbf' &&
    error.reason === 'check_failed';
  if (!isEarly || !rules.ignoreNotBefore) return undefined;
  return Date.now() < lapsesAtMs(error.payload, rules) ? error.payload : undefined;
}

/** Codes of jose for an endpoint that answers, but not with keys. */
const providerFaults = new Set(['ERR_JOSE_GENERIC', 'ERR_JWKS_INVALID', 'ERR_JWKS_TIMEOUT']);

function toAuthError(error: unknown, signedToken: string, rules: VerifyTokenOptions): Error {
  if (error instanceof errors.JWKSNoMatchingKey) return unknownKey(signedToken, error, rules);
  if (error instanceof errors.JWTExpired) {
    return new AuthTokenExpiredError('jwt expired', new Date(Number(error.payload.exp) * 1_000));
  }
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'nbf') {
    return new AuthTokenNotBeforeError(
      'jwt not active',
      new Date(Number(error.payload.nbf) * 1_000),
    );
  }
  if (error instanceof errors.JOSEError && providerFaults.has(error.code)) {
    // The provider is out of order: the token may well be good, so the client should keep it.
    return Object.assign(new AuthTokenError(error.message), { isBadToken: false });
  }
  if (error instanceof errors.JOSEError) return new AuthTokenInvalidError(error.message);
  return Object.assign(new AuthTokenError((error as Error).message), { isBadToken: false });
}

import { checkOptions, describeValue } from '@asyngular/errors/options';
import {
  AuthTokenError,
  AuthTokenExpiredError,
  AuthTokenInvalidError,
  AuthTokenNotBeforeError,
  InvalidArgumentsError,
  InvalidOptionsError,
} from '@asyngular/protocol';
import { createSigner, createVerifier, type SignerOptions, type VerifierOptions } from 'fast-jwt';
import type {
  AuthEngine,
  AuthKey,
  SignTokenOptions,
  VerificationKey,
  VerifyTokenOptions,
} from './auth-engine.js';
import { pinAlgorithms } from './auth-keys.js';
import { signTable, verifyTable } from './token-options.js';

type Verify = (token: string) => object;
type Sign = (payload: object) => string;

/** Prepared keys are kept per (key, options); more distinct ones than this are not cached. */
const MAX_PREPARED = 64;

/**
 * JSON Web Tokens (RFC 7519) on fast-jwt. Keys are parsed once and kept, so that an HS256 check costs
 * microseconds. Algorithms are pinned to the key's type even when the caller names none.
 */
export class JwtAuthEngine implements AuthEngine {
  /** By key, then by rules: a key is long, and looked up for every token. */
  readonly #verifiers = new Map<string, Map<string, Verify>>();
  readonly #signers = new Map<string, Sign>();

  /**
   * Resolves to the payload; rejects with an `AuthToken…Error`, see {@link AuthEngine}. Of several keys the first that
   * made the signature decides; the order of the list is the order in which they are tried.
   */
  async verifyToken(
    signedToken: unknown,
    key: VerificationKey | undefined,
    options: VerifyTokenOptions = {},
  ): Promise<object> {
    if (signedToken === null || signedToken === undefined || signedToken === '') {
      throw new AuthTokenInvalidError('jwt must be provided');
    }
    if (typeof signedToken !== 'string') {
      throw new InvalidArgumentsError('Invalid token format - Token must be a string');
    }
    const [newest, ...older] = isListOfKeys(key) ? key : [key];
    if (newest === undefined) {
      // The server is at fault: the token may well be good.
      const error = new AuthTokenError(
        'There is no key to verify tokens with; set authKey, or authPublicKey with authPrivateKey',
      );
      throw Object.assign(error, { isBadToken: false });
    }
    const { socket: _socket, ...rules } = options;
    const rulesId = describeRules(rules);
    try {
      return this.#verifyWith(newest, older, signedToken, rules, rulesId);
    } catch (error) {
      throw error instanceof InvalidOptionsError ? error : toAuthError(error, signedToken);
    }
  }

  /** Another key is tried for a signature that this one did not make; what a token says is judged once. */
  #verifyWith(
    key: AuthKey,
    others: readonly (AuthKey | undefined)[],
    signedToken: string,
    rules: Omit<VerifyTokenOptions, 'socket'>,
    rulesId: string,
  ): object {
    const ofKey = prepared(this.#verifiers, String(key), () => new Map<string, Verify>());
    const verify = prepared(ofKey, rulesId, () => createVerify(key, rules));
    try {
      return verify(signedToken);
    } catch (error) {
      const [next, ...rest] = others;
      if (next === undefined || !isOfAnotherKey(error)) throw error;
      return this.#verifyWith(next, rest, signedToken, rules, rulesId);
    }
  }

  /** Resolves to the signed token; rejects when the payload is no plain object or the key is missing. */
  async signToken(
    token: object,
    key: AuthKey | undefined,
    options: SignTokenOptions = {},
  ): Promise<string> {
    if (typeof token !== 'object' || token === null || Array.isArray(token)) {
      throw new InvalidArgumentsError(
        `An auth token must be a plain object; it is ${describeValue(token)}`,
      );
    }
    if (key === undefined) {
      throw new AuthTokenError(
        'There is no key to sign tokens with; set authKey, or authPrivateKey with authPublicKey',
      );
    }
    assertSaidOnce(token, options);
    const id = `${key}\n${JSON.stringify(options)}`;
    return prepared(this.#signers, id, () => createSign(key, options))(token);
  }
}

function isListOfKeys(key: VerificationKey | undefined): key is readonly AuthKey[] {
  return Array.isArray(key);
}

function isOfAnotherKey(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'FAST_JWT_INVALID_SIGNATURE';
}

function prepared<T>(cache: Map<string, T>, id: string, create: () => T): T {
  let value = cache.get(id);
  if (!value) {
    value = create();
    // Options that vary per call (a subject, a token id) would fill the cache: oldest goes first.
    if (cache.size >= MAX_PREPARED) cache.delete(cache.keys().next().value as string);
    cache.set(id, value);
  }
  return value;
}

/**
 * Tells prepared verifiers apart. RegExps are not JSON, but must do so, too, also from text that looks like one; only
 * the audience may have some, and without it the text is made three times as fast.
 */
function describeRules(rules: VerifyTokenOptions): string {
  return rules.audience === undefined ? JSON.stringify(rules) : JSON.stringify(rules, describeRule);
}

function describeRule(_name: string, value: unknown): unknown {
  return value instanceof RegExp ? { regExp: String(value) } : value;
}

function createVerify(key: AuthKey, rules: Omit<VerifyTokenOptions, 'socket'>): Verify {
  const options = checkOptions<VerifyTokenOptions>(verifyTable, rules, 'token verification');
  const settings: Partial<VerifierOptions> & { key: AuthKey } = {
    key,
    algorithms: [...pinAlgorithms(key, options.algorithms)],
    cache: false,
  };
  if (options.audience !== undefined) settings.allowedAud = options.audience;
  if (options.issuer !== undefined) settings.allowedIss = options.issuer;
  if (options.subject !== undefined) settings.allowedSub = options.subject;
  if (options.ignoreExpiration) settings.ignoreExpiration = true;
  if (options.ignoreNotBefore) settings.ignoreNotBefore = true;
  if (options.clockTolerance) settings.clockTolerance = options.clockTolerance * 1_000;
  return createVerifier(settings) as unknown as Verify;
}

/** Options of signing and the claims that they set. */
const claims = {
  issuer: 'iss',
  subject: 'sub',
  audience: 'aud',
  jwtid: 'jti',
  notBefore: 'nbf',
  expiresIn: 'exp',
} as const satisfies { [Option in keyof SignTokenOptions]?: string };

/** One of two different values would be lost without a word. */
function assertSaidOnce(token: object, options: SignTokenOptions): void {
  for (const option of Object.keys(claims) as (keyof typeof claims)[]) {
    const claim = claims[option];
    if (options[option] === undefined || !Object.hasOwn(token, claim)) continue;
    throw new InvalidArgumentsError(
      `The option ${option} and the token's own ${claim} claim say the same thing; leave one of them out`,
    );
  }
}

function createSign(key: AuthKey, given: SignTokenOptions): Sign {
  const options = checkOptions<SignTokenOptions>(signTable, given, 'token signing');
  const algorithm = pinAlgorithms(key, options.algorithm && [options.algorithm])[0]!;
  const settings: Partial<SignerOptions> & { key: AuthKey } = { key, algorithm };
  if (options.expiresIn !== undefined) settings.expiresIn = toMs(options.expiresIn);
  if (options.notBefore !== undefined) settings.notBefore = toMs(options.notBefore) as number;
  if (options.audience !== undefined) settings.aud = options.audience;
  if (options.subject !== undefined) settings.sub = options.subject;
  if (options.issuer !== undefined) settings.iss = options.issuer;
  if (options.jwtid !== undefined) settings.jti = options.jwtid;
  if (options.keyid !== undefined) settings.kid = options.keyid;
  if (options.noTimestamp) settings.noTimestamp = true;
  if (options.header !== undefined) settings.header = options.header as SignerOptions['header'];
  return createSigner(settings) as unknown as Sign;
}

/** Numbers are seconds, as in JWT claims; fast-jwt counts milliseconds and reads texts itself. */
function toMs(value: number | string): number | string {
  return typeof value === 'number' ? value * 1_000 : value;
}

const messages: Readonly<Record<string, string>> = {
  FAST_JWT_MALFORMED: 'jwt malformed',
  FAST_JWT_INVALID_SIGNATURE: 'invalid signature',
  FAST_JWT_MISSING_SIGNATURE: 'jwt signature is required',
  FAST_JWT_INVALID_ALGORITHM: 'invalid algorithm',
  FAST_JWT_INVALID_TYPE: 'invalid token',
  FAST_JWT_INVALID_PAYLOAD: 'invalid token',
  FAST_JWT_INVALID_KEY: 'invalid algorithm',
  FAST_JWT_INVALID_CRIT_HEADER: 'invalid token',
};

/** fast-jwt's error codes in the terms of errors.md; texts are those JWT users know. */
function toAuthError(error: unknown, signedToken: string): Error {
  const { code, message } = error as { code?: string; message: string };
  switch (code) {
    case 'FAST_JWT_EXPIRED':
      return new AuthTokenExpiredError('jwt expired', claimDate(signedToken, 'exp'));
    case 'FAST_JWT_INACTIVE':
      return new AuthTokenNotBeforeError('jwt not active', claimDate(signedToken, 'nbf'));
    case 'FAST_JWT_INVALID_CLAIM_VALUE':
    case 'FAST_JWT_INVALID_CLAIM_TYPE':
    case 'FAST_JWT_MISSING_REQUIRED_CLAIM':
      return new AuthTokenInvalidError(message);
    case undefined:
      return new AuthTokenError(message);
  }
  return new AuthTokenInvalidError(messages[code] ?? message);
}

/** The time in a claim of a token whose signature has been checked. */
function claimDate(signedToken: string, claim: 'exp' | 'nbf'): Date {
  const payload = JSON.parse(Buffer.from(signedToken.split('.')[1]!, 'base64url').toString());
  return new Date(payload[claim] * 1_000);
}

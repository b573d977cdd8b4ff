import type { JwtAlgorithm } from './auth-keys.js';

export type { JwtAlgorithm } from './auth-keys.js';

/** A secret, or a key in PEM format. */
export type AuthKey = string | Buffer;

/** What tokens are verified with: a key, or several of which one must fit. */
export type VerificationKey = AuthKey | readonly AuthKey[];

/** Claims and lifetime of a token to be signed. Times in seconds, or text such as `'2h'`. */
export interface SignTokenOptions {
  expiresIn?: number | string;
  notBefore?: number | string;
  audience?: string | string[];
  subject?: string;
  issuer?: string;
  jwtid?: string;
  keyid?: string;
  noTimestamp?: boolean;
  header?: Record<string, unknown>;
  algorithm?: JwtAlgorithm;
}

/** What a token must satisfy besides its signature. */
export interface VerifyTokenOptions {
  algorithms?: readonly JwtAlgorithm[];
  audience?: string | RegExp | (string | RegExp)[];
  issuer?: string | string[];
  subject?: string;
  ignoreExpiration?: boolean;
  ignoreNotBefore?: boolean;
  /** Seconds by which clocks may differ. */
  clockTolerance?: number;
  // And `socket`, which server/server.ts declares: engines are made without sockets.
}

/**
 * Makes and checks tokens. `verifyToken` resolves to the payload or rejects with one of the
 * `AuthToken…Error` classes. Any other error counts as a bad token. Source: docs/authentication.md.
 */
export interface AuthEngine {
  /** `key` is a list only if the server has a list: the option `authKeys`, or an assigned `verificationKey`. */
  verifyToken(
    signedToken: string | null,
    key: VerificationKey | undefined,
    options?: VerifyTokenOptions,
  ): unknown;
  signToken(
    token: object,
    key: AuthKey | undefined,
    options?: SignTokenOptions,
  ): Promise<string> | string;
}

/**
 * What `authEngine` and `setAuthEngine()` take: both halves of an {@link AuthEngine}, or one. The missing
 * half is the built-in one, with the server's keys.
 */
export type AuthEngineOption =
  | AuthEngine
  | (Pick<AuthEngine, 'verifyToken'> & { signToken?: undefined })
  | (Pick<AuthEngine, 'signToken'> & { verifyToken?: undefined });

/** Whether a value has a half at least, and no half that is not a function. */
export function isAuthEngineOption(value: unknown): value is AuthEngineOption {
  if (typeof value !== 'object' || value === null) return false;
  const { verifyToken, signToken } = value as { [Half in keyof AuthEngine]?: unknown };
  const halves = [verifyToken, signToken].filter((half) => half !== undefined && half !== null);
  return halves.length > 0 && halves.every((half) => typeof half === 'function');
}

/** The engine itself when it has both halves; else one that takes the missing half from `builtIn`. */
export function completeAuthEngine(engine: AuthEngineOption, builtIn: AuthEngine): AuthEngine {
  if (engine.verifyToken && engine.signToken) return engine;
  const verifier = engine.verifyToken ? engine : builtIn;
  const signer = engine.signToken ? engine : builtIn;
  return {
    verifyToken: (...args) => verifier.verifyToken(...args),
    signToken: (...args) => signer.signToken(...args),
  };
}

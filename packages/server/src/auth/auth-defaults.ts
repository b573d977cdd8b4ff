import type {
  AuthEngine,
  AuthEngineOption,
  AuthKey,
  SignTokenOptions,
  VerificationKey,
  VerifyTokenOptions,
} from './auth-engine.js';
import { completeAuthEngine } from './auth-engine.js';
import { JwksAuthEngine } from './auth-jwks.js';
import { type JwtAlgorithm, pinAlgorithms } from './auth-keys.js';
import { JwtAuthEngine } from './jwt-engine.js';

/** The options of a server about tokens. */
interface AuthOptions {
  readonly authKey: AuthKey;
  readonly authKeys?: readonly AuthKey[] | undefined;
  readonly authPrivateKey?: AuthKey | undefined;
  readonly authPublicKey?: AuthKey | undefined;
  readonly authJwksUrl?: string | URL | undefined;
  readonly authAlgorithm?: JwtAlgorithm | undefined;
  readonly authVerifyAlgorithms?: readonly JwtAlgorithm[] | undefined;
  readonly authEngine?: AuthEngineOption | undefined;
}

/** What tokens are signed and verified with, as the options say. */
export interface AuthSettings {
  readonly signatureKey: AuthKey | undefined;
  readonly verificationKey: VerificationKey | undefined;
  readonly signatureOptions: SignTokenOptions;
  readonly verificationOptions: VerifyTokenOptions;
}

/** What an engine needs of its server. */
export interface AuthHost {
  /** Ends the engine's requests. */
  readonly closing: AbortSignal;
  /** Something other than a token is at fault. */
  onFailure(error: Error): void;
}

/** The engine of the options: the application's own, completed by the built-in one. */
export function createAuthEngine(
  options: AuthOptions,
  { closing, onFailure }: AuthHost,
): AuthEngine {
  const { authJwksUrl } = options;
  const builtIn =
    authJwksUrl === undefined
      ? new JwtAuthEngine()
      : new JwksAuthEngine(authJwksUrl, closing, onFailure);
  return options.authEngine ? completeAuthEngine(options.authEngine, builtIn) : builtIn;
}

/**
 * Chooses keys and algorithms. Algorithms are always pinned: to `authVerifyAlgorithms`, else
 * `authAlgorithm`, else the default of the key's type. Throws `InvalidOptionsError` when one does not
 * fit the key.
 */
export function authSettings(options: AuthOptions): AuthSettings {
  const { authAlgorithm, authVerifyAlgorithms, authJwksUrl } = options;
  const wanted = authVerifyAlgorithms ?? (authAlgorithm ? [authAlgorithm] : undefined);
  const signatureKey = signatureKeyOf(options);
  const verificationKey = verificationKeyOf(options);
  if (options.authEngine || authJwksUrl !== undefined) {
    return {
      signatureKey,
      verificationKey,
      signatureOptions: authAlgorithm ? { algorithm: authAlgorithm } : {},
      verificationOptions: wanted ? { algorithms: wanted } : {},
    };
  }
  const [newest, ...older] = Array.isArray(verificationKey) ? verificationKey : [verificationKey];
  const [algorithm] = pinAlgorithms(signatureKey, authAlgorithm && [authAlgorithm]);
  const algorithms = pinAlgorithms(newest, wanted);
  // Keys of different kinds would each widen what the others accept.
  for (const key of older) pinAlgorithms(key, algorithms);
  return {
    signatureKey,
    verificationKey,
    signatureOptions: { algorithm: algorithm as JwtAlgorithm },
    verificationOptions: { algorithms },
  };
}

function signatureKeyOf({ authPrivateKey, authKeys, authKey }: AuthOptions): AuthKey {
  return authPrivateKey ?? authKeys?.[0] ?? authKey;
}

/** A list only with `authKeys`, so that engines of applications get one key where they always did. */
function verificationKeyOf({ authPublicKey, authKeys, authKey }: AuthOptions): VerificationKey {
  if (!authKeys) return authPublicKey ?? authKey;
  return authPublicKey === undefined ? authKeys : [authPublicKey, ...authKeys];
}

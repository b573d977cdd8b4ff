import { createPublicKey, type KeyObject } from 'node:crypto';
import { InvalidOptionsError } from '@asyngular/protocol';

/** Signature algorithms of RFC 7518 §3.1 and RFC 8037 that tokens may use; never `none`. */
export type JwtAlgorithm = (typeof jwtAlgorithms)[number];

export const jwtAlgorithms = [
  'HS256',
  'HS384',
  'HS512',
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
] as const;

const secretAlgorithms: readonly JwtAlgorithm[] = ['HS256', 'HS384', 'HS512'];
const rsaAlgorithms: readonly JwtAlgorithm[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
];
const curveAlgorithms: Readonly<Record<string, JwtAlgorithm>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};

/** Whether a key is PEM text, which must never be used as an HMAC secret (RS/HS confusion). */
function isPem(key: unknown): boolean {
  return (typeof key === 'string' || Buffer.isBuffer(key)) && key.toString().includes('-----BEGIN');
}

/**
 * Algorithms a key can be used with, the default first. A secret is never paired with an asymmetric
 * algorithm nor a PEM key with an HMAC one. Source: RFC 8725 §3.1.
 */
function algorithmsOfKey(key: string | Buffer): readonly JwtAlgorithm[] {
  if (!isPem(key)) return secretAlgorithms;
  let keyObject: KeyObject;
  try {
    keyObject = createPublicKey(key);
  } catch (error) {
    throw new InvalidOptionsError(
      `The key in PEM format cannot be read (${(error as Error).message}); pass an RSA, EC or Ed25519/Ed448 key`,
    );
  }
  switch (keyObject.asymmetricKeyType) {
    case 'rsa':
      return rsaAlgorithms;
    case 'ed25519':
    case 'ed448':
      return ['EdDSA'];
    case 'ec': {
      const algorithm = curveAlgorithms[keyObject.asymmetricKeyDetails?.namedCurve ?? ''];
      if (algorithm) return [algorithm];
    }
  }
  // Found out at the start and not at the first login: the token library reads no RSA-PSS keys.
  throw new InvalidOptionsError(
    `A key of type ${keyObject.asymmetricKeyType} cannot sign or verify tokens; pass an RSA (for PS256, too), EC (P-256, P-384, P-521) or Ed25519/Ed448 key`,
  );
}

/**
 * The allow-list for verifying with `key`: the wanted algorithms if they all fit the key, else the
 * key's default alone. Throws `InvalidOptionsError` for a wanted algorithm that does not fit.
 */
export function pinAlgorithms(
  key: string | Buffer,
  wanted: readonly JwtAlgorithm[] | undefined,
): readonly JwtAlgorithm[] {
  const possible = algorithmsOfKey(key);
  if (!wanted) return [possible[0]!];
  const unfit = wanted.find((algorithm) => !possible.includes(algorithm));
  if (unfit || wanted.length === 0) {
    throw new InvalidOptionsError(
      `The algorithm ${unfit ?? '(none)'} does not fit the authentication key; it allows ${possible.join(', ')}`,
    );
  }
  return wanted;
}

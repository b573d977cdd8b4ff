import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AGServer, JwtAuthEngine } from '../src/index.js';
import { startServer, startWithClient, until } from './support/server.js';
import { partOf, sign } from './support/tokens.js';

describe('keys', () => {
  const pem = {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  };

  it.each([
    ['rsa', { modulusLength: 2048 }, 'RS256', undefined],
    ['rsa', { modulusLength: 2048 }, 'RS512', 'RS512'],
    ['rsa', { modulusLength: 2048 }, 'PS384', 'PS384'],
    ['ec', { namedCurve: 'P-256' }, 'ES256', undefined],
    ['ec', { namedCurve: 'P-384' }, 'ES384', undefined],
    ['ec', { namedCurve: 'P-521' }, 'ES512', undefined],
    ['ed25519', {}, 'EdDSA', undefined],
    ['ed448', {}, 'EdDSA', undefined],
  ] as const)('of type %s %j sign and verify %s', async (type, options, alg, authAlgorithm) => {
    const pair: any = (generateKeyPairSync as any)(type, { ...options, ...pem });
    const { socket, client } = await startWithClient({
      authPrivateKey: Buffer.from(pair.privateKey),
      authPublicKey: pair.publicKey,
      ...(authAlgorithm && { authAlgorithm }),
    });
    await socket.setAuthToken({ name: 'ann' });
    const signed = socket.signedAuthToken!;
    expect(partOf(signed, 0).alg).toBe(alg);
    expect((await client.request('#authenticate', signed)).data.isAuthenticated).toBe(true);
    const forged = `${signed.slice(0, -8)}AAAAAAAA`;
    expect((await client.request('#authenticate', forged)).error.isBadToken).toBe(true);
  });

  it.each([
    ['rsa-pss', { modulusLength: 2048 }],
    ['ec', { namedCurve: 'secp256k1' }],
    ['x25519', {}],
  ] as const)('of type %s %j are refused at the start', (type, options) => {
    const pair: any = (generateKeyPairSync as any)(type, { ...options, ...pem });
    const settings = { authPrivateKey: pair.privateKey, authPublicKey: pair.publicKey };
    expect(() => new AGServer(settings)).toThrow(/cannot (sign or verify tokens|be read)/);
  });

  it('accept what authVerifyAlgorithms lists, and sign with authAlgorithm', async () => {
    const { socket, client } = await startWithClient({
      authAlgorithm: 'HS512',
      authVerifyAlgorithms: ['HS512', 'HS256'],
    });
    await socket.setAuthToken({});
    expect(partOf(socket.signedAuthToken!, 0).alg).toBe('HS512');
    for (const [algorithm, isAccepted] of [
      ['HS512', true],
      ['HS256', true],
      ['HS384', false],
    ] as const) {
      const reply = await client.request('#authenticate', sign({}, { algorithm }));
      expect(reply.error === undefined).toBe(isAccepted);
    }
  });

  it('that are public never serve as a secret, even when misplaced', async () => {
    const { publicKey }: any = (generateKeyPairSync as any)('rsa', { modulusLength: 2048, ...pem });
    const engine = new JwtAuthEngine();
    await expect(engine.signToken({}, publicKey, { algorithm: 'HS256' })).rejects.toThrow(
      /HS256 does not fit/,
    );
    await expect(
      engine.verifyToken('a.b.c', publicKey, { algorithms: ['HS256'] }),
    ).rejects.toMatchObject({ name: 'InvalidOptionsError' });
    await expect(engine.signToken({}, undefined)).rejects.toThrow(
      'There is no key to sign tokens with; set authKey, or authPrivateKey with authPublicKey',
    );
    await expect(engine.verifyToken('a.b.c', undefined)).rejects.toThrow(
      'There is no key to verify tokens with; set authKey, or authPublicKey with authPrivateKey',
    );
  });

  it('that were given cause no warning; a random one does', async () => {
    const { server, warnings } = await startServer();
    await server.signToken({ name: 'ann' });
    expect(warnings).toEqual([]);
    const other = await startServer({ authKey: undefined });
    expect(other.server.signatureKey).toMatch(/^[0-9a-f]{64}$/);
    await other.server.signToken({ name: 'ann' });
    await until('the warning', () => other.warnings.length === 1);
    expect(other.warnings[0]?.message).toMatch(/^No authKey was given/);
  });
});

import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type AuthEngine, listen } from '../src/index.js';
import { startServer } from './support/server.js';
import { partOf, sign } from './support/tokens.js';

const [newest, older, oldest] = ['n'.repeat(32), 'o'.repeat(32), 'x'.repeat(32)];

describe('authKeys', () => {
  it('verify with each of them, and sign with the first', async () => {
    const { server, open } = await startServer({
      authKey: undefined,
      authKeys: [newest, older, oldest],
    });
    for (const key of [newest, older, oldest]) {
      const client = await open(sign({ name: 'ann' }, { key }));
      expect(client.received[0].data.isAuthenticated).toBe(true);
    }
    const client = await open();
    const given = client.nextEvent('#setAuthToken');
    const socket = Object.values(server.clients).at(-1)!;
    await socket.setAuthToken({ name: 'ann' });
    const { token } = (await given).data;
    expect(token).toBe(sign(partOf(token, 1), { key: newest }));
  });

  it('refuse the token of a key that was taken off the list', async () => {
    const { server, open } = await startServer({ authKey: undefined, authKeys: [newest, older] });
    const client = await open();
    const verdict = async (key: string, claims: object = {}) => {
      const { error } = await client.request(
        '#authenticate',
        sign({ name: 'ann', ...claims }, { key }),
      );
      return error && [error.name, error.message, error.isBadToken];
    };
    expect(await verdict(older)).toBe(undefined);
    expect(await verdict(oldest)).toEqual(['AuthTokenInvalidError', 'invalid signature', true]);
    // What a token says is judged by the key that made it.
    expect(await verdict(older, { exp: 1 })).toEqual([
      'AuthTokenExpiredError',
      'jwt expired',
      true,
    ]);
    server.verificationKey = [newest];
    expect(await verdict(older)).toEqual(['AuthTokenInvalidError', 'invalid signature', true]);
    server.verificationKey = older;
    expect(await verdict(older)).toBe(undefined);
  });

  it('beside a key pair are older public keys', async () => {
    const pair = () =>
      generateKeyPairSync('ec', {
        namedCurve: 'P-256',
        publicKeyEncoding: { type: 'spki', format: 'pem' },
        privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      });
    const [present, former] = [pair(), pair()];
    const { open } = await startServer({
      authKey: undefined,
      authPrivateKey: present.privateKey,
      authPublicKey: present.publicKey,
      authKeys: [former.publicKey],
    });
    for (const { privateKey } of [present, former]) {
      const token = sign({ name: 'ann' }, { key: privateKey, algorithm: 'ES256' });
      expect((await open(token)).received[0].data.isAuthenticated).toBe(true);
    }
  });

  it('that cannot work are refused', () => {
    const { publicKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    for (const [options, message] of [
      [{ authKeys: [] }, 'a list of one key or more'],
      [{ authKeys: [''] }, 'a list of one key or more'],
      [{ authKeys: newest }, 'a list of one key or more'],
      [{ authKey: newest, authKeys: [newest] }, 'say the same thing'],
      [{ authKeys: [newest, publicKey] }, 'does not fit the authentication key'],
    ] as const) {
      expect(() => listen(0, options as object)).toThrow(
        expect.objectContaining({
          name: 'InvalidOptionsError',
          message: expect.stringContaining(message),
        }),
      );
    }
  });
});

/** What clients learn of a token when the engine throws `thrown`. */
async function verdictOn(thrown: unknown): Promise<{ isBadToken: boolean }> {
  const authEngine: AuthEngine = {
    verifyToken() {
      throw thrown;
    },
    signToken: () => 'a.b.c',
  };
  const { open } = await startServer({ authEngine });
  return (await open('a.b.c')).received[0].data.authError;
}

describe('an engine that fails', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { syscall: 'connect' });
  it.each([
    ['a system error', refused],
    ['a failed fetch()', new TypeError('fetch failed', { cause: refused })],
    ['a timeout', Object.assign(new Error('late'), { name: 'TimeoutError' })],
    ['an error that says so', Object.assign(new Error('busy'), { isBadToken: false })],
  ])('with %s says nothing of the token', async (_what, thrown) => {
    expect(await verdictOn(thrown)).toMatchObject({ name: 'AuthTokenError', isBadToken: false });
  });

  it.each([
    ['an error of its own', new Error('No such session')],
    [
      'an error that says so',
      Object.assign(new Error('busy'), { syscall: 'read', isBadToken: true }),
    ],
  ])('with %s calls the token bad', async (_what, thrown) => {
    expect(await verdictOn(thrown)).toMatchObject({ name: 'AuthTokenError', isBadToken: true });
  });
});

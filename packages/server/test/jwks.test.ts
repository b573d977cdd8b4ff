import { SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, it, vi } from 'vitest';
import { JwksAuthEngine } from '../src/index.js';
import { issue, startProvider } from './support/identity-provider.js';
import { onCleanup, startServer, until } from './support/server.js';

/** Stops the clock on the wall; returns a function that puts it forward. */
function stopClock(): (ms: number) => void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  onCleanup(() => vi.useRealTimers());
  return (ms) => vi.setSystemTime(Date.now() + ms);
}

describe('authJwksUrl', () => {
  it.each(['RS256', 'PS256', 'ES256', 'EdDSA'])(
    'accepts %s tokens of the provider',
    async (alg) => {
      const provider = await startProvider();
      const key = await provider.addKey('one', alg);
      const { server, open } = await startServer({ authJwksUrl: provider.url });
      const client = await open(await issue(key, 'one', { exp: 2_000_000_000 }, alg));
      expect(client.received[0].data.isAuthenticated).toBe(true);
      expect(Object.values(server.clients)[0]!.authToken).toMatchObject({ name: 'ann' });
    },
  );

  it('fetches the keys once, and again for a key it does not know (rotation)', async () => {
    const passTime = stopClock();
    const provider = await startProvider();
    const first = await provider.addKey('first');
    const { open } = await startServer({ authJwksUrl: new URL(provider.url) });
    const client = await open();
    for (let i = 0; i < 3; i++) {
      expect((await client.request('#authenticate', await issue(first, 'first'))).error).toBe(
        undefined,
      );
    }
    expect(provider.fetches).toBe(1);

    const second = await provider.addKey('second');
    provider.removeKey('first');
    // Not sooner than 5 s after the last fetch: unknown keys must not become a flood of fetches.
    passTime(5_000);
    const rotated = await client.request('#authenticate', await issue(second, 'second'));
    expect(rotated.data.isAuthenticated).toBe(true);
    expect(provider.fetches).toBe(2);
    const old = await client.request('#authenticate', await issue(first, 'first'));
    expect(old.data.authError).toMatchObject({ name: 'AuthTokenInvalidError', isBadToken: false });
    await client.request('#authenticate', await issue(first, 'unknown'));
    expect(provider.fetches).toBe(2);
  });

  it('F11: calls a token of a key newer than the last fetch bad only when it has expired', async () => {
    const passTime = stopClock();
    const provider = await startProvider();
    const first = await provider.addKey('first');
    const { open } = await startServer({ authJwksUrl: provider.url });
    const client = await open(await issue(first, 'first'));
    const second = await provider.addKey('second');
    const now = Math.floor(Date.now() / 1_000);
    const good = await issue(second, 'second', { exp: now + 3_600 });
    const early = await client.request('#authenticate', good);
    expect(early.data.authError).toMatchObject({
      name: 'AuthTokenInvalidError',
      isBadToken: false,
    });
    const lapsed = await issue(second, 'second', { exp: now - 1 });
    expect((await client.request('#authenticate', lapsed)).error.isBadToken).toBe(true);
    // Tokens of unknown keys, however many, do not delay the next fetch.
    passTime(4_000);
    for (let i = 0; i < 5; i++) {
      await client.request('#authenticate', await issue(second, `unknown ${i}`));
    }
    expect(provider.fetches).toBe(1);
    passTime(1_000);
    const later = await client.request('#authenticate', good);
    expect(later.data.isAuthenticated).toBe(true);
    expect(provider.fetches).toBe(2);
  });

  it('refuses forged, unsigned, expired and foreign tokens as bad', async () => {
    const provider = await startProvider();
    const key = await provider.addKey('one');
    const forger = await provider.addKey('one', 'RS256', true);
    const { server, open } = await startServer({ authJwksUrl: provider.url });
    server.defaultVerificationOptions = { issuer: 'https://idp', audience: ['chat', 'mail'] };
    const good = { iss: 'https://idp', aud: 'chat' };
    const now = Math.floor(Date.now() / 1_000);
    const published = (await fetch(provider.url).then((response) => response.json())).keys[0];
    const client = await open();
    const verdict = async (token: string) => {
      const reply = await client.request('#authenticate', token);
      const error = reply.error ?? reply.data.authError;
      return error && [error.name, error.isBadToken];
    };
    expect(await verdict(await issue(key, 'one', good))).toBe(null);
    for (const [token, name] of [
      [await issue(forger, 'one', good), 'AuthTokenInvalidError'],
      [new UnsecuredJWT(good).encode(), 'AuthTokenInvalidError'],
      [await issue(key, 'one', { ...good, exp: now - 10 }), 'AuthTokenExpiredError'],
      [await issue(key, 'one', { ...good, iss: 'https://evil' }), 'AuthTokenInvalidError'],
      [await issue(key, 'one', { ...good, aud: 'billing' }), 'AuthTokenInvalidError'],
      ['nonsense', 'AuthTokenInvalidError'],
      // The public key as an HMAC secret (RFC 8725 §2.1).
      [
        await new SignJWT(good)
          .setProtectedHeader({ alg: 'HS256', kid: 'one' })
          .sign(Buffer.from(published.n, 'base64url')),
        'AuthTokenInvalidError',
      ],
    ] as const) {
      expect(await verdict(token)).toEqual([name, true]);
    }
    const early = await issue(key, 'one', { ...good, nbf: now + 100 });
    expect(await verdict(early)).toEqual(['AuthTokenNotBeforeError', false]);
    server.defaultVerificationOptions = { audience: /chat/ };
    expect(await verdict(await issue(key, 'one', good))).toEqual(['AuthTokenError', false]);
  });

  it('ignores the times of a token where the rules say so, and nothing else', async () => {
    const provider = await startProvider();
    const key = await provider.addKey('one');
    const { server, open } = await startServer({ authJwksUrl: provider.url });
    const client = await open();
    const now = Math.floor(Date.now() / 1_000);
    const verdict = async (rules: object, claims: object) => {
      server.defaultVerificationOptions = rules;
      const reply = await client.request('#authenticate', await issue(key, 'one', claims));
      return (reply.error ?? reply.data.authError)?.name ?? 'accepted';
    };
    const [late, early] = [{ exp: now - 10 }, { nbf: now + 100 }];
    expect(await verdict({}, late)).toBe('AuthTokenExpiredError');
    expect(await verdict({ ignoreExpiration: true }, late)).toBe('accepted');
    expect(await verdict({ clockTolerance: 30 }, late)).toBe('accepted');
    expect(await verdict({ ignoreExpiration: true, issuer: 'x' }, late)).toBe(
      'AuthTokenInvalidError',
    );
    expect(await verdict({}, early)).toBe('AuthTokenNotBeforeError');
    expect(await verdict({ ignoreNotBefore: true }, early)).toBe('accepted');
    expect(await verdict({ ignoreNotBefore: true }, { ...early, ...late })).toBe(
      'AuthTokenNotBeforeError',
    );
  });

  it.each([
    ['answers with an error', [500, 'down']],
    ['answers nonsense', [200, 'nonsense']],
    ['answers without keys', [200, '{}']],
  ] as const)('calls no token bad while the provider %s', async (_what, fault) => {
    const provider = await startProvider();
    const key = await provider.addKey('one');
    provider.fault = [...fault];
    const { open } = await startServer({ authJwksUrl: provider.url });
    const client = await open(await issue(key, 'one'));
    expect(client.received[0].data).toMatchObject({
      isAuthenticated: false,
      authError: { name: 'AuthTokenError', isBadToken: false },
    });
    await client.settled();
    expect(client.received.some(({ event }) => event === '#removeAuthToken')).toBe(false);
  });

  it('calls no token bad while the provider cannot be reached', async () => {
    const provider = await startProvider();
    const key = await provider.addKey('one');
    const { open } = await startServer({ authJwksUrl: 'http://127.0.0.1:1/jwks.json' });
    const client = await open(await issue(key, 'one'));
    expect(client.received[0].data.authError).toMatchObject({ isBadToken: false });
  });

  it('cannot sign: setAuthToken rejects and closes 4002', async () => {
    const provider = await startProvider();
    const { server, open } = await startServer({ authJwksUrl: provider.url });
    const client = await open();
    const [socket] = Object.values(server.clients);
    await expect(socket!.setAuthToken({})).rejects.toMatchObject({ name: 'InvalidActionError' });
    expect((await client.whenClosed()).code).toBe(4002);
    expect(() => new JwksAuthEngine(provider.url).signToken()).toThrow(/signed by their issuer/);
  });
});

const accepted = { isAuthenticated: true, authError: null };

describe('a provider that cannot be reached', () => {
  async function startWithKeys() {
    const passTime = stopClock();
    const provider = await startProvider();
    const key = await provider.addKey('one');
    const started = await startServer({ authJwksUrl: provider.url });
    const client = await started.open();
    const authenticate = async (kid = 'one') => {
      const { error, data } = await client.request('#authenticate', await issue(key, kid));
      return error ?? data;
    };
    return { ...started, provider, passTime, authenticate };
  }

  it('logs nobody out whose key is known, and is asked again every 5 s', async () => {
    const { provider, passTime, authenticate, warnings } = await startWithKeys();
    await authenticate();
    provider.fault = [503, 'down'];
    for (let minutes = 0; minutes < 60; minutes += 11) {
      passTime(660_000);
      for (let i = 0; i < 3; i++) expect(await authenticate()).toEqual(accepted);
    }
    await until('a warning per attempt', () => warnings.length === 6);
    expect(provider.fetches).toBe(7);
    expect(warnings[0]).toMatchObject({
      name: 'AuthTokenError',
      message:
        `The keys of ${provider.url} could not be fetched: it answered with the status 503 instead of 200; ` +
        'those known are used until newer ones can be had',
    });
    provider.fault = undefined;
    passTime(5_000);
    expect(await authenticate('two')).toMatchObject({ authError: { isBadToken: false } });
    expect(provider.fetches).toBe(8);
  });

  it('is not asked for each token of an unknown key', async () => {
    const { provider, passTime, authenticate } = await startWithKeys();
    await authenticate();
    provider.fault = [500, 'down'];
    for (let round = 1; round <= 3; round++) {
      passTime(5_000);
      for (let i = 0; i < 5; i++) {
        expect(await authenticate(`unknown ${i}`)).toMatchObject({
          authError: { name: 'AuthTokenInvalidError', isBadToken: false },
        });
      }
      expect(provider.fetches).toBe(1 + round);
    }
  });

  it('is not asked for each token while no key is known, and clients are not told who it is', async () => {
    const { provider, passTime, authenticate } = await startWithKeys();
    provider.fault = [500, 'down'];
    for (let i = 0; i < 3; i++) {
      expect(await authenticate()).toMatchObject({
        authError: {
          name: 'AuthTokenError',
          message: 'The keys of tokens cannot be had at present; the token may be good later',
          isBadToken: false,
        },
      });
    }
    expect(provider.fetches).toBe(1);
    provider.fault = undefined;
    passTime(5_000);
    expect(await authenticate()).toEqual(accepted);
  });

  it('may not answer with more than fits into memory', async () => {
    const { provider, authenticate, warnings } = await startWithKeys();
    provider.fault = [200, `{"keys":[],"padding":"${'x'.repeat(1_100_000)}"}`];
    await authenticate();
    await until('a warning', () => warnings.length > 0);
    expect(warnings[0]!.message).toContain('its answer is larger than 1048576 bytes');
  });
});

it('a crowd that waits for the keys costs one fetch', async () => {
  const provider = await startProvider();
  const key = await provider.addKey('one');
  const { server, connect } = await startServer({ authJwksUrl: provider.url });
  const token = await issue(key, 'one');
  const clients = Array.from({ length: 100 }, () => connect());
  await Promise.all(clients.map((client) => client.opened()));
  const answers = await Promise.all(clients.map((client) => client.handshake(token)));
  expect(answers.filter(({ data }) => !data.isAuthenticated)).toEqual([]);
  expect(provider.fetches).toBe(1);
  expect(server.clientsCount).toBe(100);
});

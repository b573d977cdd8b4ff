import { createServer } from 'node:http';
import { attach, listen } from '@asyngular/server';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { describe, expect, it } from 'vitest';
import { basicAuth, inspector } from '../src/index.js';

function serverForTest() {
  const server = attach(createServer(), { authKey: 'key' });
  onCleanup(() => server.close());
  return server;
}

const authorize = () => true;

describe('inspector()', () => {
  it('does not start before it is known who may look', () => {
    expect(() => inspector(serverForTest(), {} as never)).toThrow(
      /does not start before you say who may look: inspector\(server, \{ authorize: basicAuth/,
    );
  });

  it.each([
    [{ authorise: authorize }, /did you mean authorize/],
    [{ authorize: true }, /authorize option of the inspector is true; it must be a function/],
    [{ authorize, path: 'inspector' }, /must be a path .* that starts with '\/'/],
    [{ authorize, path: '/a/../b' }, /inspector/],
    [{ authorize, readOnly: 1 }, /readOnly option of the inspector is 1; it must be true or false/],
    [{ authorize, httpServer: {} }, /httpServer/],
  ])('refuses %o', (options, message) => {
    expect(() => inspector(serverForTest(), options as never)).toThrow(message);
  });

  it('has a path that ends with a slash', () => {
    expect(inspector(serverForTest(), { authorize }).path).toBe('/_asyngular/');
    expect(inspector(serverForTest(), { authorize, path: '/ops' }).path).toBe('/ops/');
  });

  it('is the only one of its server, until it is closed', () => {
    const server = serverForTest();
    const first = inspector(server, { authorize });
    expect(() => inspector(server, { authorize })).toThrow(/has an inspector already/);
    first.close();
    inspector(server, { authorize });
  });

  it('says what to do where the engine shares no HTTP server', async () => {
    const engine = {
      raw: {},
      port: 1,
      listen() {},
      prepare: () => ({ byteLength: 0 }),
      join() {},
      close() {},
    };
    const wsEngine = { createListeningEngine: () => engine };
    const server = listen(0, { authKey: 'key', wsEngine } as never);
    onCleanup(() => server.close());
    expect(() => inspector(server, { authorize })).toThrow(/give the inspector one of its own/);
    expect(inspector(server, { authorize, httpServer: createServer() }).path).toBe('/_asyngular/');
  });
});

describe('basicAuth()', () => {
  const check = basicAuth({ ann: 'correct horse battery', bob: 'another long password' });
  const ask = (authorization?: string) => check({ headers: { authorization } } as never);
  const encode = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

  it('lets those in who know their password', () => {
    expect(ask(encode('ann:correct horse battery'))).toEqual({ name: 'ann' });
    expect(ask(encode('bob:another long password'))).toEqual({ name: 'bob' });
  });

  it.each([
    undefined,
    'Bearer abc',
    'Basic',
    encode('ann:another long password'),
    encode('eve:correct horse battery'),
    encode(''),
    encode(':'),
    encode('__proto__:x'),
  ])('has the browser ask when it gets %s', (authorization) => {
    expect(ask(authorization)).toEqual({ challenge: expect.stringContaining('Basic realm=') });
  });

  it('refuses passwords that are guessed, or not set', () => {
    expect(() => basicAuth({ admin: undefined })).toThrow(
      /has no characters; basicAuth\(\) needs 12/,
    );
    expect(() => basicAuth({ admin: 'hunter2' })).toThrow(/has 7 characters/);
    expect(() => basicAuth({})).toThrow(/no user/);
    expect(() => basicAuth(undefined as never)).toThrow(/no user/);
    expect(() => basicAuth({ 'ann:x': 'correct horse battery' })).toThrow(/could never log in/);
  });
});

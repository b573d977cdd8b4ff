import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { describe, expect, it } from 'vitest';
import { exitCodes } from '../src/index.js';
import { judgeTime, span } from '../src/token/describe-token.js';
import { startServer } from './support/server.js';
import { FakeTerminal, lines } from './support/terminal.js';

function fileOf(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'asyngular-key-'));
  onCleanup(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'key');
  writeFileSync(file, text);
  return file;
}

async function signed(claims: string, ...args: string[]): Promise<string> {
  const terminal = new FakeTerminal();
  terminal.env = { ASYNGULAR_AUTH_KEY: 'a key of the tests' };
  expect(await terminal.run('token', claims, '-q', ...args)).toBe(exitCodes.done);
  expect(terminal.errors).toBe('');
  return terminal.output.trim();
}

describe('asyngular token', () => {
  it('-q prints a token that the server accepts, and nothing else', async () => {
    const { server, url } = await startServer();
    server.handle('who', (_data, { socket }) => socket.authToken);
    const token = await signed('{"name":"Ann"}', '--expires-in', '60');
    expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    const terminal = new FakeTerminal();
    expect(await terminal.run('call', 'who', '--token', token, '-u', url)).toBe(exitCodes.done);
    const { name, iat, exp } = JSON.parse(terminal.output);
    expect([name, exp - iat]).toEqual(['Ann', 60]);
  });

  it('reads keys from files, without the line break behind a secret', async () => {
    const secret = fileOf('a key of the tests\n');
    const terminal = new FakeTerminal();
    expect(await terminal.run('token', '{}', '-q', '--key-file', secret)).toBe(exitCodes.done);
    const check = new FakeTerminal();
    check.env = { ASYNGULAR_AUTH_KEY: 'a key of the tests' };
    expect(await check.run('check-token', terminal.output)).toBe(exitCodes.done);
  });

  it('signs with a private key, and the public one verifies it', async () => {
    const pair = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const terminal = new FakeTerminal();
    await terminal.run('token', '{"a":1}', '-q', '--key-file', fileOf(pair.privateKey));
    const token = terminal.output.trim();
    expect(await terminal.run('check-token', token, '--key-file', fileOf(pair.publicKey))).toBe(0);
    expect(terminal.output).toMatch(/"alg":"ES256"/);
  });

  it('warns of a key on the command line', async () => {
    const terminal = new FakeTerminal();
    expect(await terminal.run('token', '{}', '-q', '--key', 'secret')).toBe(exitCodes.done);
    expect(terminal.errors).toMatch(/^warning: a key on the command line .*--key-file/);
    expect(terminal.lines).toHaveLength(1);
  });

  it.each([
    ['no key', ['token', '{}'], {}, /no key to sign with.*--key-file/],
    ['claims that are no object', ['token', '7'], { ASYNGULAR_AUTH_KEY: 'k' }, /JSON object/],
    [
      'an algorithm that does not suit the key',
      ['token', '{}', '--algorithm', 'RS256'],
      { ASYNGULAR_AUTH_KEY: 'k' },
      /RS256/,
    ],
  ])('refuses %s', async (_what, args, env, message) => {
    const terminal = new FakeTerminal();
    terminal.env = env;
    expect(await terminal.run(...args)).toBe(exitCodes.usage);
    expect(terminal.errors).toMatch(message);
  });
});

describe('asyngular check-token', () => {
  const now = Math.floor(Date.now() / 1_000);

  it.each([
    [
      'a good one',
      '{"a":1}',
      'a key of the tests',
      exitCodes.done,
      /another 23 h 59 min|another 1 d/,
    ],
    ['one of another key', '{"a":1}', 'other', exitCodes.badToken, /not made by this key/],
    [
      'one that has expired',
      `{"exp":${now - 7_500}}`,
      undefined,
      exitCodes.badToken,
      /since 2 h 5 min/,
    ],
    [
      'one that is not valid yet',
      `{"nbf":${now + 200}}`,
      undefined,
      exitCodes.badToken,
      /not valid for another 3 min/,
    ],
  ])('says of %s what it is', async (_what, claims, key, code, text) => {
    const token = await signed(claims);
    const terminal = new FakeTerminal();
    terminal.env = { ASYNGULAR_TOKEN: token, ASYNGULAR_AUTH_KEY: key };
    expect(await terminal.run('check-token')).toBe(code);
    expect(terminal.output).toMatch(text);
  });

  it('takes a token of HS512, and one from standard input as JSON', async () => {
    const token = await signed('{"a":1}', '--algorithm', 'HS512');
    const terminal = new FakeTerminal();
    terminal.env = { ASYNGULAR_AUTH_KEY: 'a key of the tests' };
    terminal.input = lines(token);
    expect(await terminal.run('check-token', '-', '--json')).toBe(exitCodes.done);
    expect(JSON.parse(terminal.output)).toMatchObject({
      header: { alg: 'HS512' },
      payload: { a: 1 },
      signature: 'verified',
      isGood: true,
    });
  });

  it.each(['abc', 'a.b.c', `${Buffer.from('1').toString('base64url')}.e30.x`])(
    "says that '%s' is no token",
    async (token) => {
      const terminal = new FakeTerminal();
      expect(await terminal.run('check-token', token)).toBe(exitCodes.badToken);
      expect(terminal.errors).toMatch(/is no JSON Web Token/);
    },
  );
});

describe('the time of a token', () => {
  it.each([
    [{ exp: 100 }, 'expired since 5 min'],
    [{ exp: 400 }, 'expired since 0 s'],
    [{ exp: 401 }, 'valid for another 1 s'],
    [{}, 'never expires'],
    [{ nbf: 460 }, 'not valid for another 1 min'],
    [{ exp: 'soon' }, 'exp is "soon", and no number of seconds'],
  ])('of %j is told: %s', (payload, text) => {
    expect(judgeTime(payload, 400_000).text).toBe(text);
  });

  it('is written by its two largest units', () => {
    expect(span(90_061_000)).toBe('1 d 1 h');
    expect(span(999)).toBe('0 s');
  });
});

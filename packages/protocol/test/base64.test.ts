import { decodeBase64, decodeTokenPayload, encodeBase64 } from '@asyngular/protocol/internal';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';

afterEach(() => vi.unstubAllGlobals());

describe.each([
  ['with Buffer', false],
  ['without Buffer', true],
])('base64 %s', (_name, withoutBuffer) => {
  test('P8.3 is the standard alphabet with padding, and decodes again', () => {
    const reference = (bytes: Uint8Array) => globalThis.btoa(String.fromCharCode(...bytes));
    if (withoutBuffer) {
      vi.stubGlobal('Buffer', undefined);
    }
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = encodeBase64(bytes);
        expect(text).toBe(reference(bytes));
        expect(decodeBase64(text)).toEqual(bytes);
        expect(
          decodeBase64(text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')),
        ).toEqual(bytes);
      }),
    );
  });

  test('large data is encoded in pieces', () => {
    const bytes = new Uint8Array(100_000).fill(7);
    const expected = Buffer.from(bytes).toString('base64');
    if (withoutBuffer) {
      vi.stubGlobal('Buffer', undefined);
    }
    expect(encodeBase64(bytes)).toBe(expected);
  });

  test.each(['!', 'a', 'aaaaa', 'a=a', 'é'])('%j is refused', (text) => {
    if (withoutBuffer) {
      vi.stubGlobal('Buffer', undefined);
    }
    expect(decodeBase64(text)).toBeUndefined();
  });
});

describe('decodeTokenPayload', () => {
  const tokenOf = (payload: string) => `h.${Buffer.from(payload).toString('base64url')}.s`;

  test('P5.9 reads the claims of a signed token without verifying it', () => {
    expect(decodeTokenPayload(tokenOf('{"name":"Zoë","exp":5}'))).toEqual({ name: 'Zoë', exp: 5 });
  });

  test.each([
    undefined,
    null,
    5,
    '',
    'a',
    'a.b',
    'a.!.c',
    tokenOf('[1]'),
    tokenOf('5'),
    tokenOf('{'),
  ])('P5.9 %j has no claims', (token) => {
    expect(decodeTokenPayload(token)).toBeNull();
  });
});

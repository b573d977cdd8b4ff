import {
  decodeBase64,
  decodeBase64Text,
  decodeTokenPayload,
  encodeBase64,
  encodeBase64Text,
} from '@asyngular/protocol/internal';
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

describe('texts', () => {
  const reference = (text: string) => Buffer.from(text, 'utf8').toString('base64');

  test('F7: their bytes are UTF-8, where there is no TextEncoder and no TextDecoder', () => {
    vi.stubGlobal('TextEncoder', undefined);
    vi.stubGlobal('TextDecoder', undefined);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(encodeBase64Text(text)).toBe(reference(text));
        expect(decodeBase64Text(reference(text))).toBe(text);
      }),
    );
    expect(decodeBase64Text(encodeBase64Text('100 %25 grüß 😀'))).toBe('100 %25 grüß 😀');
    expect(encodeBase64Text('a\ud800b')).toBe(reference('a\ufffdb'));
  });

  test.each(['!', 'a', '/w==', '7aCA', 'wIA='])('%j is none', (text) => {
    expect(decodeBase64Text(text)).toBeUndefined();
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

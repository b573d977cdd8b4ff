import { createJsonCodec, jsonCodec, ResourceLimitError } from '@asyngular/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

/** What holds for the client's codec and the server's. */
const codecs = [
  ['jsonCodec', jsonCodec],
  ['createJsonCodec()', createJsonCodec()],
] as const;
const hi = { base64: true, data: 'aGk=' };
const hiBytes = [104, 105];

describe.each(codecs)('encode of %s', (_name, codec) => {
  const encode = (value: unknown) => codec.encode(value);

  test('P8.1 equals JSON.stringify on ordinary data', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(encode(value)).toBe(JSON.stringify(value));
      }),
    );
  });

  test.each([
    ['ArrayBuffer', Uint8Array.from(hiBytes).buffer],
    ['Uint8Array', Uint8Array.from(hiBytes)],
    ['DataView', new DataView(Uint8Array.from(hiBytes).buffer)],
    ['Buffer', Buffer.from(hiBytes)],
    ['a view of a part', Uint8Array.from([0, 104, 105, 0]).subarray(1, 3)],
    ['an object shaped like a Buffer', { type: 'Buffer', data: hiBytes }],
    ['an object whose toJSON is a Buffer', { toJSON: () => ({ type: 'Buffer', data: hiBytes }) }],
  ])('P8.3 %s becomes a placeholder wherever it stands', (_kind, value) => {
    const expected = { event: 'a', data: hi };
    expect(JSON.parse(String(encode({ event: 'a', data: value })))).toEqual(expected);
    expect(JSON.parse(String(encode([[{ a: [value, 1, { b: value }] }]])))).toEqual([
      [{ a: [hi, 1, { b: hi }] }],
    ]);
    expect(JSON.parse(String(encode(value)))).toEqual(hi);
  });

  test('P8.3 typed arrays of wider elements travel as their bytes', () => {
    expect(JSON.parse(String(encode([Uint16Array.of(0x6968)])))).toEqual([hi]);
  });

  test('P8.3 an object called Buffer that holds no bytes stays as it is', () => {
    const user = { type: 'Buffer', data: ['a'] };
    expect(encode(user)).toBe(JSON.stringify(user));
  });

  test('binary beside a member named __proto__ keeps that member', () => {
    const value = JSON.parse('{"__proto__":{"a":1}}');
    value.bytes = Uint8Array.from(hiBytes);
    expect(encode(value)).toBe('{"__proto__":{"a":1},"bytes":{"base64":true,"data":"aGk="}}');
  });

  test('data nested deeper than the walk looks is still searched', () => {
    let value: unknown = Uint8Array.from(hiBytes);
    for (let level = 0; level < 100; level++) {
      value = [value];
    }
    expect(encode(value)).toContain('"base64":true');
  });

  test('P8.7 what has no JSON throws', () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    cycle.again = [cycle, cycle, cycle];
    expect(() => encode(cycle)).toThrow(TypeError);
    expect(() => encode({ data: 1n })).toThrow(TypeError);
  });

  test('a toJSON of plain objects is honoured', () => {
    expect(encode({ at: new Date(0), custom: { toJSON: () => 'x' } })).toBe(
      '{"at":"1970-01-01T00:00:00.000Z","custom":"x"}',
    );
  });
});

describe.each(codecs)('decode of %s', (_name, codec) => {
  test('P8.4 text that is no JSON object or array is returned as it is', () => {
    for (const text of [
      '',
      ' ',
      'hello',
      '5',
      'null',
      '"s"',
      '#1',
      '{"a":',
      '[1',
      '{}x',
      '\ufeff{}',
    ]) {
      expect(codec.decode(text)).toBe(text);
    }
  });

  test('P8.4 leading white space is allowed', () => {
    expect(codec.decode(' \n\r\t{"a":1}')).toEqual({ a: 1 });
  });

  test('P8.4 never throws on any text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('', '{', '[', '{"'),
        (text, start) => {
          codec.decode(start + text);
        },
      ),
    );
  });

  test('P8.4 null and undefined decode to null', () => {
    expect(codec.decode(undefined as never)).toBeNull();
    expect(codec.decode(null as never)).toBeNull();
  });

  test('P8.6 other binary messages are returned as they are', () => {
    for (const bytes of [
      [],
      [1, 2],
      [0x7b, 0xff, 0x7d],
      [0x7b, 0x61],
      [0xef, 0xbb, 0xbf, 0x7b, 0x7d],
    ]) {
      const message = Uint8Array.from(bytes);
      expect(codec.decode(message)).toBe(message);
    }
  });

  test('round trip of any JSON object or array', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue())),
        (value) => {
          const copy: unknown = JSON.parse(JSON.stringify(value));
          expect(codec.decode(codec.encode(value))).toEqual(copy);
        },
      ),
    );
  });
});

describe('createJsonCodec', () => {
  const { encode, decode } = createJsonCodec();

  test('P8.2 heartbeats of version 1 pass unchanged', () => {
    expect(encode('#1')).toBe('#1');
    expect(encode('#2')).toBe('#2');
    expect(encode('#3')).toBe('"#3"');
  });

  test('P8.7 a value without JSON throws', () => {
    expect(() => encode(undefined)).toThrow('no JSON form');
    expect(() => encode({ toJSON: () => undefined })).toThrow('no JSON form');
  });

  test('P8.6 binary messages that hold JSON are parsed', () => {
    const bytes = new TextEncoder().encode('{"event":"é"}');
    for (const message of [bytes, bytes.slice().buffer, Buffer.from(bytes)]) {
      expect(decode(message)).toEqual({ event: 'é' });
    }
  });

  test('P8.5 placeholders stay objects unless decodeBinary is set', () => {
    const message = jsonCodec.encode({
      data: [Uint8Array.from(hiBytes)],
      odd: { base64: true, data: '!' },
    });
    expect(jsonCodec.decode(message)).toEqual({ data: [hi], odd: { base64: true, data: '!' } });
    const restored = createJsonCodec({ decodeBinary: true }).decode(message);
    expect(restored).toEqual({
      data: [Uint8Array.from(hiBytes)],
      odd: { base64: true, data: '!' },
    });
  });

  test('P8.5 decodeBinary gives back any bytes', () => {
    const codec = createJsonCodec({ decodeBinary: true });
    fc.assert(
      fc.property(fc.uint8Array(), (data) => {
        expect(codec.decode(codec.encode({ event: 'a', data }))).toEqual({ event: 'a', data });
      }),
    );
  });
});

describe('depth limit', () => {
  const { decode } = createJsonCodec();
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

  test('P10.4 nesting beyond maxDepth throws', () => {
    expect(decode(nested(1000))).toBeInstanceOf(Array);
    expect(() => decode(nested(1001))).toThrow(ResourceLimitError);
  });

  test('P10.4 a very deep message is refused without being parsed', () => {
    expect(() => decode('{"a":'.repeat(200_000))).toThrow(ResourceLimitError);
  });

  test('P10.4 brackets inside strings and siblings do not count', () => {
    const codec = createJsonCodec({ maxDepth: 3 });
    const value = [{ a: '[[[[[{{{{{\\"[[[[[\\', b: ['[', '{'] }, {}, {}, [], [], {}];
    expect(codec.decode(JSON.stringify(value))).toEqual(value);
    expect(() => codec.decode(JSON.stringify([{ a: [[]] }]))).toThrow(ResourceLimitError);
  });

  test('P10.4 the limit agrees with the real depth of any JSON', () => {
    const depthOf = (value: unknown): number =>
      typeof value === 'object' && value !== null
        ? 1 + Math.max(0, ...Object.values(value).map(depthOf))
        : 0;
    const codec = createJsonCodec({ maxDepth: 3 });
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ maxDepth: 5, stringUnit: 'binary' })), (value) => {
        const decode = () => codec.decode(JSON.stringify(value));
        if (depthOf(value) > 3) {
          expect(decode).toThrow(ResourceLimitError);
        } else {
          expect(decode()).toEqual(JSON.parse(JSON.stringify(value)));
        }
      }),
    );
  });
});

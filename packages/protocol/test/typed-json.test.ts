import { createJsonCodec, ResourceLimitError } from '@asyngular/protocol';
import { createTypedJsonCodec, typedJsonCodec } from '@asyngular/protocol/internal';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { typedValue } from './support/typed-values.js';

/** The client's codec and the server's. */
const codecs = [
  ['typedJsonCodec', typedJsonCodec],
  ['createTypedJsonCodec()', createTypedJsonCodec()],
] as const;

/** What arrives in place of the value. */
function copyOf(codec: (typeof codecs)[number][1], value: unknown): unknown {
  const packet = codec.decode(codec.encode({ event: 'a', data: { value } })) as {
    data: { value: unknown };
  };
  return packet.data.value;
}

describe.each(codecs)('%s', (_name, codec) => {
  test.each<[kind: string, value: unknown, wire: string]>([
    ['a date', new Date(1_764_350_000_000), '["$date",1764350000000]'],
    ['an invalid date', new Date(Number.NaN), '["$date",["$number","NaN"]]'],
    ['bytes', Uint8Array.of(104, 105), '["$bytes","aGk="]'],
    ['no bytes', new Uint8Array(0), '["$bytes",""]'],
    ['a buffer', Uint8Array.of(104, 105).buffer, '["$buffer","aGk="]'],
    ['a map', new Map<unknown, unknown>([['a', 1]]), '["$map",[["a",1]]]'],
    ['a set', new Set([1, 'a']), '["$set",[1,"a"]]'],
    ['an empty map', new Map(), '["$map",[]]'],
    ['a big integer', -(2n ** 70n), '["$bigint","-1180591620717411303424"]'],
    ['no number', Number.NaN, '["$number","NaN"]'],
    ['infinity', Number.NEGATIVE_INFINITY, '["$number","-Infinity"]'],
    ['negative zero', -0, '["$number","-0"]'],
    ['undefined in an array', [undefined, 1], '[["$undefined"],1]'],
    ['undefined in a map', new Map([['a', undefined]]), '["$map",[["a",["$undefined"]]]]'],
    ['an array that looks like a tag', ['$date', 0], '["$$date",0]'],
    ['an array that looks like an escaped one', ['$$date', 0], '["$$$date",0]'],
    ['a set that looks like a tag', new Set(['$date', 0]), '["$set",["$$date",0]]'],
    [
      'a map with a key that looks like a tag',
      new Map([['$bytes', '']]),
      '["$map",[["$$bytes",""]]]',
    ],
    ['an object with the name of a tag', { $date: 0 }, '{"$date":0}'],
    [
      'an object shaped like a Buffer',
      { type: 'Buffer', data: [1] },
      '{"type":"Buffer","data":[1]}',
    ],
  ])('P17.2 %s survives', (_kind, value, wire) => {
    expect(codec.encode({ event: 'a', data: { value } })).toBe(
      `{"event":"a","data":{"value":${wire}}}`,
    );
    expect(copyOf(codec, value)).toStrictEqual(value);
  });

  test('P17.2 a Buffer and other views arrive as their bytes', () => {
    expect(copyOf(codec, Buffer.from('hi'))).toStrictEqual(Uint8Array.of(104, 105));
    expect(copyOf(codec, Uint16Array.of(0x6968))).toStrictEqual(Uint8Array.of(104, 105));
    expect(copyOf(codec, Uint8Array.of(0, 104, 105).subarray(1))).toStrictEqual(
      Uint8Array.of(104, 105),
    );
  });

  test('P17.2 what a toJSON gives is tagged, and gaps of an array are undefined', () => {
    expect(copyOf(codec, { toJSON: () => 5n })).toBe(5n);
    // biome-ignore lint/suspicious/noSparseArray: the gap is the case.
    expect(copyOf(codec, [, 1])).toStrictEqual([undefined, 1]);
  });

  test('P17.2 P17.3 any value survives', () => {
    fc.assert(
      fc.property(typedValue, (value) => {
        expect(copyOf(codec, value)).toStrictEqual(value);
      }),
    );
  });

  test('P17.3 what nobody writes stays as it came, and nothing throws', () => {
    for (const tag of [
      '["$date","2026"]',
      '["$date",{}]',
      '["$date",0,0]',
      '["$date"]',
      '["$bytes","%"]',
      '["$bytes",5]',
      '["$buffer","%"]',
      '["$map",[1]]',
      '["$map",{}]',
      '["$map",null]',
      '["$set",null]',
      '["$map",[null]]',
      '["$map","ab"]',
      '["$set",5]',
      '["$set",{"length":1}]',
      '["$bigint","1.5"]',
      '["$bigint",1]',
      '["$number",1]',
      '["$undefined",1]',
      '["$unknown",1]',
      '["$",1]',
      '["$constructor",1]',
      '["$__proto__",1]',
    ]) {
      expect(codec.decode(`[${tag}]`)).toStrictEqual([JSON.parse(tag)]);
    }
  });

  test('P17.3 nothing that is read gets a prototype from its sender', () => {
    const packet = codec.decode(
      '{"__proto__":["$map",[["a",1]]],"data":{"__proto__":["$date",0],"constructor":["$date",0]}}',
    ) as { data: object };
    expect(Object.getPrototypeOf(packet)).toBe(Object.prototype);
    expect(Object.getPrototypeOf(packet.data)).toBe(Object.prototype);
    expect(Object.hasOwn(packet.data, '__proto__')).toBe(true);
    expect(packet.data.constructor).toStrictEqual(new Date(0));
  });

  test('P17.3 any text that begins like a tag is decoded without an exception', () => {
    const kind = fc.constantFrom(
      'date',
      'map',
      'set',
      'bytes',
      'buffer',
      'bigint',
      'number',
      '$',
      '',
    );
    fc.assert(
      fc.property(kind, fc.json(), fc.json(), (name, content, more) => {
        const text = `[["$${name}",${content}],["$${name}",["$map",[[${content},${more}]]]]]`;
        expect(Array.isArray(codec.decode(text))).toBe(true);
      }),
    );
  });

  test('ordinary data is encoded as JSON.stringify does it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: fc.constantFrom('a', '"', '\\') }), (value) => {
        const packet = JSON.parse(JSON.stringify({ event: 'a', data: value })) as object;
        expect(codec.encode(packet)).toBe(JSON.stringify(packet));
      }),
    );
  });
});

describe('of strangers', () => {
  const codec = createTypedJsonCodec({ maxDepth: 10 });
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

  test('P17.4 a nesting of tags counts as any other', () => {
    let value: unknown = 1;
    for (let level = 0; level < 4; level++) value = new Set([value]);
    expect(copyOf(codec, value)).toStrictEqual(value);
    const message = codec.encode({ event: 'a', data: new Set([value]) });
    expect(() => codec.decode(message)).toThrow(ResourceLimitError);
  });

  test('P17.4 a set or map with more numbers than it takes time to hash them is refused', () => {
    const set = new Set(numbers(1_000));
    expect(copyOf(codec, set)).toStrictEqual(set);
    for (const value of [
      new Set(numbers(1_001)),
      new Map(numbers(1_001).map((key) => [key, 1])),
      new Set(numbers(101).map(BigInt)),
    ]) {
      const message = codec.encode({ event: 'a', data: value });
      expect(() => codec.decode(message)).toThrow('numbers as keys');
      expect(createTypedJsonCodec({ isBounded: false }).decode(message)).toStrictEqual({
        event: 'a',
        data: value,
      });
    }
    // Nobody writes entries like these, and yet a map can be made of them.
    const entries = JSON.stringify(numbers(1_001).map((key) => ({ 0: key, 1: 1 })));
    expect(() => codec.decode(`[["$map",${entries}]]`)).toThrow('numbers as keys');
    const many = (count: number, size: number) =>
      codec.encode(Array.from({ length: count }, () => new Set(numbers(size))));
    expect(() => codec.decode(many(11, 1_000))).toThrow('too many maps and sets');
    expect(() => codec.decode(many(70, 400))).toThrow('too many maps and sets');
    // As often as one likes: each message counts by itself.
    for (const message of [many(10, 1_000), many(10, 1_000), many(500, 100)]) {
      expect(() => codec.decode(message)).not.toThrow();
    }
    const texts = new Set(numbers(5_000).map(String));
    expect(copyOf(codec, texts)).toStrictEqual(texts);
  });

  test('P17.4 a big integer too long to be read is refused', () => {
    expect(copyOf(codec, 10n ** 9_999n)).toBe(10n ** 9_999n);
    const message = codec.encode({ event: 'a', data: 10n ** 10_000n });
    expect(() => codec.decode(message)).toThrow('an integer of 10001 digits');
  });
});

test('P17.5 plain JSON of the server is the same text unless something would get a tag', () => {
  const [plain, typed] = [createJsonCodec(), createTypedJsonCodec()];
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const packet: unknown = JSON.parse(JSON.stringify({ event: 'a', data: { value } }));
      fc.pre(!JSON.stringify(packet).includes('["$') && !Object.is(value, -0));
      expect(typed.encode(packet)).toBe(plain.encode(packet));
    }),
  );
});

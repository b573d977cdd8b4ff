import { msgpackCodec } from '@asyngular/codec-msgpack';
import { InvalidOptionsError, ResourceLimitError } from '@asyngular/protocol';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { typedValue } from '../../protocol/test/support/typed-values.js';

const codec = msgpackCodec();

function copyOf(value: unknown): unknown {
  const message = codec.encode({ event: 'a', data: { value } });
  return (codec.decode(message) as { data: { value: unknown } }).data.value;
}

describe('P17.8 what survives', () => {
  test('any value', () => {
    fc.assert(
      fc.property(typedValue, (value) => {
        // A member of that name arrives under another one, as the README says.
        fc.pre(!Buffer.from(codec.encode({ value }) as Uint8Array).includes('__proto__'));
        expect(copyOf(value)).toStrictEqual(value);
      }),
      { numRuns: 500 },
    );
  });

  test.each<[kind: string, value: unknown]>([
    ['a date before 1970', new Date(-1)],
    ['a date long before 1970', new Date(-62_135_596_800_123)],
    ['the last date', new Date(8_640_000_000_000_000)],
    ['the largest integer of 64 bits', 2n ** 63n - 1n],
    ['a larger one', 2n ** 63n],
    ['the smallest integer of 64 bits', -(2n ** 63n)],
    ['a small big integer', 1n],
    ['a large number', Number.MAX_SAFE_INTEGER],
    ['negative zero', [-0, 0]],
    ['an array that looks like a tag', [['$date', 0], ['$$x'], ['$']]],
    ['a map with such keys', new Map([['$map', new Set(['$', ['$set']])]])],
    ['a large text', 'ä'.repeat(100_000)],
    [
      'an object with many members',
      Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [i, i])),
    ],
    ['a member called constructor', { constructor: 'x', hasOwnProperty: 1 }],
  ])('%s', (_kind, value) => {
    expect(copyOf(value)).toStrictEqual(value);
  });

  test('bytes have memory of their own', () => {
    const message = codec.encode({ event: 'a', data: new Uint8Array(10) }) as Uint8Array;
    const { data } = codec.decode(message) as { data: Uint8Array };
    message.fill(1);
    expect(data).toStrictEqual(new Uint8Array(10));
    expect(data.buffer.byteLength).toBe(10);
  });

  test('bytes are not looked through for tags', () => {
    const bytes = Uint8Array.from({ length: 16 }, (_, index) => index);
    const message = codec.encode({ event: 'a', data: [bytes, bytes.buffer] });
    using keys = vi.spyOn(Object, 'keys');
    const { data } = codec.decode(message) as { data: unknown };
    const looked = keys.mock.calls.map(([value]) => ArrayBuffer.isView(value));
    expect(looked).not.toContain(true);
    expect(looked).toContain(false);
    expect(data).toStrictEqual([bytes, bytes.buffer]);
  });

  test('what JSON leaves out is left out, and what toJSON gives is sent', () => {
    const value = {
      a: undefined,
      b: () => 1,
      c: Symbol('c'),
      d: { toJSON: (key: string) => `the ${key}` },
      e: [() => 1, undefined],
      f: new (class Point {
        x = 1;
      })(),
      g: Object('text'),
      h: Object.create(null, { own: { value: 1, enumerable: true } }),
    };
    expect(copyOf(value)).toStrictEqual({
      d: 'the d',
      e: [null, undefined],
      f: { x: 1 },
      g: 'text',
      h: { own: 1 },
    });
    expect(copyOf(Uint16Array.of(0x6968))).toStrictEqual(Uint8Array.of(104, 105));
    expect(copyOf(Buffer.from('hi'))).toStrictEqual(Uint8Array.of(104, 105));
  });

  test('a value that contains itself is refused', () => {
    const list: unknown[] = [];
    list.push(list);
    expect(() => codec.encode({ event: 'a', data: list })).toThrow('contains itself');
    const map = new Map();
    map.set('a', map);
    expect(() => codec.encode({ event: 'a', data: map })).toThrow('contains itself');
    expect(copyOf(1)).toBe(1);
  });

  test('messages are kept apart', () => {
    const values = Array.from({ length: 2_000 }, (_, index) => ({
      index,
      text: 'x'.repeat(index % 300),
    }));
    const messages = values.map((value) => codec.encode(value));
    expect(messages.map((message) => codec.decode(message))).toEqual(values);
  });
});

describe('of strangers', () => {
  const isReturned = (bytes: readonly number[]) => {
    const message = Uint8Array.from(bytes);
    return codec.decode(message) === message;
  };

  test('text is a raw message', () => {
    expect(codec.decode('{"event":"a"}')).toBe('{"event":"a"}');
  });

  test('a buffer is read as its bytes are', () => {
    const bytes = codec.encode({ event: 'a' }) as Uint8Array;
    expect(codec.decode(Uint8Array.from(bytes).buffer)).toEqual({ event: 'a' });
    expect(codec.decode(Buffer.from(bytes))).toEqual({ event: 'a' });
  });

  test.each<[kind: string, bytes: number[]]>([
    ['nothing', []],
    ['the type that is never used', [0xc1]],
    ['an array that is too short', [0x92, 1]],
    ['an array of four thousand million elements', [0xdd, 0xff, 0xff, 0xff, 0xff]],
    ['a map of as many', [0xdf, 0xff, 0xff, 0xff, 0xff]],
    ['half of a length', [0xdc, 0]],
    ['text that is too short', [0xa2, 0x61]],
    ['text of four gigabytes', [0xdb, 0xff, 0xff, 0xff, 0xff]],
    ['bytes of four gigabytes', [0xc6, 0xff, 0xff, 0xff, 0xff]],
    ['half of a number', [0xcb, 0, 0]],
    ['something behind its end', [0x90, 0x90]],
    ['a key that is a number', [0x81, 1, 1]],
    ['a key that is an array', [0x81, 0x90, 1]],
    ['a record of msgpackr', [0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 1]],
    ['an expression to be compiled', [0xc7, 2, 0x78, 0x91, 0xa1]],
    ['an error', [0xd4, 0x65, 0]],
    ['an unknown extension', [0xd5, 5, 0, 0]],
    ['a time of another length', [0xc7, 3, 0xff, 0, 0, 0]],
  ])('P17.8 %s is a raw message', (_kind, bytes) => {
    expect(isReturned(bytes)).toBe(true);
    expect(isReturned([0x81, 0xa1, 0x61, ...bytes])).toBe(true);
  });

  test('P17.4 P10.4 depth is limited', () => {
    const nested = (levels: number) => Uint8Array.from([...Array(levels - 1).fill(0x91), 0x90]);
    expect(msgpackCodec({ maxDepth: 10 }).decode(nested(10))).toBeInstanceOf(Array);
    expect(() => msgpackCodec({ maxDepth: 10 }).decode(nested(11))).toThrow(ResourceLimitError);
    expect(() => codec.decode(nested(100_000))).toThrow(ResourceLimitError);
  });

  test('P17.4 numbers as keys are limited, unless a client trusts its server', () => {
    const set = new Set(Array.from({ length: 1_001 }, (_, index) => index));
    const message = codec.encode({ event: 'a', data: set });
    expect(() => codec.decode(message)).toThrow('numbers as keys');
    const trusting = msgpackCodec({ maxNumericKeys: Number.POSITIVE_INFINITY });
    expect(trusting.decode(message)).toStrictEqual({ event: 'a', data: set });
    expect(() => codec.decode(codec.encode([10n ** 10_000n]))).toThrow('digits');
  });

  test.each<[kind: string, content: unknown]>([
    ['an object with a length', { length: 1_000 }],
    ['a list of numbers', [1, 2]],
    ['text', 'ab'],
    ['nothing', null],
  ])(
    'P17.3 %s is no content of a buffer, so that nobody reserves memory by naming a length',
    (_kind, content) => {
      // The array below gets an escape, which is taken off the message: then it is a tag that no writer makes.
      const escaped = Buffer.from(
        codec.encode({ event: 'a', data: ['$buffer', content] }) as Uint8Array,
      );
      const at = escaped.indexOf('$$buffer');
      const message = Buffer.concat([escaped.subarray(0, at), escaped.subarray(at + 1)]);
      message[at - 1]! -= 1;
      expect(codec.decode(message)).toStrictEqual({ event: 'a', data: ['$buffer', content] });
    },
  );

  test('nothing that is read gets a prototype from its sender', () => {
    const message = codec.encode({ event: 'a', data: JSON.parse('{"__proto__":{"polluted":1}}') });
    const { data } = codec.decode(message) as { data: { polluted?: number } };
    expect(data.polluted).toBeUndefined();
    expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  test('any bytes, and any message with some bytes changed, are decoded without an exception', () => {
    const change = fc.tuple(fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(
        typedValue,
        fc.array(change, { maxLength: 4 }),
        fc.uint8Array(),
        (value, changes, bytes) => {
          codec.decode(bytes);
          const message = Uint8Array.from(codec.encode({ event: 'a', data: value }) as Uint8Array);
          for (const [at, byte] of changes) message[at % message.length] = byte;
          codec.decode(message);
          codec.decode(message.subarray(0, changes.length * 3));
          expect(copyOf('still works')).toBe('still works');
        },
      ),
      { numRuns: Number(process.env.FUZZ_CASES ?? 2_000) },
    );
  });
});

test('limits that cannot work are refused', () => {
  expect(() => msgpackCodec({ maxDepth: 0 })).toThrow(InvalidOptionsError);
  expect(() => msgpackCodec({ maxNumericKeys: Number.NaN })).toThrow(
    'maxNumericKeys of msgpackCodec() is NaN',
  );
});

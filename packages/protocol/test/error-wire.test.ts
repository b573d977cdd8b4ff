import {
  AuthTokenExpiredError,
  BadConnectionError,
  dehydrateError,
  hydrateError,
  jsonCodec,
  SocketProtocolError,
  TimeoutError,
} from '@asyngular/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const travel = (error: unknown) => hydrateError(JSON.parse(JSON.stringify(dehydrateError(error))));

describe('dehydrateError', () => {
  test('P10.6 sends message, name (also inherited) and own members, never the stack', () => {
    expect(dehydrateError(new TypeError('t'))).toEqual({ message: 't', name: 'TypeError' });
    const error = Object.assign(new Error('m'), { foo: { a: 1 }, code: 'E_X' });
    expect(dehydrateError(error)).toEqual({
      message: 'm',
      name: 'Error',
      foo: { a: 1 },
      code: 'E_X',
    });
    class PaymentError extends Error {
      override name = 'PaymentError';
    }
    expect(dehydrateError(new PaymentError('p'))).toEqual({ message: 'p', name: 'PaymentError' });
  });

  test('P10.6 an enumerable stack does not travel either, nor that of an error within', () => {
    const inner = new RangeError('inner');
    Object.defineProperty(inner, 'stack', { enumerable: true, value: 'secret' });
    const outer = { message: 'outer', stack: 'secret', inner };
    expect(dehydrateError(outer)).toEqual({
      message: 'outer',
      inner: { message: 'inner', name: 'RangeError' },
    });
  });

  test('P10.6 codes travel', () => {
    expect(dehydrateError(new TimeoutError('t'))).toEqual({
      message: 't',
      name: 'TimeoutError',
      code: 'ERR_TIMEOUT',
    });
    expect(dehydrateError(new SocketProtocolError('s', 4001))).toEqual({
      message: 's',
      name: 'SocketProtocolError',
      code: 4001,
    });
  });

  test('P10.7 primitives travel as they are, what has no JSON as text', () => {
    expect(['x', 0, false, null, undefined].map((value) => dehydrateError(value))).toEqual([
      'x',
      0,
      false,
      null,
      undefined,
    ]);
    expect(dehydrateError(Number.NaN)).toBe('NaN');
    expect(dehydrateError(5n)).toBe('5');
    expect(dehydrateError(Symbol('s'))).toBe('Symbol(s)');
    expect(dehydrateError(function named() {})).toBe('[function named]');
  });

  test('P10.8 objects seen before become references', () => {
    const shared = { a: 1 };
    const error: Record<string, unknown> = { message: 'm', one: shared, two: [shared] };
    error.self = error;
    expect(dehydrateError(error)).toEqual({
      message: 'm',
      one: { a: 1 },
      two: [{ $ref: '$["one"]' }],
      self: { $ref: '$' },
    });
  });

  test('P10.8 the time grows with the number of objects only', () => {
    let layer: unknown = {};
    for (let level = 0; level < 50; level++) {
      layer = { left: layer, right: layer };
    }
    expect(JSON.stringify(dehydrateError({ message: 'm', layer })).length).toBeLessThan(100_000);
  });

  test('a member named __proto__ travels as any other', () => {
    const error = JSON.parse('{"message":"m","__proto__":{"a":1},"list":[1,[2]]}');
    const json = '{"message":"m","__proto__":{"a":1},"list":[1,[2]]}';
    expect(JSON.stringify(dehydrateError(error))).toBe(json);
  });

  test('depth is bounded', () => {
    let deep: unknown = 'bottom';
    for (let level = 0; level < 100_000; level++) {
      deep = { deep };
    }
    expect(JSON.stringify(dehydrateError({ deep }))).toContain('[unreadable]');
  });

  test('members that throw, and members without JSON, break nothing', () => {
    const error = {
      message: 'm',
      get bad() {
        throw new Error('getter');
      },
      big: 1n,
      boxed: Object(2n),
      call: () => 1,
      json: {
        toJSON() {
          throw new Error('toJSON');
        },
      },
      date: new Date(0),
      bytes: Uint8Array.of(104, 105),
    };
    expect(JSON.parse(String(jsonCodec.encode(dehydrateError(error))))).toMatchObject({
      message: 'm',
      big: '1',
      date: '1970-01-01T00:00:00.000Z',
      bytes: { base64: true, data: 'aGk=' },
    });
  });

  test('P10.7 anything at all can be encoded', () => {
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withBoxedValues: true,
          withDate: true,
          withMap: true,
          withNullPrototype: true,
          withSet: true,
          withTypedArray: true,
          withSparseArray: true,
          withObjectString: true,
        }),
        (value) => {
          const error = Object.assign(new Error('m'), { value });
          expect(typeof jsonCodec.encode({ a: dehydrateError(value) })).toBe('string');
          expect(typeof jsonCodec.encode({ a: dehydrateError(error) })).toBe('string');
          const hostile = new Proxy(
            {},
            {
              ownKeys: () => {
                throw value;
              },
              get: () => {
                throw value;
              },
            },
          );
          expect(typeof jsonCodec.encode({ a: dehydrateError({ hostile }) })).toBe('string');
          expect(typeof jsonCodec.encode({ a: dehydrateError(hostile) })).toBe('string');
        },
      ),
    );
  });
});

describe('hydrateError', () => {
  test('P10.9 gives a plain Error with name, message and members', () => {
    const error = travel(Object.assign(new TimeoutError('late'), { silent: true }));
    expect(Object.getPrototypeOf(error)).toBe(Error.prototype);
    expect(error).toMatchObject({
      name: 'TimeoutError',
      message: 'late',
      code: 'ERR_TIMEOUT',
      silent: true,
    });
    expect((error as Error).stack).toContain('error-wire.test');
  });

  test('P10.9 no error is null, primitives stay', () => {
    expect(hydrateError(undefined)).toBeNull();
    expect(hydrateError(null)).toBeNull();
    expect([0, '', false, 'no'].map(hydrateError)).toEqual([0, '', false, 'no']);
  });

  test('P10.9 without a message in text there is a substitute', () => {
    expect(hydrateError({ message: 5, name: 7 })).toMatchObject({
      name: 'Error',
      message: 'Invalid error message format',
    });
  });

  test('P10.9 members of every Error are not overwritten', () => {
    const wire = JSON.parse(
      '{"message":"m","stack":"forged","toString":1,"__proto__":{"bad":1},"constructor":2,"ok":3}',
    );
    const error = hydrateError(wire) as Error & { ok: number };
    expect(error.stack).not.toBe('forged');
    expect(String(error)).toBe('Error: m');
    expect(error.constructor).toBe(Error);
    expect(error.ok).toBe(3);
    expect('bad' in error).toBe(false);
  });

  test('P10.9 never throws on JSON', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void hydrateError(value)));
  });
});

test('P5.8 an expired token tells its end as a date and in milliseconds', () => {
  const error = travel(new AuthTokenExpiredError('jwt expired', new Date(5000)));
  expect(error).toMatchObject({ expiry: '1970-01-01T00:00:05.000Z', expiryMs: 5000 });
});

test('P9.7 a bad connection tells type, code and reason', () => {
  expect(travel(new BadConnectionError('m', 'disconnect'))).toMatchObject({
    type: 'disconnect',
    code: 1001,
    reason: 'Socket was disconnected',
  });
  const reason = { why: 'maintenance' };
  expect(travel(new BadConnectionError('m', 'disconnect', 4100, reason))).toMatchObject({
    code: 4100,
    reason,
  });
});

import { InvalidArgumentsError, InvalidOptionsError } from '@asyngular/errors';
import * as checks from '@asyngular/errors/options';
import {
  anyOf,
  anything,
  checkOptions,
  count,
  flag,
  func,
  listOf,
  milliseconds,
  number,
  type OptionCheck,
  object,
  oneOf,
  text,
  withMethods,
} from '@asyngular/errors/options';
import { describe, expect, test } from 'vitest';

interface Options {
  ackTimeout?: number | null;
  autoReconnect?: boolean;
  path?: string;
  codecEngine?: { encode(): void; decode(): void };
}

const table = {
  ackTimeout: milliseconds(),
  autoReconnect: flag(),
  path: text({ minLength: 1 }),
  codecEngine: withMethods('encode', 'decode'),
};
const check = (given: unknown) => checkOptions<Options>(table, given, 'the client');

describe('checkOptions', () => {
  test('returns what was given, for spreading over defaults', () => {
    const given = { ackTimeout: 5, path: '/a/' };
    expect(check(given)).toEqual(given);
    expect(check(given)).not.toBe(given);
    expect({ ackTimeout: 10, autoReconnect: true, ...check(given) }).toEqual({
      ackTimeout: 5,
      autoReconnect: true,
      path: '/a/',
    });
  });

  test('undefined and null mean the default, one by one and altogether', () => {
    expect(check({ ackTimeout: null, path: undefined })).toEqual({});
    expect(check(undefined)).toEqual({});
    expect(check(null)).toEqual({});
  });

  test('refuses a wrong value with option, value and expectation', () => {
    expect(() => check({ ackTimeout: '50' })).toThrow(
      new InvalidOptionsError(
        "The ackTimeout option of the client is '50'; it must be a number of milliseconds from 0 to 2147483647",
      ),
    );
    expect(() => check({ autoReconnect: 'no' })).toThrow("is 'no'; it must be true or false");
    expect(() => check({ codecEngine: {} })).toThrow(
      'is an object; it must be an object with encode() and decode()',
    );
  });

  test('refuses an unknown name with the nearest known one', () => {
    const refusal = (given: object) => () => check(given);
    expect(refusal({ ackTimout: 5 })).toThrow(
      'Unknown option ackTimout of the client; did you mean ackTimeout?',
    );
    expect(refusal({ acktimeout: 5 })).toThrow('did you mean ackTimeout?');
    expect(refusal({ paths: '/' })).toThrow('did you mean path?');
    expect(refusal({ color: 'red' })).toThrow('Unknown option color of the client; remove it');
    expect(refusal({ ackTimout: undefined })).toThrow('did you mean ackTimeout?');
    expect(refusal({ ['x'.repeat(10_000)]: 1 })).toThrow('remove it');
  });

  test('names of every object are no options', () => {
    expect(() => check(JSON.parse('{"__proto__":1}'))).toThrow('Unknown option __proto__');
    expect(() => check({ constructor: 1 })).toThrow('Unknown option constructor');
  });

  test('refuses options that are no object', () => {
    expect(() => check(5)).toThrow('The options of the client must be an object; they are 5');
    expect(() => check(['ackTimeout'])).toThrow('they are a list');
    expect(() => check('ackTimeout')).toThrow("they are 'ackTimeout'");
  });

  test('throws the class that its caller publishes', () => {
    const refused = () => checkOptions<Options>(table, { a: 1 }, 'create()', InvalidArgumentsError);
    expect(refused).toThrow(InvalidArgumentsError);
  });
});

class Listening {
  on() {}
}

const cases: [expected: string, one: OptionCheck, good: unknown[], bad: unknown[]][] = [
  ['true or false', flag(), [true, false], [0, 1, 'true', {}]],
  ['a text', text(), ['', 'a'], [1, {}, []]],
  ['a text that is not empty', text({ minLength: 1 }), ['a'], ['', 1]],
  [
    'a number of seconds from 1 to 5',
    number('seconds', { min: 1, max: 5 }),
    [1, 2.5, 5],
    [0.9, 5.1, Number.NaN, '2'],
  ],
  ['a number of seconds, 0 or more', number('seconds'), [0, Number.POSITIVE_INFINITY], [-1]],
  [
    'a number of milliseconds from 0 to 2147483647',
    milliseconds(),
    [0, 0.5, 2 ** 31 - 1],
    [-1, 2 ** 31, Number.POSITIVE_INFINITY, Number.NaN, '50'],
  ],
  [
    'a whole number of messages, 1 or more',
    count('messages', { min: 1 }),
    [1, 7, Number.POSITIVE_INFINITY],
    [0, 1.5, -1, Number.NaN, '1'],
  ],
  [
    'a whole number of bytes from 0 to 10',
    count('bytes', { max: 10 }),
    [0, 10],
    [11, Number.POSITIVE_INFINITY],
  ],
  ['1 or 2', oneOf(1, 2), [1, 2], ['1', 3]],
  ["'blob' or 'arraybuffer'", oneOf('blob', 'arraybuffer'), ['blob'], ['text']],
  ['a function', func(), [() => 1], [{}, 'f']],
  ['an object with on()', withMethods('on'), [{ on() {} }, new Listening()], [{}, { on: 1 }, 'x']],
  ['an object', object(), [{}, new Map()], [[], () => 1, 'x', 1]],
  ['a list, each element a text', listOf(text()), [[], ['a']], ['a', [1], { length: 0 }]],
  ['true or false, or a function', anyOf(flag(), func()), [true, () => 1], ['x', 1]],
  ['anything', anything(), [1, '', {}], []],
];

test.each(cases)('%s', (expected, one, good, bad) => {
  expect(one.expected).toBe(expected);
  expect(good.filter((value) => !one.isValid(value))).toEqual([]);
  expect(bad.filter((value) => one.isValid(value))).toEqual([]);
});

test('a value is shown short and without its members', () => {
  const shown = ['a', 1, 5n, true, [1], { secret: 1 }, () => 1, Symbol('s')].map(
    checks.describeValue,
  );
  expect(shown).toEqual([
    "'a'",
    '1',
    '5',
    'true',
    'a list',
    'an object',
    'a function',
    'Symbol(s)',
  ]);
  expect(checks.describeValue('x'.repeat(1_000))).toBe(`'${'x'.repeat(50)}…'`);
});

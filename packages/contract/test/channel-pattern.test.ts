import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fits, parsePattern, patternFault } from '../src/channel-pattern.js';

test.each([
  ['room:{id}', 'room:1', true],
  ['room:{id}', 'room:', false],
  ['room:{id}', 'room', false],
  ['room:{id}', 'room:a:b', true],
  ['{user}/inbox', 'ann/inbox', true],
  ['{user}/inbox', '/inbox', false],
  ['{user}/inbox', 'ann/inbox/x', false],
  ['a{x}b{y}c', 'a1b2c', true],
  ['a{x}b{y}c', 'abbcc', true],
  ['a{x}b{y}c', 'abc', false],
  ['a{x}b{y}c', 'a1bc', false],
  ['{all}', 'anything', true],
  ['{all}', '', false],
  ['x{a}x', 'xx', false],
  ['x{a}x', 'xxx', true],
])('%s and %s: %s', (pattern, name, isExpected) => {
  expect(fits(parsePattern(pattern), name)).toBe(isExpected);
});

test('it is what a regular expression would say', () => {
  const parts = fc.array(fc.constantFrom('a', 'b', ':', 'ab'), { minLength: 1, maxLength: 4 });
  const names = fc.string({ unit: fc.constantFrom('a', 'b', ':'), maxLength: 12 });
  fc.assert(
    fc.property(parts, names, (texts, name) => {
      const pattern = texts.map((text, index) => `${text}{p${index}}`).join('');
      const expected = new RegExp(`^${texts.map((text) => `${text}.+`).join('')}$`).test(name);
      return fits(parsePattern(pattern), name) === expected;
    }),
  );
});

test('a long name that almost fits takes no time', () => {
  const pattern = parsePattern(`${'{p}'.split('').join('')}a{q}a{r}a{s}a{t}b`);
  const start = performance.now();
  for (let run = 0; run < 100; run++) fits(pattern, 'a'.repeat(20_000));
  expect(performance.now() - start).toBeLessThan(1_000);
});

test.each([
  ['room', undefined],
  ['room:{id}', undefined],
  ['', undefined],
  ['room:{id', 'has a brace without its other half'],
  ['room:id}', 'has a brace without its other half'],
  ['room:{{id}}', 'has a brace without its other half'],
  ['room:{}', 'has braces without a name in them'],
  ['{a}{b}', 'has two parameters with nothing between them'],
  ['{a}:{a}', 'has two parameters of one name'],
])('%s: %s', (text, fault) => {
  expect(patternFault(text)).toBe(fault);
});

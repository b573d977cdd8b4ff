import fc from 'fast-check';
import { expect, test } from 'vitest';
import { editDistance, nearestName } from '../src/nearest-name.js';

test.each([
  ['', '', 0],
  ['', 'abc', 3],
  ['path', 'path', 0],
  ['path', 'paths', 1],
  ['paths', 'path', 1],
  ['pith', 'path', 1],
  ['ptah', 'path', 1],
  ['kitten', 'sitting', 3],
  ['abcd', 'badc', 2],
])('%s and %s are %i slips apart', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
});

test('the distance is the same both ways, and bounded by the longer word', () => {
  const word = fc.string({ maxLength: 12, unit: fc.constantFrom('a', 'b', 'c') });
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b);
      expect(distance).toBe(editDistance(b, a));
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
      expect(distance === 0).toBe(a === b);
    }),
  );
});

test('the nearest name wins, the first one of equally near ones', () => {
  const known = ['port', 'path', 'host', 'hostname'];
  expect(nearestName('hostnam', known)).toBe('hostname');
  expect(nearestName('pors', known)).toBe('port');
  expect(nearestName('HOST', known)).toBe('host');
  expect(nearestName('dir', ['maxDiskBytes', 'directory'])).toBe('directory');
});

test('a name that is far from all has none', () => {
  expect(nearestName('colour', ['port', 'path'])).toBeUndefined();
  expect(nearestName('x', [])).toBeUndefined();
  expect(nearestName('x'.repeat(65), ['x'.repeat(65)])).toBeUndefined();
});

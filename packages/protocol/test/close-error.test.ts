import { closeError } from '@asyngular/protocol/internal';
import { expect, test } from 'vitest';

test('P9.3 closing normally is no error, other codes are', () => {
  expect(closeError(1000)).toBeUndefined();
  expect(closeError(1001, 'bye')).toBeUndefined();
  expect(closeError(1006)).toMatchObject({ code: 1006, message: 'Socket hung up' });
  expect(closeError(4200, 'why')?.message).toBe(
    'Socket connection closed with status code 4200 and reason: why',
  );
  expect(closeError(4200, { a: 1 })?.message).toBe(
    'Socket connection closed with status code 4200',
  );
});

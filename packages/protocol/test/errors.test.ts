import * as protocol from '@asyngular/protocol';
import { closeError } from '@asyngular/protocol/internal';
import { expect, test } from 'vitest';

const at = new Date(0);
const samples: protocol.AnyAsyngularError[] = [
  new protocol.AbortError('m'),
  new protocol.AuthError('m'),
  new protocol.AuthTokenError('m'),
  new protocol.AuthTokenExpiredError('m', at),
  new protocol.AuthTokenInvalidError('m'),
  new protocol.AuthTokenNotBeforeError('m', at),
  new protocol.BadConnectionError('m', 'disconnect', 4001, 'r'),
  new protocol.BrokerError('m'),
  new protocol.HTTPServerError('m'),
  new protocol.InvalidActionError('m'),
  new protocol.InvalidArgumentsError('m'),
  new protocol.InvalidMessageError('m'),
  new protocol.InvalidOptionsError('m'),
  new protocol.ProcessExitError('m', 3),
  new protocol.QueueFullError('m'),
  new protocol.ResourceLimitError('m'),
  new protocol.ServerProtocolError('m'),
  new protocol.SilentMiddlewareBlockedError('m', 'inbound'),
  new protocol.SocketProtocolError('m', 4001),
  new protocol.TimeoutError('m'),
  new protocol.UnknownError('m'),
];

test.each(samples)('$name is an Error with own name and message', (error) => {
  expect(error).toBeInstanceOf(protocol.AsyngularError);
  expect(error).toBeInstanceOf(Error);
  expect(Object.keys(error)).toEqual(expect.arrayContaining(['name', 'message']));
  expect(error.message).toBe('m');
  expect(error.constructor.name).toBe(error.name);
  expect(String(error)).toBe(`${error.name}: m`);
});

test('every exported class has a sample, and a name of its own', () => {
  const classes = Object.keys(protocol).filter((name) => name.endsWith('Error'));
  const functions = ['AsyngularError', 'hasError', 'hydrateError', 'dehydrateError'];
  expect(samples.map((error) => error.name).sort()).toEqual(
    classes.filter((name) => !functions.includes(name)).sort(),
  );
});

test('P5.3 verification errors say whether the token is bad', () => {
  expect(new protocol.AuthTokenInvalidError().isBadToken).toBe(true);
  expect(new protocol.AuthTokenError().isBadToken).toBe(true);
  expect(new protocol.AuthTokenNotBeforeError('m', 5000)).toMatchObject({
    isBadToken: false,
    date: new Date(5000),
  });
  expect('isBadToken' in new protocol.AuthTokenExpiredError('m', at)).toBe(false);
});

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

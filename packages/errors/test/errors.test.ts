import { readFileSync } from 'node:fs';
import * as errors from '@asyngular/errors';
import { expect, test } from 'vitest';

const at = new Date(0);
const cause = new Error('because');
const options = { cause };
const samples: (errors.AnyAsyngularError | errors.PublicError)[] = [
  new errors.AbortError('m', options),
  new errors.AuthError('m', options),
  new errors.AuthTokenError('m', options),
  new errors.AuthTokenExpiredError('m', at, options),
  new errors.AuthTokenInvalidError('m', options),
  new errors.AuthTokenNotBeforeError('m', at, options),
  new errors.BacklogLimitError('m', 10, options),
  new errors.BadConnectionError('m', 'disconnect', 4001, 'r', options),
  new errors.BrokerError('m', options),
  new errors.BrokerStateError('m', options),
  new errors.BrokerUnavailableError('m', 'timeout', options),
  new errors.ConnectionError('m', 'ws://a/', 403, options),
  new errors.ConnectionLostError('m', options),
  new errors.HTTPServerError('m', options),
  new errors.InternalServerError('m', 'id', options),
  new errors.InvalidActionError('m', options),
  new errors.InvalidArgumentsError('m', options),
  new errors.InvalidMessageError('m', options),
  new errors.InvalidOptionsError('m', options),
  new errors.NoHandlerError('m', options),
  new errors.NotSupportedError('m', options),
  new errors.PresenceRefusedError('m', options),
  new errors.ProcessExitError('m', 3, options),
  new errors.PublicError('m', options),
  new errors.QueueFullError('m', options),
  new errors.ResourceLimitError('m', options),
  new errors.ServerProtocolError('m', options),
  new errors.SilentMiddlewareBlockedError('m', 'inbound', options),
  new errors.SocketProtocolError('m', 4001, options),
  new errors.TimeoutError('m', options),
  new errors.UnknownError('m', options),
  new errors.UnrecoverablePositionError('m', options),
  new errors.ValidationError('m', [], options),
];

test.each(samples)('$name has name, message and code of its own, and a cause', (error) => {
  expect(error).toBeInstanceOf(errors.AsyngularError);
  expect(error).toBeInstanceOf(Error);
  expect(Object.keys(error)).toEqual(expect.arrayContaining(['name', 'message', 'code']));
  expect(error.message).toBe('m');
  expect(error.constructor.name).toBe(error.name);
  expect(String(error)).toBe(`${error.name}: m`);
  expect(error.cause).toBe(cause);
  expect(Object.keys(error)).not.toContain('cause');
});

test('a public error has the name of its class', () => {
  class NameTakenError extends errors.PublicError {
    override readonly code = 'ERR_NAME_TAKEN';
  }
  expect({ ...new NameTakenError('taken') }).toEqual({
    name: 'NameTakenError',
    message: 'taken',
    code: 'ERR_NAME_TAKEN',
  });
});

test('every exported class has a sample', () => {
  const classes = Object.keys(errors).filter((name) => name.endsWith('Error'));
  const expected = classes.filter((name) => name !== 'AsyngularError').sort();
  expect(samples.map((error) => error.name).sort()).toEqual(expected);
});

test('a code says the name, except where the published API has a number', () => {
  const numbers = samples.filter(({ code }) => typeof code === 'number').map(({ name }) => name);
  expect(numbers).toEqual(['BadConnectionError', 'ProcessExitError', 'SocketProtocolError']);
  for (const { name, code } of samples) {
    if (typeof code === 'number') continue;
    const words = name.replace('HTTP', 'Http').match(/[A-Z][a-z]+/g) ?? [];
    expect(code).toBe(`ERR_${words.slice(0, -1).join('_').toUpperCase()}`);
  }
});

test('the protocol document lists every class with its code', () => {
  const document = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');
  const rows = [...document.matchAll(/^\| `(\w+Error)` \| (`ERR_\w+`|close code|exit code) \|/gm)];
  const listed = rows.map(([, name, code]) => `${name} ${code?.replaceAll('`', '')}`);
  const actual = samples.map(({ name, code }) => {
    if (typeof code === 'string') return `${name} ${code}`;
    return `${name} ${name === 'ProcessExitError' ? 'exit code' : 'close code'}`;
  });
  expect(listed).toEqual(actual);
});

test('P5.3 verification errors say whether the token is bad', () => {
  expect(new errors.AuthTokenInvalidError().isBadToken).toBe(true);
  expect(new errors.AuthTokenError().isBadToken).toBe(true);
  expect(new errors.AuthTokenNotBeforeError('m', 5000)).toMatchObject({
    isBadToken: false,
    date: new Date(5000),
  });
  expect('isBadToken' in new errors.AuthTokenExpiredError('m', at)).toBe(false);
});

test('P9.7 a bad connection has the reason of its code unless it was given one', () => {
  expect(new errors.BadConnectionError('m', 'disconnect')).toMatchObject({
    code: 1001,
    reason: 'Socket was disconnected',
  });
  expect(new errors.BadConnectionError('m', 'connectAbort', 4100).reason).toBe('');
});

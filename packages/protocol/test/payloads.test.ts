import * as internal from '@asyngular/protocol/internal';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const none = new Map<string, unknown>();

test('P4.2 a handshake without data or with an empty token has no token, others are kept', () => {
  const withToken = (authToken: unknown) => internal.parseHandshakeRequest({ authToken }).authToken;
  for (const data of [undefined, null, {}, [], 'x']) {
    expect(internal.parseHandshakeRequest(data).authToken).toBeNull();
  }
  expect(['', 0, false, null, undefined].map(withToken)).toEqual(Array(5).fill(null));
  expect([5, true, {}, []].map(withToken)).toEqual([5, true, {}, []]);
  expect(internal.parseHandshakeRequest({ authToken: 'a.b.c', ext: { x: 1 } })).toEqual({
    authToken: 'a.b.c',
    ext: { x: 1 },
  });
});

test('P4.5 a handshake reply needs an id', () => {
  for (const data of [undefined, {}, { id: 5 }, { id: '' }, []]) {
    expect(internal.parseHandshakeReply(data, none)).toBeUndefined();
  }
});

test('P2.7 a ping timeout that is missing or senseless is unknown, a huge one is clamped', () => {
  const timeoutOf = (pingTimeout: unknown) =>
    internal.parseHandshakeReply({ id: 'x', pingTimeout }, none)?.pingTimeout;
  expect([undefined, null, 'soon', '5', [5], {}, 0, -1, Number.NaN].map(timeoutOf)).toEqual(
    Array(9).fill(undefined),
  );
  expect(timeoutOf(20_000)).toBe(20_000);
  expect(timeoutOf(1e12)).toBe(2 ** 31 - 1);
});

test('P4.3 members of the handshake reply that are not known are ignored', () => {
  const reply = { id: 'x', pingTimeout: 5, isAuthenticated: 'yes', more: 1 };
  expect(internal.parseHandshakeReply(reply, none)).toEqual({
    id: 'x',
    pingTimeout: 5,
    isAuthenticated: false,
    authError: null,
    extensions: none,
  });
});

test('P12.3 a handshake reply agrees only to what was offered', () => {
  const offered = new Map([['interruption', {}]]);
  const agreed = (ext: unknown) => [
    ...internal.parseHandshakeReply({ id: 'x', ext }, offered)!.extensions,
  ];
  expect(agreed({ interruption: { a: 1 }, other: 1 })).toEqual([['interruption', { a: 1 }]]);
  expect([undefined, null, 5, 'interruption', ['interruption'], {}].map(agreed)).toEqual(
    Array(6).fill([]),
  );
});

test('P10.9 the error of a reply is an Error or null, whatever the peer made of it', () => {
  const errorOf = (authError: unknown) =>
    internal.parseAuthenticateReply({ isAuthenticated: false, authError })!.authError;
  expect([errorOf(undefined), errorOf(null)]).toEqual([null, null]);
  expect(errorOf({ name: 'AuthTokenError', message: 'm', isBadToken: true })).toMatchObject({
    name: 'AuthTokenError',
    message: 'm',
    isBadToken: true,
  });
  for (const value of [5, 0, '', 'no', true, false, [], {}, { message: 5, name: {} }]) {
    expect(errorOf(value)).toBeInstanceOf(Error);
  }
  expect(errorOf('no')?.message).toBe('no');
});

test('P5.4 an authenticate reply says yes or no', () => {
  expect(internal.parseAuthenticateReply('authenticated')).toBeUndefined();
  expect(internal.parseAuthenticateReply({ isAuthenticated: 'yes' })).toBeUndefined();
  expect(internal.parseAuthenticateReply({ isAuthenticated: true, authError: null })).toEqual({
    isAuthenticated: true,
    authError: null,
  });
});

test('P6.1 subscribe requests name a channel, as an object or alone', () => {
  expect(internal.parseSubscribeRequest({ channel: '', data: 0, priority: 3 })).toEqual({
    channel: '',
    waitForAuth: false,
    data: 0,
  });
  expect(internal.parseSubscribeRequest('c')?.channel).toBe('c');
  expect(internal.parseSubscribeRequest({ channel: 5 })).toBeUndefined();
});

test('P6.10 channel names must be text', () => {
  expect(internal.parseUnsubscribeRequest(5)).toBeUndefined();
  expect(internal.parsePublication({ data: 1 })).toBeUndefined();
  expect(internal.parsePublication({ channel: '__proto__', data: 1 })).toEqual({
    channel: '__proto__',
    data: 1,
  });
  expect(internal.parseKickOut(JSON.parse('{"__proto__":{"channel":"c"}}'))).toBeUndefined();
  expect(internal.parseKickOut({ channel: 'c', message: 'm' })).toEqual({
    channel: 'c',
    message: 'm',
  });
});

test('P5.6 a token must be text', () => {
  for (const data of [undefined, {}, { token: 5 }, 'a.b.c']) {
    expect(internal.parseSetAuthToken(data)).toBeUndefined();
  }
  expect(internal.parseSetAuthToken({ token: 'a.b.c' })).toBe('a.b.c');
});

test('P11.4 a disconnect notice may lack everything', () => {
  expect(internal.parseDisconnectNotice(undefined)).toEqual({ code: undefined, data: undefined });
  expect(internal.parseDisconnectNotice({ code: 4100, data: 'x' })).toEqual({
    code: 4100,
    data: 'x',
  });
  const codeOf = (code: unknown) => internal.parseDisconnectNotice({ code }).code;
  expect([5, 999, 5000, 1000.5, '1000', null, [1000]].map(codeOf)).toEqual(
    Array(7).fill(undefined),
  );
});

test('P12.6 an interruption needs its times and, if any, a channel name', () => {
  const times = { since: 1, until: 2 };
  const channelOf = (channel: unknown) =>
    internal.parseInterruption({ ...times, channel, reason: 'x' })?.channel;
  expect(internal.parseInterruption({ ...times, channel: 'c', reason: 'x' })).toEqual({
    ...times,
    channel: 'c',
    reason: 'x',
  });
  expect(internal.parseInterruption({ ...times, reason: 5 })).toEqual({
    ...times,
    channel: undefined,
    reason: '',
  });
  expect(internal.parseInterruption({ ...times, channel: null })).toMatchObject(times);
  expect(channelOf('')).toBe('');
  for (const channel of [0, 5, {}, [], true]) {
    expect(internal.parseInterruption({ ...times, channel })).toBeUndefined();
  }
  for (const since of ['then', null, {}, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(internal.parseInterruption({ since, until: 2 })).toBeUndefined();
  }
});

test('P10.1 no parser throws on any JSON value', () => {
  const parsers = Object.entries(internal).filter(([name]) => name.startsWith('parse'));
  expect(parsers.length).toBeGreaterThan(20);
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      for (const [, parse] of parsers) {
        (parse as (data: unknown, offered: unknown) => unknown)(value, none);
      }
    }),
  );
});

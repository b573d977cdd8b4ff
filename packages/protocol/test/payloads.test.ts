import * as internal from '@asyngular/protocol/internal';
import fc from 'fast-check';
import { expect, test } from 'vitest';

test('P4.1 a handshake without data or with a token that is no text has no token', () => {
  for (const data of [undefined, null, {}, { authToken: 5 }, [], 'x']) {
    expect(internal.parseHandshakeRequest(data).authToken).toBeNull();
  }
  expect(internal.parseHandshakeRequest({ authToken: 'a.b.c', ext: { x: 1 } })).toEqual({
    authToken: 'a.b.c',
    ext: { x: 1 },
  });
});

test('P4.5 a handshake reply needs an id', () => {
  for (const data of [undefined, {}, { id: 5 }, { id: '' }, []]) {
    expect(internal.parseHandshakeReply(data)).toBeUndefined();
  }
});

test('P2.7 a ping timeout that is missing or senseless is unknown, a huge one is clamped', () => {
  const timeoutOf = (pingTimeout: unknown) =>
    internal.parseHandshakeReply({ id: 'x', pingTimeout })?.pingTimeout;
  expect([undefined, null, 'soon', {}, 0, -1, Number.NaN].map(timeoutOf)).toEqual(
    Array(7).fill(undefined),
  );
  expect(timeoutOf(20_000)).toBe(20_000);
  expect(timeoutOf(1e12)).toBe(2 ** 31 - 1);
});

test('P4.3 members of the handshake reply that are not known are ignored', () => {
  expect(
    internal.parseHandshakeReply({ id: 'x', pingTimeout: 5, isAuthenticated: 'yes', more: 1 }),
  ).toEqual({
    id: 'x',
    pingTimeout: 5,
    isAuthenticated: false,
    authError: undefined,
  });
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
});

test('P12.6 an interruption needs its times', () => {
  const times = { since: 1, until: 2 };
  expect(internal.parseInterruption({ ...times, channel: 'c', reason: 'x' })).toEqual({
    ...times,
    channel: 'c',
    reason: 'x',
  });
  expect(internal.parseInterruption({ ...times, channel: 5 })).toEqual({
    ...times,
    channel: '5',
    reason: undefined,
  });
  expect(internal.parseInterruption({ since: 'then', until: 2 })).toBeUndefined();
});

test('P10.1 no parser throws on any JSON value', () => {
  const parsers = Object.entries(internal).filter(([name]) => name.startsWith('parse'));
  expect(parsers).toHaveLength(10);
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      for (const [, parse] of parsers) {
        (parse as (data: unknown) => unknown)(value);
      }
    }),
  );
});

import { beforeEach, describe, expect, it } from 'vitest';
import {
  connected,
  firstOffer,
  outcome,
  pass,
  start,
  token,
  useVirtualTime,
} from './support/harness.js';

beforeEach(useVirtualTime);

describe('authentication', () => {
  it('sends the stored token and reports its refusal', async () => {
    const harness = start();
    harness.socket.auth.saveToken('asyngular.authToken', 'stored');
    harness.server.behaviour.handshake = () => ({
      data: {
        id: 'x',
        pingTimeout: 1e4,
        isAuthenticated: false,
        authError: { name: 'AuthTokenExpiredError', message: 'jwt expired' },
      },
    });
    harness.socket.connect();
    await pass();
    expect(harness.server.received('#handshake')[0].data).toEqual({
      authToken: 'stored',
      ext: firstOffer,
    });
    const { payload } = harness.payloads.find(({ name }) => name === 'connect')!;
    expect(payload.authError).toBeInstanceOf(Error);
    expect(payload.authError.name).toBe('AuthTokenExpiredError');
  });

  it('follows #setAuthToken and #removeAuthToken', async () => {
    const harness = await connected();
    const { socket, server } = harness;
    socket.subscribe('private', { waitForAuth: true });
    harness.log.length = 0;
    const signed = token({ name: 'Ann' });
    server.last.emitMessage({ event: '#setAuthToken', data: { token: signed }, cid: 9 });
    await pass();
    expect(socket.authToken).toEqual({ name: 'Ann' });
    expect(socket.signedAuthToken).toBe(signed);
    expect(harness.log.slice(0, 3)).toEqual([
      'subscribeRequest',
      'authStateChange',
      'authenticate',
    ]);
    expect(server.received('#subscribe')[0].data).toEqual({
      channel: 'private',
      waitForAuth: true,
    });
    expect(server.last.packets).toContainEqual({ rid: 9 });
    expect(socket.auth.loadToken('asyngular.authToken')).toBe(signed);
    harness.log.length = 0;
    server.last.emitMessage({ event: '#removeAuthToken' });
    await pass();
    expect(harness.log).toEqual(['authStateChange', 'deauthenticate', 'removeAuthToken']);
    expect(socket.isSubscribed('private')).toBe(true);
    expect(socket.auth.loadToken('asyngular.authToken')).toBe(null);
  });

  it('ignores a token that is no string', async () => {
    const harness = await connected();
    harness.server.last.emitMessage({ event: '#setAuthToken', data: { token: 5 } });
    await pass(0);
    expect(harness.socket.authState).toBe('unauthenticated');
    expect(harness.log.at(-1)).toBe('error');
  });

  it('authenticates, and keeps the state when the path fails', async () => {
    const harness = await connected();
    const { socket, server } = harness;
    const signed = token({ name: 'Ann' });
    const result = socket.authenticate(signed);
    await pass();
    expect(await result).toEqual({ isAuthenticated: true, authError: null });
    server.behaviour.authenticate = () => undefined;
    const lost = outcome(socket.authenticate('other'));
    await pass(10_001);
    expect((await lost).error.name).toBe('TimeoutError');
    expect(socket.authState).toBe('authenticated');
    server.behaviour.authenticate = () => ({ data: { isAuthenticated: 'yes' } });
    const malformed = outcome(socket.authenticate('other'));
    await pass();
    expect((await malformed).error.name).toBe('InvalidMessageError');
    expect(socket.signedAuthToken).toBe(signed);
    server.behaviour.authenticate = () => ({
      data: { isAuthenticated: false, authError: { name: 'Blocked', message: 'no' } },
    });
    const refused = socket.authenticate('other');
    await pass();
    expect((await refused).authError).toMatchObject({ name: 'Blocked' });
    expect(socket.authState).toBe('unauthenticated');
    expect(socket.auth.loadToken('asyngular.authToken')).toBe(signed);
  });

  it('heeds the order of packets in one batch', async () => {
    const harness = await connected();
    harness.server.behaviour.authenticate = () => undefined;
    const result = harness.socket.authenticate(token({}));
    await pass();
    const { cid } = harness.server.received('#authenticate')[0];
    harness.server.last.emitMessage([
      { rid: cid, data: { isAuthenticated: true, authError: null } },
      { event: '#removeAuthToken' },
    ]);
    await pass();
    expect((await result).isAuthenticated).toBe(true);
    expect(harness.socket.authState).toBe('unauthenticated');
  });

  it('deauthenticates offline and during a handshake', async () => {
    const harness = start();
    const { socket, server } = harness;
    const signed = token({});
    socket.auth.saveToken('asyngular.authToken', signed);
    await (async () => {
      const done = socket.deauthenticate();
      await pass();
      await done;
    })();
    expect(socket.auth.loadToken('asyngular.authToken')).toBe(null);
    socket.auth.saveToken('asyngular.authToken', signed);
    server.behaviour.handshake = () => ({
      data: { id: 'x', pingTimeout: 1e4, isAuthenticated: true },
    });
    socket.connect();
    await pass(3);
    void socket.deauthenticate();
    await pass();
    expect(socket.state).toBe('open');
    expect(socket.authState).toBe('unauthenticated');
    expect(server.received('#removeAuthToken')).toHaveLength(1);
  });
});

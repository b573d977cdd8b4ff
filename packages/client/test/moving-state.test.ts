import { collect } from '@asyngular/test-utils/collect';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { FakeConnection } from './support/fake-server.js';
import { type Harness, outcome, pass, token, useVirtualTime } from './support/harness.js';
import { ask, LINGER_MS, start } from './support/moving.js';

beforeEach(useVirtualTime);

/** Names of the packets about one channel. */
function about(connection: FakeConnection, channel: string): string[] {
  return connection.packets
    .filter(({ data }) => data === channel || data?.channel === channel)
    .map(({ event }) => event);
}

/** A client that has moved, and whose first connection is still there. */
async function moved(harness: Harness): Promise<[old: FakeConnection, next: FakeConnection]> {
  ask(harness);
  await pass(20);
  const [old, next] = harness.server.connections.slice(-2) as [FakeConnection, FakeConnection];
  expect(harness.socket.transport?.socket).toBe(next);
  return [old, next];
}

describe('the token of a client that has moved', () => {
  // The former server's session still had the token before; its end took the new one along.
  it('is not removed when one that only the former server has ends', async () => {
    const harness = await start();
    const { server, socket, log } = harness;
    const [before, after] = [token({ n: 1 }), token({ n: 2 })];
    server.last.emitMessage({ event: '#setAuthToken', data: { token: before } });
    const [old, next] = await moved(harness);
    void socket.authenticate(after);
    await pass();
    log.length = 0;
    old.emitMessage({ event: '#removeAuthToken', cid: 7 });
    await pass();
    expect(old.packets.at(-1)).toEqual({ rid: 7 });
    expect(socket.signedAuthToken).toBe(after);
    expect(next.packets.some(({ event }) => event === '#removeAuthToken')).toBe(false);
    expect(log).toEqual([]);
  });

  it('is removed on both servers when the former one removes it (P19.7)', async () => {
    const harness = await start();
    harness.server.last.emitMessage({ event: '#setAuthToken', data: { token: token({}) } });
    const [old, next] = await moved(harness);
    old.emitMessage({ event: '#removeAuthToken' });
    await pass();
    expect(harness.socket.authState).toBe('unauthenticated');
    expect(next.packets.at(-1)).toEqual({ event: '#removeAuthToken' });
  });

  // Both were presented, the earlier one last.
  it('is that of a login under way, rather than one that the former server gave before it', async () => {
    const harness = await start();
    const { server, socket } = harness;
    const [old] = server.connections;
    let stayed = false;
    server.behaviour.invoke = (event, data) =>
      event !== '#moving' || (data.to && !stayed) ? undefined : { data: {} };
    ask(harness);
    await pass(20);
    old!.emitMessage({ event: '#setAuthToken', data: { token: token({ n: 1 }) } });
    const login = outcome(socket.authenticate(token({ n: 2 })));
    stayed = true;
    old!.emitMessage({ rid: old!.packets.at(-1).cid, data: {} });
    await pass(20);
    expect((await login).value.isAuthenticated).toBe(true);
    expect(server.received('#authenticate').map(({ data }) => data)).toEqual([token({ n: 2 })]);
    expect(socket.signedAuthToken).toBe(token({ n: 2 }));
  });
});

describe('channels of a client that has moved', () => {
  // Packets about them came after the client had said that it leaves, and the server reported some as errors.
  it('are spoken of to the next server only, once it leaves the former one (P19.5)', async () => {
    const harness = await start();
    const { server, socket } = harness;
    server.behaviour.subscribe = ({ presence }) => ({
      data: presence && { presence: { key: 'me' } },
    });
    socket.subscribe('stays', { presence: { x: 1 } });
    socket.subscribe('goes');
    await pass();
    server.behaviour.invoke = (_, data) => (data.to ? undefined : { data: {} });
    ask(harness);
    await pass(20);
    const [old, next] = server.connections as [FakeConnection, FakeConnection];
    const { cid } = old.packets.at(-1);
    socket.subscribe('new');
    socket.unsubscribe('goes');
    socket.channel('stays').presence.update({ x: 2 });
    await pass(100);
    expect(old.packets.at(-1)).toMatchObject({ event: '#moving', cid });
    old.emitMessage({ rid: cid, data: {} });
    await pass();
    expect(about(next, 'new')).toEqual(['#subscribe']);
    expect(about(next, 'goes')).toEqual([]);
    const subscribe = next.packets.find(({ data }) => data.channel === 'stays');
    expect(subscribe.data.presence.state).toEqual({ x: 2 });
    expect(socket.subscriptions()).toEqual(['stays', 'new']);
  });

  it('are left at both servers when the former one kicks it out (P19.9)', async () => {
    const harness = await start();
    const { socket, log } = harness;
    socket.subscribe('room');
    await pass();
    const [old, next] = await moved(harness);
    const kickOuts = collect(socket.channel('room').listener('kickOut'));
    log.length = 0;
    old.emitMessage({ event: '#kickOut', data: { channel: 'room', message: 'rude' } });
    await pass();
    expect(kickOuts).toEqual([{ message: 'rude' }]);
    expect(socket.subscriptions(true)).toEqual([]);
    expect(about(next, 'room')).toEqual(['#subscribe', '#unsubscribe']);
    expect(log).toEqual(['kickOut', 'subscribeStateChange', 'unsubscribe']);
  });

  it('wait for the login where the new server wants one first', async () => {
    const harness = await start();
    const { server, socket } = harness;
    server.last.emitMessage({ event: '#setAuthToken', data: { token: token({}) } });
    socket.subscribe('room', { waitForAuth: true });
    await pass();
    server.behaviour.subscribe = () => undefined;
    const [, next] = await moved(harness);
    // The token ends before the server has come to the request.
    next.emitMessage({ event: '#removeAuthToken' });
    next.emitMessage({ rid: next.packets.at(-1).cid, error: { name: 'InvalidActionError' } });
    await pass();
    expect(socket.getChannelState('room')).toBe('pending');
    server.behaviour.subscribe = () => ({});
    void socket.authenticate(token({}));
    await pass();
    expect(socket.getChannelState('room')).toBe('subscribed');
  });

  it('are not asked for before the application says so, with autoSubscribeOnConnect off', async () => {
    const harness = await start({ autoSubscribeOnConnect: false });
    const { socket, payloads } = harness;
    socket.subscribe('room');
    const [old, next] = await moved(harness);
    await pass();
    expect([...about(old, 'room'), ...about(next, 'room')]).toEqual([]);
    payloads.find(({ name }) => name === 'connect')!.payload.processPendingSubscriptions();
    await pass();
    expect(about(next, 'room')).toEqual(['#subscribe']);
    expect(socket.isSubscribed('room')).toBe(true);
  });

  // The server had not joined the client yet, and refused both.
  it('are neither entered nor left before the new server has joined the client to them', async () => {
    const harness = await start();
    const { server, socket } = harness;
    const joined = { event: '#joined', data: { channel: 'room' } };
    server.last.emitMessage(joined);
    const other = { event: '#joined', data: { channel: 'other' } };
    server.last.emitMessage(other);
    void outcome(socket.channel('room').presence.enter({ x: 1 }));
    await pass(100);
    const [, next] = await moved(harness);
    socket.channel('room').presence.update({ x: 2 });
    socket.unsubscribe('other');
    await pass(100);
    expect(about(next, 'room')).toEqual([]);
    expect(about(next, 'other')).toEqual([]);
    next.emitMessage(joined);
    await pass();
    expect(next.packets.at(-1)).toMatchObject({ data: { channel: 'room', enter: { x: 2 } } });
    expect(socket.channel('room').presence.state).toEqual({ x: 2 });
  });
});

// It waited for a connection that nobody was to make.
it('ends a stream with resume on a connection that was left when the socket closes for good', async () => {
  const harness = await start();
  const { server, socket } = harness;
  server.connections[0]!.emitMessage({ event: 'nothing' });
  const stream = outcome(
    (async () => {
      for await (const _ of socket.stream('count', undefined, { resume: () => null })) {
        // It gives nothing.
      }
    })(),
  );
  await pass();
  const [, next] = await moved(harness);
  await pass(LINGER_MS + 100);
  next.drop(4500);
  expect((await stream).error).toMatchObject({ name: 'BadConnectionError', code: 4500 });
  await pass(LINGER_MS);
  expect(vi.getTimerCount()).toBe(0);
  expect(socket.unsentCount).toBe(0);
});

import { beforeEach, describe, expect, it, vi } from 'vitest';
import { outcome, pass, useVirtualTime } from './support/harness.js';
import { ask, LINGER_MS, start } from './support/moving.js';

beforeEach(useVirtualTime);

describe('a client that is asked to move', () => {
  it('says only that it has migrated, and closes the old connection with 4012 (P19.7)', async () => {
    const harness = await start();
    ask(harness);
    await pass(20);
    const [old, next] = harness.server.connections;
    expect(harness.log).toEqual(['migrated']);
    expect(harness.payloads.at(-1)?.payload).toEqual({
      oldId: 'socket-1',
      id: 'socket-2',
      duration: expect.any(Number),
    });
    expect(old!.closedWith).toBeUndefined();
    await pass(LINGER_MS);
    expect(old!.closedWith?.code).toBe(4012);
    expect(next!.closedWith).toBeUndefined();
    expect(harness.log).toEqual(['migrated']);
  });

  it.each([
    ['nothing', null],
    ['no object', 'now'],
    ['no numbers', { in: 'soon', within: {} }],
    ['negative times', { in: -1, within: -5 }],
    ['no finite times', { in: Number.NaN, within: null }],
  ])('goes at once, and tries once, where it is given %s (P19.2)', async (_, data) => {
    const harness = await start();
    harness.server.behaviour.connect = 'refuse';
    ask(harness, data);
    await pass(5_000);
    expect(harness.server.connections).toHaveLength(2);
    expect(harness.socket.state).toBe('open');
    expect(harness.log).toEqual([]);
  });

  it('is never on more than a few connections, however often it is asked', async () => {
    const harness = await start();
    const { server, socket } = harness;
    socket.procedure('slow').createConsumer();
    for (let turn = 0; turn < 50; turn++) {
      // A call that nobody answers keeps the connection that it came on.
      server.last.emitMessage({ event: 'slow', cid: 1 });
      ask(harness);
      await pass(100);
    }
    const open = server.connections.filter(({ readyState }) => readyState === 1);
    expect(open).toHaveLength(5);
    expect(socket.state).toBe('open');
    open[0]!.drop(1001);
    await pass(1_000);
    expect(harness.log.filter((name) => name === 'migrated')).toHaveLength(5);
    expect(harness.log).not.toContain('disconnect');
  });

  it('takes a second request in place of the first (P19.2)', async () => {
    const harness = await start();
    ask(harness, { in: 1_000, within: 5_000 });
    ask(harness, { in: 3_000, within: 5_000 });
    await pass(2_900);
    expect(harness.server.connections).toHaveLength(1);
    await pass(200);
    expect(harness.server.connections).toHaveLength(2);
    expect(harness.log).toEqual(['migrated']);
  });

  it('stays where it is when nobody else knows how to move, or answers (P19.3)', async () => {
    const harness = await start();
    harness.server.behaviour.handshake = () => ({
      data: { id: 'other', pingTimeout: 20_000, isAuthenticated: false },
    });
    ask(harness, { in: 0, within: 2_000 });
    await pass(10_000);
    const [first, ...others] = harness.server.connections;
    expect(others.length).toBeGreaterThan(1);
    expect(others.map(({ closedWith }) => closedWith?.code)).toEqual(others.map(() => 4012));
    expect(first!.closedWith).toBeUndefined();
    expect([harness.socket.id, harness.log]).toEqual(['socket-1', []]);
  });

  it('does not move when the application disconnects on the way', async () => {
    const harness = await start();
    harness.server.behaviour.invoke = () => undefined;
    ask(harness);
    await pass(20);
    harness.socket.disconnect();
    await pass(20_000);
    expect(harness.log).toEqual(['disconnect', 'close']);
    expect(harness.server.connections.map(({ closedWith }) => closedWith !== undefined)).toEqual([
      true,
      true,
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  // The end of its connection to the next server was taken for an answer of that, and both were given up.
  it('stays connected when it is asked again while it says where it is subscribed', async () => {
    const harness = await start();
    harness.server.behaviour.invoke = () => undefined;
    ask(harness);
    await pass(20);
    expect(harness.server.received('#moving')).toHaveLength(1);
    harness.server.behaviour.invoke = () => ({ data: {} });
    harness.server.connections[0]!.emitMessage({ event: '#reconnect', data: { in: 0, within: 1 } });
    await pass(20);
    expect(harness.log).toEqual(['migrated']);
    expect(harness.server.connections.map(({ closedWith }) => closedWith?.code)).toEqual([
      undefined,
      4012,
      undefined,
    ]);
  });

  it('goes on without an answer of the server that it leaves (P19.6)', async () => {
    const harness = await start({ ackTimeout: 500 });
    const [old] = harness.server.connections;
    harness.server.behaviour.invoke = (_, data) => (data.channels ? { data: {} } : undefined);
    ask(harness);
    await pass(20);
    // It waits for that server, which is to handle it after all that came before.
    harness.socket.transmit('late', 1);
    await pass(20);
    expect(harness.server.received('late')).toEqual([]);
    await pass(600);
    expect(harness.log).toEqual(['migrated']);
    expect(harness.server.received('#moving').at(-1).data).toEqual({ heard: null });
    expect(harness.server.received('late')).toHaveLength(1);
    expect(old!.packets.some(({ event }) => event === 'late')).toBe(false);
  });

  it('ends a call that the old server has not answered with that connection', async () => {
    const harness = await start();
    const [old] = harness.server.connections;
    const call = outcome(harness.socket.invoke('slow'));
    await pass();
    ask(harness);
    await pass(LINGER_MS + 100);
    expect(old!.closedWith).toBeUndefined();
    old!.drop(1001);
    expect((await call).error).toMatchObject({ name: 'BadConnectionError', code: 1001 });
    expect([harness.socket.state, harness.log]).toEqual(['open', ['migrated']]);
  });

  // It looked every second for ever, and kept the connection that was over.
  it('forgets a connection that was left and is over, though a call of the server has no answer', async () => {
    const harness = await start();
    const [old] = harness.server.connections;
    harness.socket.procedure('ask').createConsumer();
    old!.emitMessage({ event: 'ask', cid: 1 });
    await pass();
    ask(harness);
    await pass(LINGER_MS + 100);
    expect(old!.closedWith).toBeUndefined();
    old!.drop(1001);
    await pass(LINGER_MS);
    harness.socket.disconnect();
    await pass(LINGER_MS);
    expect(vi.getTimerCount()).toBe(0);
  });

  // The timer that ends them was kept after the end of all connections, and that of a first move counted for a second.
  it('leaves channels that only the former server has joined it to, after ackTimeout (P19.8)', async () => {
    const harness = await start({ ackTimeout: 2_000 });
    harness.server.last.emitMessage({ event: '#joined', data: { channel: 'theirs' } });
    await pass();
    harness.log.length = 0;
    ask(harness);
    await pass(1_500);
    ask(harness);
    await pass(1_500);
    expect(harness.socket.isSubscribed('theirs')).toBe(true);
    await pass(1_000);
    expect(harness.socket.isSubscribed('theirs')).toBe(false);
    expect(harness.log.filter((name) => name === 'unsubscribe')).toHaveLength(1);
    ask(harness);
    await pass(100);
    harness.socket.disconnect();
    await pass(LINGER_MS);
    expect(vi.getTimerCount()).toBe(0);
  });
});

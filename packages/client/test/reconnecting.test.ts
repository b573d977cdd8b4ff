import { beforeEach, describe, expect, it } from 'vitest';
import { connected, pass, useVirtualTime } from './support/harness.js';

beforeEach(useVirtualTime);

describe('reconnection', () => {
  it('waits longer after each failure and resets on success', async () => {
    const harness = await connected();
    harness.server.behaviour.connect = 'refuse';
    harness.server.last.drop(1006);
    const delays: number[] = [];
    for (let i = 0; i < 12; i++) {
      delays.push(harness.socket.pendingReconnectTimeout!);
      expect(harness.socket.connectAttempts).toBe(i + 1);
      await pass(harness.socket.pendingReconnectTimeout! + 1);
    }
    expect(delays.slice(0, 4)).toEqual([1500, 2250, 3375, 5063]);
    expect(delays.at(-1)).toBe(45_000);
    harness.server.behaviour.connect = 'accept';
    await pass(61_000);
    expect(harness.socket.state).toBe('open');
    expect(harness.socket.connectAttempts).toBe(0);
    expect(harness.socket.pendingReconnectTimeout).toBe(null);
  });

  it.each([
    [1000, null],
    [4500, null],
    [4999, null],
    [4000, 0],
    [4001, 0],
    [1005, 0],
    [1006, 1500],
    [4008, 1500],
  ])('after close %i the delay is %s', async (code, delay) => {
    const harness = await connected();
    harness.server.last.drop(code);
    expect(harness.socket.pendingReconnectTimeout).toBe(delay);
    expect(harness.socket.pendingReconnect).toBe(delay !== null);
  });

  it('re-derives everything for connect(options)', async () => {
    const harness = await connected({ host: 'one:8001' });
    harness.socket.connect({
      hostname: 'two',
      port: 8002,
      ackTimeout: 77,
      channelPrefix: 'x:',
      authTokenName: 'key2',
    });
    await pass();
    expect(harness.server.connections.map(({ uri }) => uri)).toEqual([
      'ws://one:8001/asyngular/',
      'ws://two:8002/asyngular/',
    ]);
    const { socket } = harness;
    expect([socket.ackTimeout, socket.channelPrefix, socket.authTokenName]).toEqual([
      77,
      'x:',
      'key2',
    ]);
    expect(() => socket.connect({ ackTimeout: 2 ** 31 })).toThrow('ackTimeout');
    expect(socket.state).toBe('open');
  });

  it('gives up a connection found stale when sending, before its timer says so', async () => {
    let skewMs = 0;
    const harness = await connected({ platform: { now: () => performance.now() + skewMs } });
    skewMs = 60_000;
    const call = harness.socket.invoke('x', 1);
    await pass();
    expect(await call).toEqual({ event: 'x', data: 1 });
    expect(harness.server.connections).toHaveLength(2);
    expect(harness.server.connections[0]!.closedWith).toEqual({
      code: 1000,
      reason: 'Stale socket was disconnected by the client to initiate a new connection',
    });
  });

  it('replaces a stale connection also with connectOnSend: false, unless it never reconnects', async () => {
    for (const autoReconnect of [true, false]) {
      let skewMs = 0;
      const { socket, server } = await connected({
        connectOnSend: false,
        autoReconnect,
        platform: { now: () => performance.now() + skewMs },
      });
      skewMs = 60_000;
      void socket.transmit('x', 1);
      await pass();
      expect(server.connections).toHaveLength(autoReconnect ? 2 : 1);
      if (!autoReconnect) {
        expect(socket.unsentCount).toBe(1);
        socket.connect();
        await pass();
      }
      expect(server.received('x')).toHaveLength(1);
      socket.disconnect();
    }
  });
});

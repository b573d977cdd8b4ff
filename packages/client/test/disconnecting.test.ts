import { collect } from '@asyngular/test-utils/collect';
import { beforeEach, describe, expect, it } from 'vitest';
import { connected, outcome, pass, start, useVirtualTime } from './support/harness.js';

beforeEach(useVirtualTime);

describe('the end of a connection', () => {
  it('tells of channels, disconnect, close and error in this order', async () => {
    const harness = await connected();
    harness.socket.subscribe('c');
    await pass();
    harness.log.length = 0;
    const call = outcome(harness.socket.invoke('slow').then(() => undefined));
    harness.server.last.drop(1006);
    expect(harness.socket.state).toBe('closed');
    expect(harness.socket.id).toBe(null);
    await pass(0);
    expect(harness.log).toEqual([
      'subscribeStateChange',
      'unsubscribe',
      'disconnect',
      'close',
      'error',
    ]);
    expect((await call).error).toMatchObject({
      name: 'BadConnectionError',
      type: 'disconnect',
      code: 1006,
    });
    expect(harness.socket.getChannelState('c')).toBe('pending');
  });

  it('lets an awaiting call see its rejection before any disconnect loop', async () => {
    const harness = await connected();
    const order: string[] = [];
    void (async () => {
      await harness.socket.listener('disconnect').once();
      order.push('disconnect');
    })();
    harness.server.behaviour.invoke = () => undefined;
    harness.socket.invoke('x').catch(() => order.push(`rejected ${harness.socket.state}`));
    await pass();
    harness.socket.disconnect();
    await pass(0);
    expect(order).toEqual(['rejected closed', 'disconnect']);
  });

  it('emits no error for 1000 and 1001', async () => {
    for (const code of [1000, 1001]) {
      const harness = await connected({ autoReconnect: false });
      harness.server.last.drop(code);
      await pass(0);
      expect(harness.log.slice(-2)).toEqual(['disconnect', 'close']);
    }
  });

  it('closes with 4000 when pings stop, and reconnects at once', async () => {
    const harness = await connected();
    await pass(19_000);
    harness.server.last.emitMessage('');
    expect(harness.server.last.frames.at(-1)).toBe('');
    await pass(20_090);
    expect(harness.socket.state).toBe('open');
    await pass(20);
    expect(harness.server.connections[0]!.closedWith?.code).toBe(4000);
    expect(harness.server.connections).toHaveLength(2);
    await pass();
    expect(harness.socket.state).toBe('open');
    expect(harness.socket.id).toBe('socket-2');
  });

  it('R8: reads what has arrived during a pause of the process before it judges the silence', async () => {
    const { socket, server } = await connected();
    server.behaviour.invoke = () => undefined;
    const call = outcome(socket.invoke('x', null, { ackTimeout: 60_000 }));
    const missed = collect(socket.receiver('news'));
    // The timer is the first to run after the pause, then the messages come that were buffered.
    await pass(20_000);
    server.last.emitMessage({ event: 'news', data: 1 });
    server.last.emitMessage({ rid: server.received('x')[0].cid, data: 'late' });
    server.last.emitMessage('');
    await pass(19_000);
    expect(socket.state).toBe('open');
    expect(missed).toEqual([1]);
    expect(await call).toEqual({ value: 'late' });
    expect(server.connections).toHaveLength(1);
  });

  it('parses an object in the reason of the server', async () => {
    const harness = await connected({ autoReconnect: false });
    harness.server.behaviour.invoke = () => undefined;
    const call = outcome(harness.socket.invoke('x'));
    harness.server.last.drop(4100, '{"why":"maintenance"}');
    await pass(0);
    const { error } = await call;
    expect(error).toMatchObject({ name: 'BadConnectionError', reason: { why: 'maintenance' } });
    const { payload } = harness.payloads.find(({ name }) => name === 'close')!;
    expect(payload).toEqual({ code: 4100, reason: { why: 'maintenance' } });
  });

  it('never hears the old WebSocket again', async () => {
    const harness = await connected();
    const old = harness.server.last;
    const { onmessage, onclose } = old;
    harness.socket.reconnect();
    await pass();
    onclose!({ code: 1006, reason: '' });
    expect(old.onmessage).toBe(null);
    expect(onmessage).toBeTypeOf('function');
    expect(harness.socket.state).toBe('open');
    expect(harness.socket.id).toBe('socket-2');
  });
});

describe('disconnect()', () => {
  it('passes code and reason to events and the wire', async () => {
    const harness = await connected();
    harness.socket.disconnect(4567, { why: 'ü'.repeat(100) });
    await pass(0);
    expect(harness.payloads.find(({ name }) => name === 'disconnect')!.payload).toEqual({
      code: 4567,
      reason: { why: 'ü'.repeat(100) },
    });
    const { code, reason } = harness.server.last.closedWith!;
    expect(code).toBe(4567);
    expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
    expect(reason).not.toContain('\ufffd');
  });

  it.each([[Symbol('code')], ['x'], [{}], [Number.NaN + 1 || -1], [5000], [12.5], [true]])(
    'refuses %s as code and changes nothing',
    async (code) => {
      const harness = await connected();
      expect(() => harness.socket.disconnect(code as any)).toThrow(
        expect.objectContaining({ name: 'InvalidArgumentsError' }),
      );
      expect(harness.socket.state).toBe('open');
    },
  );

  it('closes other codes locally, without a code on the wire', async () => {
    const harness = await connected({ autoReconnect: false });
    harness.socket.disconnect(1011, 'x');
    await pass(0);
    expect(harness.server.last.closedWith).toEqual({ code: undefined, reason: '' });
    expect(harness.payloads.find(({ name }) => name === 'close')!.payload).toEqual({
      code: 1011,
      reason: 'x',
    });
  });

  it('aborts an attempt and cancels a pending reconnect', async () => {
    const harness = start();
    harness.socket.connect();
    harness.socket.disconnect();
    await pass();
    expect(harness.log).toEqual(['connecting', 'connectAbort', 'close']);
    harness.server.behaviour.connect = 'refuse';
    harness.socket.connect();
    await pass();
    expect(harness.socket.pendingReconnect).toBe(true);
    harness.log.length = 0;
    harness.socket.disconnect();
    expect(harness.socket.pendingReconnect).toBe(false);
    expect(harness.socket.pendingReconnectTimeout).toBe(null);
    await pass(100_000);
    expect(harness.log).toEqual([]);
  });
});

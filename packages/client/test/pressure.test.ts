import { beforeEach, describe, expect, it } from 'vitest';
import { connected, outcome, pass, useVirtualTime } from './support/harness.js';

beforeEach(useVirtualTime);

/** An open client whose WebSocket holds as much as the test says. */
async function underPressure(maxUnsentMessages = 10_000) {
  const harness = await connected({
    outboundHighWaterMark: 100,
    outboundLimit: 1_000,
    maxUnsentMessages,
  });
  const { server, socket, payloads } = harness;
  /** The next message finds so many bytes before it. */
  const hold = (bytes: number): void => {
    server.last.bufferedAmount = bytes;
    void socket.transmit('filler');
  };
  const signs = () =>
    payloads
      .filter(({ name }) => name === 'backpressure' || name === 'drain')
      .map(({ name, payload }) => [name, payload.bufferedBytes]);
  const sent = () => server.received('n').map(({ data }) => data);
  return { ...harness, hold, signs, sent };
}

describe('F16 client-unbounded: bytes that the network does not take', () => {
  it('are readable, and announced above the mark and at half of it', async () => {
    const { socket, server, hold, signs } = await underPressure();
    hold(100);
    expect([socket.bufferedBytes, signs()]).toEqual([100, []]);
    hold(101);
    hold(150);
    await pass(1_000);
    server.last.bufferedAmount = 51;
    await pass(100);
    expect(signs()).toEqual([['backpressure', 101]]);
    server.last.bufferedAmount = 50;
    await pass(10);
    expect(signs().slice(1)).toEqual([['drain', 50]]);
    hold(101);
    expect(signs().slice(2)).toEqual([['backpressure', 101]]);
    expect(socket.getBackpressure()).toBe(0);
  });

  it('let messages and calls wait above the limit, and go out in order after the drain', async () => {
    const { socket, server, hold, sent } = await underPressure();
    hold(1_001);
    void socket.transmit('n', 1);
    const call = socket.invoke('n', 2);
    const publication = socket.invokePublish('n', 3);
    void socket.transmit('n', 4);
    await pass(1_000);
    expect([socket.unsentCount, sent()]).toEqual([4, []]);
    // Below the limit, but not drained.
    server.last.bufferedAmount = 51;
    void socket.transmit('n', 5);
    await pass(100);
    expect(socket.unsentCount).toBe(5);
    server.last.bufferedAmount = 0;
    await pass(50);
    expect([socket.unsentCount, sent()]).toEqual([0, [1, 2, 4, 5]]);
    expect(await call).toEqual({ event: 'n', data: 2 });
    expect(await publication).toBeUndefined();
  });

  it('let the rest wait again when what waited fills them', async () => {
    const { socket, server, hold, sent } = await underPressure();
    hold(1_001);
    for (let number = 1; number <= 3; number++) void socket.transmit('n', number);
    const { send } = server.last;
    server.last.send = function (message) {
      this.bufferedAmount += 600;
      send.call(this, message);
    };
    server.last.bufferedAmount = 0;
    await pass(20);
    expect([sent(), socket.unsentCount]).toEqual([[1, 2], 1]);
    server.last.bufferedAmount = 0;
    await pass(20);
    expect([sent(), socket.unsentCount]).toEqual([[1, 2, 3], 0]);
  });

  it('are never exceeded in silence: what may not wait either is refused', async () => {
    const { socket, hold, payloads } = await underPressure(1);
    hold(1_001);
    void socket.transmit('n', 1);
    void socket.transmit('n', 2);
    expect((await outcome(socket.invoke('n', 3))).error.name).toBe('QueueFullError');
    expect((await outcome(socket.invokePublish('n', 4))).error.name).toBe('QueueFullError');
    expect(() => socket.send('raw')).toThrow(expect.objectContaining({ name: 'QueueFullError' }));
    const dropped = payloads.filter(({ name }) => name === 'transmitDropped');
    expect(dropped.map(({ payload }) => [payload.data, payload.error.name])).toEqual([
      [2, 'QueueFullError'],
    ]);
  });

  it('count what send() writes', async () => {
    const { socket, server, signs } = await underPressure();
    server.last.bufferedAmount = 500;
    socket.send('raw');
    expect(signs()).toEqual([['backpressure', 500]]);
  });

  it('do not hold back answers to the server', async () => {
    const { socket, server, hold } = await underPressure();
    (async () => {
      for await (const request of socket.procedure('ask')) request.end('answer');
    })();
    hold(1_001);
    server.last.emitMessage({ event: 'ask', cid: 5 });
    await pass();
    expect(server.last.packets.at(-1)).toEqual({ rid: 5, data: 'answer' });
  });

  it('keep the time limits of what waits', async () => {
    const { socket, hold, payloads } = await underPressure();
    hold(1_001);
    const call = outcome(socket.invoke('n', 1, { ackTimeout: 50 }));
    void socket.transmit('n', 2, { ackTimeout: 50 });
    await pass(50);
    expect((await call).error.name).toBe('TimeoutError');
    expect(payloads.at(-1)).toMatchObject({
      name: 'transmitDropped',
      payload: { data: 2, error: { name: 'TimeoutError' } },
    });
    expect(socket.unsentCount).toBe(0);
  });

  it('are gone with the connection: what waits goes out on the next one', async () => {
    const { socket, server, hold, signs, sent } = await underPressure();
    hold(1_001);
    void socket.transmit('n', 1);
    server.last.drop(1006);
    expect(socket.bufferedBytes).toBe(0);
    expect(() => socket.send('raw')).toThrow(
      expect.objectContaining({ name: 'BadConnectionError' }),
    );
    await pass(5_000);
    expect([socket.state, sent()]).toEqual(['open', [1]]);
    expect(signs()).toEqual([
      ['backpressure', 1_001],
      ['drain', 0],
    ]);
  });

  it('are reported with what waits when no connection will follow', async () => {
    const { socket, hold, payloads, log } = await underPressure();
    hold(1_001);
    void socket.transmit('n', 1);
    socket.disconnect();
    expect(payloads.findLast(({ name }) => name === 'transmitDropped')?.payload).toMatchObject({
      data: 1,
      error: { name: 'BadConnectionError' },
    });
    await pass(10);
    expect(log.at(-1)).toBe('drain');
    expect(socket.state).toBe('closed');
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import { connected, outcome, pass, start, useVirtualTime } from './support/harness.js';

// What programs without types pass, and servers that behave strangely.

beforeEach(useVirtualTime);

describe('options', () => {
  it('that are null mean their defaults', async () => {
    const options: any = { connectTimeout: null, ackTimeout: null, maxUnsentMessages: null };
    const { socket } = await connected({ ...options, channelPrefix: 'a.' });
    expect(socket.options).toMatchObject({
      connectTimeout: 20_000,
      ackTimeout: 10_000,
      maxUnsentMessages: 10_000,
    });
    socket.connect({ channelPrefix: null });
    expect(socket.channelPrefix).toBeNull();
    socket.disconnect();
  });
});

describe('names that are no strings', () => {
  it.each([5, null, undefined, {}, Symbol('x')])('%s reach nobody', async (name: any) => {
    const { socket, server, payloads } = await connected();
    const invalid = expect.objectContaining({ name: 'InvalidArgumentsError' });
    expect(() => socket.subscribe(name)).toThrow(invalid);
    expect((await outcome(socket.invoke(name))).error).toEqual(invalid);
    expect((await outcome(socket.invokePublish(name))).error).toEqual(invalid);
    await socket.transmit(name);
    expect(payloads.at(-1)).toEqual({ name: 'error', payload: { error: invalid } });
    await pass();
    expect(socket.subscriptions(true)).toEqual([]);
    expect(server.last.packets.map(({ event }) => event)).toEqual(['#handshake']);
    socket.disconnect();
  });
});

describe('a token that is no string', () => {
  it('is the word of the server like any other', async () => {
    const { socket } = await connected();
    const asked = outcome(socket.authenticate(5 as any));
    await pass();
    expect((await asked).value).toEqual({ isAuthenticated: true, authError: null });
    expect(socket.authToken).toBeNull();
    socket.disconnect();
  });
});

describe('callIdGenerator', () => {
  it('cannot make one call answer another', async () => {
    let id = 0;
    const { socket } = await connected({ callIdGenerator: () => Math.min(++id, 2) });
    const calls = [socket.invoke('a', 1), socket.invoke('b', 2)].map(outcome);
    await pass();
    const [first, second] = await Promise.all(calls);
    expect(first.value).toEqual({ event: 'a', data: 1 });
    expect(second.error.message).toBe(
      'The callIdGenerator option returned 2; it must be a positive number that no call has',
    );
    socket.disconnect();
  });

  it.each<[() => any, string]>([
    [
      () => {
        throw new Error('none left');
      },
      'none left',
    ],
    [() => 'x', 'The callIdGenerator option returned x; it must be a positive number'],
  ])('that makes no ids fails the handshake', async (callIdGenerator, message) => {
    const { socket, payloads } = start({ callIdGenerator, autoReconnect: false });
    socket.connect();
    await pass();
    const { payload } = payloads.find(({ name }) => name === 'error')!;
    expect(payload.error.message).toContain(message);
    expect(payloads.find(({ name }) => name === 'connectAbort')!.payload.code).toBe(4003);
  });
});

describe('a server that floods with pings', () => {
  it('gets one pong for those that come together', async () => {
    const { socket, server } = await connected();
    const pongs = () => server.last.frames.filter((frame) => frame === '').length;
    for (let round = 1; round <= 3; round++) {
      for (let i = 0; i < 1_000; i++) server.last.emitMessage('');
      expect(pongs()).toBe(round);
      await pass(8_000);
    }
    expect(socket.state).toBe('open');
    socket.disconnect();
  });
});

describe('a server that ends every session at once', () => {
  it.each([4001, 1005])('with %i is not asked without a pause', async (code) => {
    const { socket, server } = await connected();
    for (let second = 0; second < 60; second++) {
      for (let i = 0; i < 20; i++) {
        if (socket.state === 'open') server.last.drop(code);
        await pass(50);
      }
    }
    // Every other time at once, else after one to two seconds.
    expect(server.connections.length).toBeGreaterThan(40);
    expect(server.connections.length).toBeLessThan(100);
    socket.disconnect();
  });
});

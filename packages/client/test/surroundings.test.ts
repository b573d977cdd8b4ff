import { beforeEach, describe, expect, it, vi } from 'vitest';
import { readTokenPayload } from '../src/auth/token-payload.js';
import type { Platform } from '../src/index.js';
import { TokenStorage } from '../src/index.js';
import { commonPlatform } from '../src/platform/common.js';
import { connected, pass, start, token, useVirtualTime } from './support/harness.js';

beforeEach(useVirtualTime);

class FakeStorage {
  readonly items = new Map<string, string>();
  failing = false;

  getItem(key: string): string | null {
    this.#check();
    return this.items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.#check();
    this.items.set(key, value);
  }

  removeItem(key: string): void {
    this.#check();
    this.items.delete(key);
  }

  #check(): void {
    if (this.failing) {
      throw new Error('storage is not available');
    }
  }
}

describe('token storage', () => {
  function engine(storage: () => FakeStorage | undefined): TokenStorage {
    return new TokenStorage({ ...commonPlatform, storage } as unknown as Platform);
  }

  it('keeps the bare token under its name', () => {
    const storage = new FakeStorage();
    const tokens = engine(() => storage);
    expect(tokens.saveToken('k', 'jwt')).toBe('jwt');
    expect([...storage.items]).toEqual([['k', 'jwt']]);
    expect(tokens.loadToken('k')).toBe('jwt');
    expect(tokens.removeToken('k')).toBe('jwt');
    expect(tokens.removeToken('k')).toBe(null);
  });

  it('falls back to memory whenever storage fails', () => {
    const storage = new FakeStorage();
    const tokens = engine(() => storage);
    tokens.saveToken('k', 'old');
    storage.failing = true;
    tokens.saveToken('k', 'new');
    expect(tokens.loadToken('k')).toBe('new');
    storage.failing = false;
    expect(tokens.loadToken('k')).toBe('new');
    tokens.removeToken('k');
    expect(tokens.loadToken('k')).toBe(null);
  });

  it('survives storage that may not even be touched, and odd names', () => {
    const tokens = engine(() => {
      throw new Error('denied');
    });
    expect(tokens.loadToken('__proto__')).toBe(null);
    tokens.saveToken('__proto__', 'jwt');
    expect(tokens.loadToken('__proto__')).toBe('jwt');
  });
});

describe('readTokenPayload()', () => {
  it.each([
    [token({ a: 'ü' }), { a: 'ü' }],
    [`x.${Buffer.from('plain').toString('base64url')}.y`, 'plain'],
    ['nothing', null],
    ['', null],
  ])('of %s is %j', (signed, payload) => {
    expect(readTokenPayload(signed)).toEqual(payload);
  });
});

describe('waking up', () => {
  function wakeable() {
    const listeners = new Set<() => void>();
    const platform: Partial<Platform> = {
      watchWakeUp(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };
    const wake = () => {
      for (const listener of listeners) {
        listener();
      }
    };
    return { platform, wake, listeners };
  }

  it('reconnects at once instead of waiting for the timer', async () => {
    const { platform, wake } = wakeable();
    const { socket, server } = await connected({ platform });
    server.last.drop(1006);
    expect(socket.pendingReconnect).toBe(true);
    wake();
    expect(socket.state).toBe('connecting');
    await pass();
    expect(server.connections).toHaveLength(2);
  });

  it('does not revive a socket that was disconnected', async () => {
    const { platform, wake, listeners } = wakeable();
    const { socket } = await connected({ platform });
    socket.disconnect();
    wake();
    expect(socket.state).toBe('closed');
    expect(listeners.size).toBe(0);
  });

  it('finds a dead connection within the usual gap between pings', async () => {
    const { platform, wake } = wakeable();
    const { server, log } = await connected({ platform });
    for (let i = 0; i < 3; i++) {
      await pass(5_000);
      server.last.emitMessage('');
    }
    const frames = server.last.frames.length;
    wake();
    expect(server.last.frames.length).toBe(frames + 1);
    await pass(7_200);
    expect(log).toContain('disconnect');
    expect(server.connections[0]!.closedWith?.code).toBe(4000);
  });

  it('leaves a living connection alone', async () => {
    const { platform, wake } = wakeable();
    const { server, log } = await connected({ platform });
    for (let i = 0; i < 20; i++) {
      await pass(5_000);
      wake();
      server.last.emitMessage('');
    }
    expect(log).not.toContain('disconnect');
  });

  it('notices sleep by a monotonic clock that goes on', async () => {
    let sleptMs = 0;
    const now = () => performance.now() + sleptMs;
    const { server, log } = await connected({ platform: { now } });
    sleptMs = 3_600_000;
    await pass(10_000);
    expect(log).toContain('disconnect');
    expect(server.connections).toHaveLength(2);
  });

  it('F19 sleep-clock: notices sleep by the wall clock where the monotonic clock stands still', async () => {
    let sleptMs = 0;
    const wallNow = () => Date.now() + sleptMs;
    const { server, log } = await connected({ platform: { wallNow } });
    for (let i = 0; i < 3; i++) {
      await pass(5_000);
      server.last.emitMessage('');
    }
    const frames = server.last.frames.length;
    sleptMs = 3_600_000;
    await pass(10_000);
    expect(server.last.frames.length).toBe(frames + 1);
    await pass(7_200);
    expect(log).toContain('disconnect');
    expect(server.connections[0]!.closedWith?.code).toBe(4000);
  });

  it('F19: a wall clock that is set back, or by less than a minute, is no sleep', async () => {
    let setByMs = 0;
    const wallNow = () => Date.now() + setByMs;
    const { server } = await connected({ platform: { wallNow } });
    const frames = server.last.frames.length;
    for (const ms of [60_000, -3_600_000]) {
      setByMs = ms;
      server.last.emitMessage('');
      await pass(10_000);
    }
    // One answer for each ping, and no probe.
    expect(server.last.frames.length).toBe(frames + 2);
  });
});

describe('a page that is left', () => {
  it('disconnects, and reconnects when it comes back from the cache', async () => {
    let hide = () => {};
    let wake: () => void = () => {};
    const platform: Partial<Platform> = {
      watchPageHide(listener) {
        hide = listener;
        return () => {};
      },
      watchWakeUp(listener) {
        wake = listener;
        return () => {};
      },
    };
    const { socket, server } = await connected({ platform });
    hide();
    expect(server.last.closedWith?.code).toBe(1000);
    expect([socket.state, socket.pendingReconnect]).toEqual(['closed', true]);
    await pass(100_000);
    expect(socket.state).toBe('closed');
    wake();
    await pass();
    expect(socket.state).toBe('open');
  });
});

describe('tokens of other tabs', () => {
  it('are followed with syncAuthTokens', async () => {
    let change: (key: string | null, value: string | null) => void = () => {};
    const stop = vi.fn();
    const platform: Partial<Platform> = {
      watchStorage(listener) {
        change = listener;
        return stop;
      },
    };
    const { socket, server } = await connected({ platform, syncAuthTokens: true });
    const signed = token({ name: 'Ann' });
    socket.auth.saveToken('asyngular.authToken', signed);
    change('asyngular.authToken', signed);
    change('other', 'x');
    await pass();
    expect(socket.signedAuthToken).toBe(signed);
    expect(server.received('#authenticate')).toHaveLength(1);
    socket.auth.removeToken('asyngular.authToken');
    change(null, null);
    await pass();
    expect(socket.authState).toBe('unauthenticated');
    expect(server.received('#removeAuthToken')).toHaveLength(1);
    await socket[Symbol.asyncDispose]();
    expect(stop).toHaveBeenCalledOnce();
    expect(socket.state).toBe('closed');
  });
});

it('ends loops when disposed', async () => {
  const { socket } = start();
  const seen: string[] = [];
  const loop = (async () => {
    for await (const _ of socket.listener('close')) {
      seen.push('close');
    }
  })();
  socket.connect();
  await pass();
  await socket[Symbol.asyncDispose]();
  await loop;
  expect(seen).toEqual(['close']);
});

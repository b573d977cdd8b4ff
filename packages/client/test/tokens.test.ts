import { beforeEach, describe, expect, it } from 'vitest';
import type { AuthEngine } from '../src/index.js';
import {
  connected,
  type Harness,
  outcome,
  pass,
  start,
  token,
  useVirtualTime,
} from './support/harness.js';

beforeEach(useVirtualTime);

/** A storage whose answers take as long as `delays` says, one after the other, and 50 ms then. */
class SlowStorage implements AuthEngine {
  stored: string | null = null;
  readonly delays: number[] = [];

  loadToken(): Promise<string | null> {
    return this.#later(() => this.stored);
  }

  saveToken(_name: string, text: string): Promise<string> {
    return this.#later(() => {
      this.stored = text;
      return text;
    });
  }

  removeToken(): Promise<string | null> {
    return this.#later(() => {
      const { stored } = this;
      this.stored = null;
      return stored;
    });
  }

  #later<T>(use: () => T): Promise<T> {
    const delayMs = this.delays.shift() ?? 50;
    return new Promise((resolve, reject) =>
      setTimeout(() => {
        try {
          resolve(use());
        } catch (error) {
          reject(error);
        }
      }, delayMs),
    );
  }
}

const [first, second] = [token({ n: 1 }), token({ n: 2 })];

function give({ server }: Harness, text: string): void {
  server.last.emitMessage({ event: '#setAuthToken', data: { token: text } });
}

function takeAway({ server }: Harness): void {
  server.last.emitMessage({ event: '#removeAuthToken' });
}

/** Connected, with a storage that takes its time. */
async function connectedTo(storage: SlowStorage): Promise<Harness> {
  const harness = start({ authEngine: storage });
  harness.socket.connect();
  await pass(200);
  return harness;
}

describe('a storage that takes its time', () => {
  it('has no token after a login and a logout', async () => {
    const storage = new SlowStorage();
    const harness = await connectedTo(storage);
    give(harness, first);
    takeAway(harness);
    await pass(500);
    expect(storage.stored).toBe(null);
  });

  it('has the later of two tokens', async () => {
    const storage = new SlowStorage();
    const harness = await connectedTo(storage);
    storage.delays.push(80, 10);
    give(harness, first);
    give(harness, second);
    await pass(500);
    expect(storage.stored).toBe(second);
  });

  it('holds up the next handshake until the token is stored', async () => {
    const storage = new SlowStorage();
    const harness = await connectedTo(storage);
    storage.delays.push(3_000);
    give(harness, first);
    harness.socket.reconnect();
    await pass(3_500);
    expect(harness.server.received('#handshake')[0].data.authToken).toBe(first);
  });

  it('does not bring back what was given up offline', async () => {
    const storage = new SlowStorage();
    const harness = await connectedTo(storage);
    give(harness, first);
    await pass(100);
    harness.socket.disconnect();
    storage.delays.push(10, 3_000);
    void harness.socket.deauthenticate();
    harness.socket.connect();
    await pass(5_000);
    expect(harness.server.received('#handshake')[0].data.authToken).toBe(null);
    expect(storage.stored).toBe(null);
  });

  it('and that fails to remove a token does not bring it back either', async () => {
    const storage = new SlowStorage();
    const harness = await connectedTo(storage);
    give(harness, first);
    await pass(100);
    storage.removeToken = () => Promise.reject(new Error('locked'));
    void harness.socket.deauthenticate();
    await pass(200);
    expect(harness.payloads.at(-1)!.payload.error.message).toBe('locked');
    harness.socket.reconnect();
    await pass(200);
    expect(storage.stored).toBe(first);
    expect(harness.server.received('#handshake')[0].data.authToken).toBe(null);
  });

  it('holds up nothing for longer than ackTimeout', async () => {
    const storage = new SlowStorage();
    const harness = await connectedTo(storage);
    storage.saveToken = () => new Promise(() => {});
    give(harness, first);
    harness.socket.reconnect();
    await pass(10_200);
    expect(harness.payloads.find(({ name }) => name === 'error')!.payload.error).toMatchObject({
      name: 'TimeoutError',
      message: 'The auth engine did not answer within 10000 ms',
    });
    expect(harness.socket.state).toBe('open');
  });

  it('keeps one change waiting, however many are asked for', async () => {
    const storage = new SlowStorage();
    const harness = await connectedTo(storage);
    const saved: string[] = [];
    const save = storage.saveToken.bind(storage);
    storage.saveToken = (name, text) => {
      saved.push(text);
      return save(name, text);
    };
    for (let n = 0; n < 1_000; n++) give(harness, token({ n }));
    await pass(500);
    expect(saved).toEqual([token({ n: 0 }), token({ n: 999 })]);
  });
});

describe('a token that has ended', () => {
  const engineWith = (stored: string): AuthEngine & { stored: string | null } => ({
    stored,
    loadToken() {
      return this.stored;
    },
    saveToken(_name, text) {
      this.stored = text;
      return text;
    },
    removeToken() {
      const { stored } = this;
      this.stored = null;
      return stored;
    },
  });

  it('leaves the later one of another tab in the storage', async () => {
    const authEngine = engineWith(first);
    const harness = start({ authEngine });
    harness.server.behaviour.handshake = () => ({
      data: { id: 'x', pingTimeout: 1e4, isAuthenticated: true },
    });
    harness.socket.connect();
    await pass();
    authEngine.stored = second;
    takeAway(harness);
    await pass();
    expect(harness.socket.authState).toBe('unauthenticated');
    expect(authEngine.stored).toBe(second);
    expect(harness.log).not.toContain('removeAuthToken');
    await Promise.all([harness.socket.deauthenticate(), pass()]);
    expect(authEngine.stored).toBe(second);
  });

  it('leaves the later one there when the handshake refuses it as bad', async () => {
    const authEngine = engineWith(first);
    const harness = start({ authEngine });
    harness.socket.connect();
    await pass();
    authEngine.stored = second;
    takeAway(harness);
    await pass();
    expect(authEngine.stored).toBe(second);
  });

  it('is removed, though one that is presented for another tab is under way', async () => {
    const authEngine = engineWith(first);
    const harness = start({ authEngine });
    harness.server.behaviour.handshake = () => ({
      data: { id: 'x', pingTimeout: 1e4, isAuthenticated: true },
    });
    harness.socket.connect();
    await pass();
    authEngine.stored = second;
    const asked = harness.socket.authenticate(second);
    takeAway(harness);
    await pass();
    expect((await asked).isAuthenticated).toBe(true);
    expect(authEngine.stored).toBe(second);
  });

  it('and was presented as bad is the only one that is removed', async () => {
    const authEngine = engineWith(first);
    const harness = await connected({ authEngine });
    harness.server.behaviour.authenticate = () => ({
      error: { name: 'AuthTokenInvalidError', message: 'jwt malformed', isBadToken: true },
    });
    const refused = outcome(harness.socket.authenticate('bad'));
    await pass();
    takeAway(harness);
    await pass();
    expect((await refused).error.name).toBe('AuthTokenInvalidError');
    expect(authEngine.stored).toBe(first);
  });
});

describe('deauthenticate()', () => {
  it('overtakes authenticate()', async () => {
    const harness = await connected();
    const asked = outcome(harness.socket.authenticate(first));
    void harness.socket.deauthenticate();
    await pass();
    expect((await asked).error).toMatchObject({
      name: 'AbortError',
      message: 'The token came too late: deauthenticate() was called meanwhile',
    });
    expect(harness.socket.authState).toBe('unauthenticated');
    expect(harness.server.last.packets.slice(-2).map(({ event }) => event)).toEqual([
      '#authenticate',
      '#removeAuthToken',
    ]);
  });

  it('takes back an authenticate() that waits for a connection', async () => {
    const harness = start({ connectOnSend: false });
    const asked = outcome(harness.socket.authenticate(first));
    void harness.socket.deauthenticate();
    await pass();
    expect((await asked).error.name).toBe('AbortError');
    harness.socket.connect();
    await pass();
    expect(harness.server.received('#authenticate')).toEqual([]);
  });

  it('overtakes a login that is under way', async () => {
    const harness = await connected();
    harness.server.behaviour.invoke = () => undefined;
    const login = outcome(harness.socket.invoke('login'));
    await pass();
    await Promise.all([harness.socket.deauthenticate(), pass()]);
    const { cid } = harness.server.received('login')[0];
    harness.server.last.emitMessage({ event: '#setAuthToken', data: { token: first }, cid: 7 });
    harness.server.last.emitMessage({ rid: cid, data: true });
    await pass();
    expect((await login).value).toBe(true);
    expect(harness.socket.authState).toBe('unauthenticated');
    expect(harness.server.received('#removeAuthToken')).toHaveLength(2);
    const answer = harness.server.last.packets.find(({ rid }) => rid === 7);
    expect(answer.error).toMatchObject({ name: 'AbortError' });
  });

  it('does not overtake a login that follows it, nor tokens that no call asked for', async () => {
    const harness = await connected();
    harness.server.behaviour.invoke = () => undefined;
    void outcome(harness.socket.invoke('slow'));
    void harness.socket.deauthenticate();
    void outcome(harness.socket.invoke('login'));
    await pass();
    give(harness, first);
    await pass();
    expect(harness.socket.signedAuthToken).toBe(first);

    const other = await connected();
    await Promise.all([other.socket.deauthenticate(), pass()]);
    give(other, second);
    await pass();
    expect(other.socket.signedAuthToken).toBe(second);
  });

  it('refuses one token for each call that was under way, so that guests get theirs', async () => {
    const harness = await connected();
    harness.server.behaviour.invoke = () => undefined;
    void outcome(harness.socket.invoke('slow'));
    await pass();
    await Promise.all([harness.socket.deauthenticate(), pass()]);
    give(harness, first);
    await pass();
    expect(harness.socket.authState).toBe('unauthenticated');
    give(harness, second);
    await pass();
    expect(harness.socket.signedAuthToken).toBe(second);
  });
});

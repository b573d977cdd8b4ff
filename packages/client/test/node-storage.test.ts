import { afterEach, beforeEach, expect, it } from 'vitest';
import { type AGClientSocket, create } from '../src/index.js';
import { FakeServer } from './support/fake-server.js';
import { pass, token, useVirtualTime } from './support/harness.js';

const KEY = 'asyngular.authToken';
const signed = token({ name: 'Ann' });

beforeEach(useVirtualTime);
afterEach(() => {
  Reflect.deleteProperty(globalThis, 'localStorage');
});

function mapStorage(): { entries: Map<string, string>; storage: object } {
  const entries = new Map<string, string>();
  const storage = {
    getItem: (key: string) => entries.get(key) ?? null,
    setItem: (key: string, value: string) => void entries.set(key, value),
    removeItem: (key: string) => void entries.delete(key),
  };
  return { entries, storage };
}

async function login(server = new FakeServer()): Promise<AGClientSocket> {
  const socket = create({ platform: server.platform() });
  await pass();
  server.last.emitMessage({ event: '#setAuthToken', data: { token: signed } });
  await pass();
  expect(socket.signedAuthToken).toBe(signed);
  return socket;
}

/** The token that a new socket sends with its handshake. */
async function tokenOfHandshake(): Promise<unknown> {
  const server = new FakeServer();
  const socket = create({ platform: server.platform() });
  await pass();
  socket.disconnect();
  return server.received('#handshake')[0].data.authToken;
}

it.each<[string, (storage: object) => PropertyDescriptor]>([
  ['assigned', (value) => ({ value, configurable: true })],
  ['behind an accessor', (value) => ({ get: () => value, configurable: true })],
])('a localStorage of the application, %s, holds the token as in a page', async (_, describe) => {
  const { entries, storage } = mapStorage();
  Object.defineProperty(globalThis, 'localStorage', describe(storage));
  const socket = await login();
  expect(entries.get(KEY)).toBe(signed);
  expect(await tokenOfHandshake()).toBe(signed);

  const removed = socket.deauthenticate();
  await pass();
  await removed;
  expect(entries.size).toBe(0);
  expect(await tokenOfHandshake()).toBeNull();
  socket.disconnect();
});

it.each<[string, () => unknown]>([
  // Node 25: an object without methods, after a warning.
  [
    'warns',
    () => {
      process.emitWarning('`--localstorage-file` was provided without a valid path');
      return {};
    },
  ],
  // Node 22 with --experimental-webstorage.
  [
    'throws',
    () => {
      throw new TypeError('The argument --localstorage-file must be an absolute path');
    },
  ],
])("Node's own localStorage without a file, which %s, is left alone", async (_, get) => {
  const warnings: Error[] = [];
  const processOnWarning = (warning: Error) => void warnings.push(warning);
  process.on('warning', processOnWarning);
  Object.defineProperty(globalThis, 'localStorage', { get, configurable: true });
  const socket = await login();
  // The token is in the memory of the socket that got it, and goes with its next handshake.
  expect(await tokenOfHandshake()).toBeNull();
  expect(socket.auth.loadToken(KEY)).toBe(signed);
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', processOnWarning);
  expect(warnings).toEqual([]);
  socket.disconnect();
});

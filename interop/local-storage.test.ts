import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as ours from '@asyngular/client';
import { attach } from '@asyngular/server';
import { listenOn } from '@asyngular/test-utils/ports';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadPeer } from './support/peers.js';
import { authKey } from './support/server.js';

// In Node, Electron and React Native an application may put a `localStorage` on `globalThis`. Published clients
// keep the token there, and so does ours, under the same name: a login survives the change from one to the other.

const clients = {
  '@asyngular/client': ours,
  'asyngular-client 6.2.4': loadPeer('asyngular-client 6.2.4'),
  'socketcluster-client 20.0.2': loadPeer('socketcluster-client 20.0.2'),
};
type ClientName = keyof typeof clients;
const names = Object.keys(clients) as ClientName[];
const pairs = names.flatMap((before) =>
  names.map((after): [ClientName, ClientName] => [before, after]),
);

const entries = new Map<string, string>();
const http = createServer();
const server = attach(http, { authKey });

beforeAll(async () => {
  Object.assign(globalThis, {
    localStorage: {
      getItem: (key: string) => entries.get(key) ?? null,
      setItem: (key: string, value: unknown) => void entries.set(key, String(value)),
      removeItem: (key: string) => void entries.delete(key),
    },
  });
  (async () => {
    for await (const { socket } of server.listener('connection')) {
      serveLogin(socket);
    }
  })();
  await listenOn(http);
});

afterAll(async () => {
  Reflect.deleteProperty(globalThis, 'localStorage');
  await server.close();
  http.close();
});

async function serveLogin(socket: any): Promise<void> {
  for await (const request of socket.procedure('login')) {
    await socket.setAuthToken({ name: request.data });
    request.end();
  }
}

/** A connected client of that package. */
async function connect(name: ClientName): Promise<any> {
  const socket: any = clients[name].create({
    hostname: '127.0.0.1',
    port: (http.address() as AddressInfo).port,
    path: '/asyngular/',
    authTokenName: 'shared.authToken',
    autoReconnect: false,
  });
  await socket.listener('connect').once(5_000);
  return socket;
}

test.each(pairs)('a login of %s is one of %s too', async (before, after) => {
  entries.clear();
  const first = await connect(before);
  await first.invoke('login', 'ann');
  expect(entries.get('shared.authToken')).toBe(first.signedAuthToken);
  first.disconnect();

  const second = await connect(after);
  expect(second.authState).toBe('authenticated');
  expect(second.authToken.name).toBe('ann');
  await second.deauthenticate();
  expect([...entries.keys()]).toEqual([]);
  second.disconnect();
});

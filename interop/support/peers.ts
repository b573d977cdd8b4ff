import { createRequire } from 'node:module';
import { quietPeers } from './quiet-peers.js';

const load = createRequire(new URL('../../peers/package.json', import.meta.url));

/** Name in the table → alias in peers/package.json. */
export const publishedServers = {
  'socketcluster-server 15.0.1': 'socketcluster-server-15',
  'socketcluster-server 17.4.1': 'socketcluster-server-17',
  'socketcluster-server 20.0.1': 'socketcluster-server',
  'asyngular-server 6.2.1': 'asyngular-server',
} as const;

export const publishedClients = {
  'socketcluster-client 14.3.2': 'socketcluster-client-14',
  'socketcluster-client 16.1.1': 'socketcluster-client-16',
  'socketcluster-client 20.0.2': 'socketcluster-client',
  'asyngular-client 6.2.4': 'asyngular-client',
} as const;

export type PublishedServer = keyof typeof publishedServers;
export type PublishedClient = keyof typeof publishedClients;

/** Path of an installed peer's entry point. */
export function peerPath(alias: string): string {
  return load.resolve(alias);
}

/** Loads a published package. Throws, saying how to install it, when it is missing or another version. */
export function loadPeer(name: PublishedServer | PublishedClient | 'jsonwebtoken'): any {
  quietPeers();
  if (name === 'jsonwebtoken') return load(name);
  const alias = { ...publishedServers, ...publishedClients }[name];
  const wanted = name.split(' ')[1];
  let installed: string;
  try {
    installed = load(`${alias}/package.json`).version;
  } catch (cause) {
    throw new Error(`${name} is not installed. Run: npm run interop`, { cause });
  }
  if (installed !== wanted) {
    throw new Error(`${alias} is ${installed}, wanted ${wanted}. Run: npm run interop`);
  }
  return load(alias);
}

import type { DialectName } from './load/dialects.js';
import { installedVersion } from './peers.js';

/** Something that is measured. Its roles depend on the scenario: a server, a client, a library. */
export interface Subject {
  id: string;
  label: string;
  /** Module under servers/ and the protocol it speaks; absent when it is not a server. */
  server?: { module: string; dialect: DialectName };
  /** Client under receive/clients.ts and the protocol it speaks; `bundled` = it has a size in browsers. */
  client?: { name: string; dialect: DialectName; bundled?: boolean };
  /** Has implementations in the micro-benchmarks named here. */
  micro?: ('streams' | 'jwt')[];
  /** Takes part only in scenarios that name it. */
  isVariant?: true;
  /** Packages whose versions are printed; the subject is left out when one is not installed. */
  packages: { name: string; from: 'peers' | 'here' }[];
  /** Its colour in charts: ours, what we are measured by, other products, what C++ reaches. */
  colour: 'ours' | 'base' | 'peer' | 'ceiling';
}

/** In the order of tables and charts. */
export const subjects: Subject[] = [
  {
    id: 'asyngular',
    label: 'Asyngular',
    server: { module: 'asyngular', dialect: 'asyngular' },
    client: { name: 'asyngular', dialect: 'asyngular', bundled: true },
    micro: ['streams', 'jwt'],
    packages: [
      { name: '@asyngular/server', from: 'here' },
      { name: '@asyngular/client', from: 'here' },
    ],
    colour: 'ours',
  },
  {
    id: 'asyngular-history',
    label: 'Asyngular, channels with history',
    server: { module: 'asyngular-history', dialect: 'asyngular-history' },
    packages: [{ name: '@asyngular/server', from: 'here' }],
    colour: 'ours',
  },
  {
    id: 'asyngular-handlers',
    label: 'Asyngular, server.handle()',
    server: { module: 'asyngular-handlers', dialect: 'asyngular' },
    packages: [{ name: '@asyngular/server', from: 'here' }],
    colour: 'ours',
  },
  {
    id: 'asyngular-metrics',
    label: 'Asyngular, server.handle(), with metrics',
    server: { module: 'asyngular-metrics', dialect: 'asyngular' },
    isVariant: true,
    packages: [{ name: '@asyngular/server', from: 'here' }],
    colour: 'ours',
  },
  {
    id: 'asyngular-contract',
    label: 'Asyngular, with a contract of zod schemas',
    server: { module: 'asyngular-contract', dialect: 'asyngular' },
    isVariant: true,
    packages: [{ name: '@asyngular/server', from: 'here' }],
    colour: 'ours',
  },
  {
    id: 'asyngular-checked',
    label: 'Asyngular, checked by hand',
    server: { module: 'asyngular-checked', dialect: 'asyngular' },
    isVariant: true,
    packages: [{ name: '@asyngular/server', from: 'here' }],
    colour: 'base',
  },
  {
    id: 'asyngular-silent',
    label: 'Asyngular, logger: false',
    server: { module: 'asyngular-silent', dialect: 'asyngular' },
    client: { name: 'asyngular-silent', dialect: 'asyngular' },
    isVariant: true,
    packages: [
      { name: '@asyngular/server', from: 'here' },
      { name: '@asyngular/client', from: 'here' },
    ],
    colour: 'base',
  },
  {
    id: 'asyngular-uws',
    label: 'Asyngular on uWebSockets.js',
    server: { module: 'asyngular-uws', dialect: 'asyngular' },
    packages: [
      { name: '@asyngular/server', from: 'here' },
      { name: '@trufflesuite/uws-js-unofficial', from: 'peers' },
    ],
    colour: 'ours',
  },
  {
    id: 'ws-framed',
    label: 'ws, framed once*',
    server: { module: 'ws-framed', dialect: 'plain' },
    packages: [{ name: 'ws', from: 'here' }],
    colour: 'base',
  },
  {
    id: 'ws',
    label: 'ws, ws.send()',
    server: { module: 'ws-plain', dialect: 'plain' },
    client: { name: 'ws', dialect: 'plain' },
    packages: [{ name: 'ws', from: 'here' }],
    colour: 'base',
  },
  {
    id: 'socket.io',
    label: 'Socket.IO',
    server: { module: 'socket-io', dialect: 'socket.io' },
    client: { name: 'socket.io', dialect: 'socket.io', bundled: true },
    packages: [
      { name: 'socket.io', from: 'peers' },
      { name: 'socket.io-client', from: 'peers' },
    ],
    colour: 'peer',
  },
  {
    id: 'socketcluster',
    label: 'SocketCluster',
    server: { module: 'socketcluster', dialect: 'socketcluster' },
    client: { name: 'socketcluster', dialect: 'socketcluster', bundled: true },
    micro: ['streams', 'jwt'],
    packages: [
      { name: 'socketcluster-server', from: 'peers' },
      { name: 'socketcluster-client', from: 'peers' },
    ],
    colour: 'peer',
  },
  {
    id: 'uws',
    label: 'uWebSockets.js',
    server: { module: 'uwebsockets', dialect: 'plain' },
    packages: [{ name: '@trufflesuite/uws-js-unofficial', from: 'peers' }],
    colour: 'ceiling',
  },
  {
    id: 'fast-jwt',
    label: 'fast-jwt, key prepared',
    micro: ['jwt'],
    packages: [{ name: 'fast-jwt', from: 'here' }],
    colour: 'base',
  },
];

/** Versions of a subject's packages, or undefined when one of them is missing. */
export function subjectVersions(subject: Subject): Record<string, string> | undefined {
  const versions: Record<string, string> = {};
  for (const { name, from } of subject.packages) {
    const version = installedVersion(name, from);
    if (version === undefined) return undefined;
    versions[name] = version;
  }
  return versions;
}

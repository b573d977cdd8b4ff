import { publishedCallbackClient } from './callback-client.js';
import { type PublishedServer, publishedServers } from './peers.js';
import { ourServer, publishedServer } from './server.js';
import type { Pair } from './stage.js';
import { ourClient, publishedStreamClient } from './stream-client.js';

const clients = [
  publishedCallbackClient('socketcluster-client 14.3.2'),
  publishedStreamClient('socketcluster-client 16.1.1'),
  publishedStreamClient('socketcluster-client 20.0.2'),
  publishedStreamClient('asyngular-client 6.2.4'),
];

/** Column of the table → the two ends of its connections: one of them is always ours. */
export const pairs: ReadonlyMap<string, Pair> = new Map<string, Pair>([
  ['ours', { client: ourClient, server: ourServer }],
  ...(Object.keys(publishedServers) as PublishedServer[]).map(
    (name) => [name, { client: ourClient, server: publishedServer(name) }] as const,
  ),
  ...clients.map((client) => [client.name, { client, server: ourServer }] as const),
]);

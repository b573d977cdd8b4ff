import type { RawClient } from '@asyngular/test-utils/raw-client';
import { until } from '@asyngular/test-utils/wait';
import type { TestServer } from './server.js';

/** What a client that speaks of presence has been given at its handshake. */
export interface PresentClient {
  readonly client: RawClient;
  readonly id: string;
  /** What to offer on the next connection. */
  readonly offer: { readonly client: string; readonly was: string };
}

/** A client that has agreed to the extension `presence`. */
export async function openPresent(
  { connect }: Pick<TestServer, 'connect'>,
  { authToken = null, offer = {} }: { authToken?: string | null; offer?: object } = {},
): Promise<PresentClient> {
  const client = connect();
  await client.opened();
  const { data } = await client.request('#handshake', { authToken, ext: { presence: offer } });
  const { client: secret } = data.ext.presence;
  return { client, id: data.id, offer: { client: secret, was: data.id } };
}

/** Subscribes and enters, watches or both. Resolves to the member `presence` of the answer. */
export async function join(client: RawClient, channel: string, presence: object): Promise<any> {
  const { data } = await client.request('#subscribe', { channel, presence });
  return data.presence;
}

/** A client that watches a channel, and has been told who is there. */
export async function watch(
  context: Pick<TestServer, 'connect'>,
  channel: string,
): Promise<RawClient> {
  const { client } = await openPresent(context);
  await join(client, channel, { watch: true });
  await until('a sync', () => notices(client, channel).length > 0);
  return client;
}

/** What `#presence` packets have brought of a channel so far. */
export function notices(client: RawClient, channel: string): any[] {
  return client.received
    .flat()
    .filter(({ event, data }) => event === '#presence' && data.channel === channel)
    .map(({ data: { channel: _, ...rest } }) => rest);
}

/** The states of the members as a watcher knows them, by key. It takes what comes as P15.13 says. */
export function seen(client: RawClient, channel: string): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  for (const notice of notices(client, channel)) {
    if (notice.sync && notice.page === 1 && !notice.partial) {
      for (const key of Object.keys(members)) delete members[key];
    }
    const { members: page = [], enter = [], update = [], leave = [] } = notice;
    for (const { key, state } of [...page, ...enter]) members[key] = state;
    for (const { key, state } of update) if (key in members) members[key] = state;
    for (const key of leave) delete members[key];
  }
  return members;
}

/** Waits until a watcher knows of these members and no others, by key. */
export function untilSeen(
  client: RawClient,
  channel: string,
  expected: Record<string, unknown>,
): Promise<void> {
  const wanted = JSON.stringify(sorted(expected));
  return until(
    `the members ${wanted}`,
    () => JSON.stringify(sorted(seen(client, channel))) === wanted,
    () => ({ seen: seen(client, channel), closed: client.closed }),
  );
}

function sorted(members: Record<string, unknown>): unknown[] {
  return Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1));
}

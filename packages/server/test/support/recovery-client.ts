import type { RawClient } from '@asyngular/test-utils/raw-client';
import type { TestServer } from './server.js';

/** A client that has agreed to the extensions of recovery, with what else it offers. */
export async function openRecovering(
  { connect }: Pick<TestServer, 'connect'>,
  ext: object = {},
): Promise<RawClient> {
  const client = connect();
  await client.opened();
  await client.request('#handshake', {
    authToken: null,
    ext: { recovery: {}, interruption: {}, ...ext },
  });
  return client;
}

/** What `#publish` packets have brought to a client so far, in order of arrival. */
export function deliveries(client: RawClient): { channel: string; data: unknown; p?: string }[] {
  return packets(client)
    .filter(({ event }) => event === '#publish')
    .map(({ data }) => data);
}

/** Their data. */
export function dataOf(client: RawClient): unknown[] {
  return deliveries(client).map(({ data }) => data);
}

/** All packets so far, those of batches one by one. */
export function packets(client: RawClient): any[] {
  return client.received.flat();
}

/** The epoch of a position, and the place after it. */
export function placeOf(position: string): string {
  return position.slice(position.indexOf(':') + 1);
}

import type { RawClient } from '@asyngular/test-utils/raw-client';
import type { AGServerOptions } from '../../src/index.js';
import { startServer, until } from './server.js';

/** A server with one client that has named the extensions, and its socket there. */
export async function startStreaming(
  options: AGServerOptions = {},
  ext: object = { stream: {}, cancel: {} },
) {
  const context = await startServer(options);
  const client = await openStreaming(context.connect(), ext);
  const [socket] = Object.values(context.server.clients);
  return { ...context, client, socket: socket! };
}

/** Completes the handshake of a client that knows streams. */
export async function openStreaming(
  client: RawClient,
  ext: object = { stream: {}, cancel: {} },
): Promise<RawClient> {
  await client.opened();
  await client.request('#handshake', { authToken: null, ext });
  return client;
}

/** What has come of one call so far, oldest first. */
export function partsOf(client: RawClient, rid: number): any[] {
  return client.received.flat().filter((packet) => packet?.rid === rid);
}

/** The numbers of the items that have come. */
export function itemsOf(client: RawClient, rid: number): unknown[] {
  return partsOf(client, rid).flatMap((packet) => (packet.more === undefined ? [] : [packet.data]));
}

/** Waits until so many items of a call are there, and not one more. */
export async function untilItems(client: RawClient, rid: number, count: number): Promise<void> {
  await until(`${count} items`, () => itemsOf(client, rid).length === count);
}

/** An endless generator that tells how far it is and how often it was left. */
export function endless() {
  const state = { advanced: 0, left: 0 };
  async function* generate(): AsyncGenerator<number> {
    try {
      for (;;) yield ++state.advanced;
    } finally {
      state.left++;
    }
  }
  return { state, generate };
}

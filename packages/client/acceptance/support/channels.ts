import type { AGClientSocket } from '@asyngular/client';
import { settle, startServer, type TestServer } from './test-server.js';

/** A client subscribed to these channels. */
export async function subscribed(
  ...names: string[]
): Promise<{ server: TestServer; client: AGClientSocket }> {
  const server = await startServer();
  const client = await server.open();
  for (const name of names) {
    client.subscribe(name);
  }
  await settle(client);
  return { server, client };
}

/** Two `subscribeStateChange` events on the channel, in this tick; ends as it began. */
export function flip(client: AGClientSocket, name: string): void {
  client.subscribe(name);
  client.unsubscribe(name);
}

/** The event that `flip()` brings about. */
export const change = 'subscribeStateChange';

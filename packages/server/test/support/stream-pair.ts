import { type AGClientSocket, type ClientOptions, create } from '@asyngular/client';
import { within } from '@asyngular/test-utils/wait';
import type { AGServerOptions } from '../../src/index.js';
import { onCleanup, startServer } from './server.js';

/** A server and a client of ours, and the client's socket there. */
export async function startPair(options: AGServerOptions = {}, clientOptions: ClientOptions = {}) {
  const context = await startServer(options);
  const client = connect(context.port, clientOptions);
  await within('the connect event', client.listener('connect').once());
  const [socket] = Object.values(context.server.clients);
  return { ...context, client, socket: socket! };
}

/** A client whose errors are left to what its test looks at. */
export function connect(port: number, options: ClientOptions = {}): AGClientSocket {
  const client = create({ hostname: '127.0.0.1', port, ...options });
  onCleanup(() => client.disconnect());
  void (async () => {
    for await (const _event of client.listener('error')) {
      // What a test looks for it finds in its loops.
    }
  })();
  return client;
}

/** Everything that a loop gets, and how it ends. */
export async function readAll(stream: AsyncIterable<any>): Promise<{ items: any[]; error?: any }> {
  const items: any[] = [];
  try {
    for await (const item of stream) items.push(item);
    return { items };
  } catch (error) {
    return { items, error };
  }
}

/** The numbers from 1 to `count`. */
export async function* chunks(count: number): AsyncGenerator<number> {
  for (let n = 1; n <= count; n++) yield n;
}

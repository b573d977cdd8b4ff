import {
  type AGClientSocket,
  type AppContract,
  type ClientOptions,
  create,
} from '@asyngular/client';
import { type AGServerOptions, listen } from '@asyngular/server';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { nextEvent } from '@asyngular/test-utils/event';
import { TcpProxy } from '@asyngular/test-utils/tcp-proxy';

// Our client and our server, with a network between them that breaks; all of it ends with the test.

/** A server, and the network on the way to it. */
export async function startServer<Api = any>(options: AGServerOptions) {
  const server = listen<Api>(0, { authKey: 'a key', ...options });
  await nextEvent(server.httpServer!, 'listening');
  const proxy = await TcpProxy.start(server.port!);
  onCleanup(async () => {
    await proxy.stop();
    await server.close();
    server.httpServer!.close();
  });
  return { server, proxy };
}

/** A client that is soon back after each loss. */
export function connect<Api extends AppContract = any>(
  port: number,
  options: ClientOptions = {},
): AGClientSocket<Api> {
  const socket = create<Api>({
    hostname: '127.0.0.1',
    port,
    autoReconnectOptions: { initialDelay: 20, randomness: 20, multiplier: 1, maxDelay: 50 },
    logger: false,
    ...options,
  });
  onCleanup(() => {
    socket.disconnect();
    socket.closeAllListeners();
    socket.killAllChannels();
  });
  return socket;
}

import { type AGServer, type AGServerOptions, listen } from '@asyngular/server';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { nextEvent } from '@asyngular/test-utils/event';

/** A server on a free port of loopback, and what the command takes to reach it. */
export async function startServer(
  options: AGServerOptions = {},
): Promise<{ server: AGServer; url: string; port: number }> {
  const server = listen(0, { authKey: 'a key of the tests', ...options });
  await nextEvent(server.httpServer!, 'listening');
  onCleanup(async () => {
    await server.close();
    server.httpServer!.close();
  });
  const port = server.port!;
  return { server, port, url: `ws://127.0.0.1:${port}${server.getPath()}` };
}

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { attachChat } from './chat-server.js';
import { createStaticFiles } from './static-files.js';

export interface StartOptions {
  /** 0 picks a free port. */
  readonly port: number;
  readonly authKey: string;
  /** Where the page's files are. */
  readonly directories: readonly URL[];
}

/** Well within the ten seconds that process managers wait before they kill. */
const DRAIN_SPREAD_MS = 1_000;
const DRAIN_TIMEOUT_MS = 8_000;

/** Serves the page and the chat on one port. Rejects with a readable error when the port cannot be used. */
export async function startChat({ port, authKey, directories }: StartOptions) {
  const httpServer = createServer(await createStaticFiles(directories));
  const server = attachChat(httpServer, { authKey });
  httpServer.listen(port);
  try {
    await once(httpServer, 'listening');
  } catch (error) {
    throw describeListenError(error as NodeJS.ErrnoException, port);
  }

  const closeHttp = () => {
    httpServer.close();
    httpServer.closeAllConnections();
  };

  return {
    port: (httpServer.address() as AddressInfo).port,
    server,
    /** Closes every connection; the pages reconnect by themselves when a server is back on this port. */
    async close(): Promise<void> {
      await server.close();
      closeHttp();
    },
    /**
     * Leaves without losing anything: calls in flight are answered, then the pages are sent away, a few at a
     * time, to reconnect to the server that answers next.
     */
    async drain(): Promise<void> {
      await server.drain({ spread: DRAIN_SPREAD_MS, timeout: DRAIN_TIMEOUT_MS });
      closeHttp();
    },
  };
}

function describeListenError(error: NodeJS.ErrnoException, port: number): Error {
  if (error.code === 'EADDRINUSE') {
    const advice = `stop the program that uses it, or choose another port: PORT=${port + 1} npm start`;
    return new Error(`Port ${port} is already in use: ${advice}`, { cause: error });
  }
  if (error.code === 'EACCES') {
    const advice = 'choose one above 1023, for example: PORT=8000 npm start';
    return new Error(`Port ${port} needs more rights than you have: ${advice}`, { cause: error });
  }
  return error;
}

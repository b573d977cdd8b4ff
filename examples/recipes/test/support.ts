import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AGClientSocket, type ClientOptions, create } from '@asyngular/client';
import type { AGServer } from '@asyngular/server';
import { onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';

export const DEADLINE_MS = 10_000;

export interface Recipe {
  httpServer: Server;
  server: AGServer;
}

/** Waits until a recipe listens; closes it after the test. Resolves with its port. */
export async function running({ httpServer, server }: Recipe): Promise<number> {
  onTestFinished(async () => {
    await server.close();
    const closed = httpServer.listening ? once(httpServer, 'close') : undefined;
    httpServer.close();
    httpServer.closeAllConnections();
    await closed;
  });
  if (!httpServer.listening) await once(httpServer, 'listening');
  return (httpServer.address() as AddressInfo).port;
}

/** A client of the recipe on `port`, disconnected after the test. */
export function connect(port: number, options?: ClientOptions): AGClientSocket {
  const socket = create({ hostname: 'localhost', port, autoReconnect: false, ...options });
  onTestFinished(() => socket.disconnect());
  return socket;
}

/** Subscribes and waits for the server's confirmation; resolves with a consumer that is attached. */
export async function subscribe(socket: AGClientSocket, name: string) {
  const channel = socket.subscribe(name);
  const consumer = channel.createConsumer(DEADLINE_MS);
  if (!channel.isSubscribed()) await channel.listener('subscribe').once(DEADLINE_MS);
  return consumer;
}

/** Lets the same HTTP server echo on a path of its own, as other WebSocket code in an application may. */
export function echoOn(httpServer: Server, path: string): void {
  const echo = new WebSocketServer({ noServer: true });
  httpServer.on('upgrade', (request, socket, head) => {
    if (request.url !== path) return;
    echo.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('message', (data) => webSocket.send(String(data)));
    });
  });
}

/** Sends `text` over a plain WebSocket and resolves with what comes back. */
export async function echoed(url: string, text: string): Promise<string> {
  const webSocket = new WebSocket(url);
  const signal = AbortSignal.timeout(DEADLINE_MS);
  try {
    await once(webSocket, 'open', { signal });
    webSocket.send(text);
    const [answer] = await once(webSocket, 'message', { signal });
    return String(answer);
  } finally {
    webSocket.terminate();
  }
}

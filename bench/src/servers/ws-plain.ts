// The obvious hand-written server: ws.send() for every recipient.
import { type WebSocket, WebSocketServer } from 'ws';
import { listenHttp } from './listen.js';
import { PlainApplication } from './plain-messages.js';
import type { RunningServer } from './server.js';

export async function start(): Promise<RunningServer> {
  const { server, port } = await listenHttp();
  const channels = new Map<string, Set<WebSocket>>();
  const application = new PlainApplication((channel, text) => {
    for (const socket of channels.get(channel) ?? []) socket.send(text);
  });

  new WebSocketServer({ server }).on('connection', (socket) => {
    const subscribed = new Set<string>();
    const connection = {
      reply: (text: string) => socket.send(text),
      subscribe: (channel: string) => {
        const subscribers = channels.get(channel) ?? new Set();
        channels.set(channel, subscribers.add(socket));
        subscribed.add(channel);
      },
    };
    socket.on('message', (message) => application.handle(connection, message.toString()));
    socket.on('error', () => undefined); // Always followed by `close`.
    socket.on('close', () => {
      for (const channel of subscribed) channels.get(channel)?.delete(socket);
    });
  });
  return { port, received: () => application.received };
}

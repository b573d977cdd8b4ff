// What a careful author writes by hand on ws: every publication is framed once, its bytes are
// written to the TCP socket of every recipient, and each socket is corked once per event-loop turn.
import type { Socket } from 'node:net';
import * as ws from 'ws';
import { listenHttp } from './listen.js';
import { PlainApplication } from './plain-messages.js';
import type { RunningServer } from './server.js';

interface Framer {
  frame(data: Buffer, options: object): Buffer[];
}

// Exported by ws, absent from its published types.
const { Sender } = ws as unknown as { Sender: Framer };
const frameOptions = { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: true };

const corked: Socket[] = [];
const isCorked = new WeakSet<Socket>();

function write(socket: Socket, frame: Buffer): void {
  if (!isCorked.has(socket)) {
    isCorked.add(socket);
    socket.cork();
    if (corked.push(socket) === 1) setImmediate(uncork);
  }
  socket.write(frame);
}

function uncork(): void {
  for (const socket of corked) {
    isCorked.delete(socket);
    socket.uncork();
  }
  corked.length = 0;
}

function frame(text: string): Buffer {
  return Buffer.concat(Sender.frame(Buffer.from(text), frameOptions));
}

export async function start(): Promise<RunningServer> {
  const { server, port } = await listenHttp();
  const channels = new Map<string, Set<Socket>>();
  const application = new PlainApplication((channel, text) => {
    const bytes = frame(text);
    for (const socket of channels.get(channel) ?? []) write(socket, bytes);
  });

  new ws.WebSocketServer({ server }).on('connection', (socket, request) => {
    const net = request.socket;
    const subscribed = new Set<string>();
    const connection = {
      reply: (text: string) => write(net, frame(text)),
      subscribe: (channel: string) => {
        const subscribers = channels.get(channel) ?? new Set();
        channels.set(channel, subscribers.add(net));
        subscribed.add(channel);
      },
    };
    socket.on('message', (message) => application.handle(connection, message.toString()));
    socket.on('error', () => undefined); // Always followed by `close`.
    socket.on('close', () => {
      for (const channel of subscribed) channels.get(channel)?.delete(net);
    });
  });
  return { port, received: () => application.received };
}

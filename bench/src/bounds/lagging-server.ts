import { setTimeout as pause } from 'node:timers/promises';
import { type AGServerSocket, listen } from '@asyngular/server';
import { answerRequests } from '../control/answer-requests.js';

// A server with default options whose application lags behind in every way there is: each stream has a loop
// that takes 5 ms for a message, and a consumer that was forgotten.

const server = listen(0, { authKey: 'bounds' });

/** Reads a stream with a loop that awaits, and starts it again when its backlog was dropped. */
async function readSlowly(stream: AsyncIterable<unknown>): Promise<void> {
  for (;;) {
    try {
      for await (const _value of stream) await pause(5);
      return;
    } catch (error) {
      if ((error as Error).name !== 'BacklogLimitError') throw error;
    }
  }
}

function lagBehind(stream: AsyncIterable<unknown> & { createConsumer(): unknown }): void {
  void readSlowly(stream);
  stream.createConsumer();
}

void readSlowly(server.exchange.subscribe('orders'));
void readSlowly(server.exchange.subscribe('republished'));
server.exchange.subscribe('forgotten').createConsumer();
server.brokerEngine.listener('publish').createConsumer();
for (const event of [
  'warning',
  'handshake',
  'connection',
  'disconnection',
  'closure',
  'subscription',
  'unsubscription',
  'badSocketAuthToken',
] as const) {
  lagBehind(server.listener(event));
}
server.setMiddleware('inbound', async (stream) => {
  for await (const action of stream) action.allow();
});

/** What a socket's application may lag behind with. */
const lags: Record<string, (socket: AGServerSocket) => void> = {
  receiver: (socket) => lagBehind(socket.receiver('x')),
  procedure: (socket) => lagBehind(socket.procedure('x')),
  raw: (socket) => lagBehind(socket.listener('raw')),
  message: (socket) => lagBehind(socket.listener('message')),
  events: (socket) => lagBehind(socket.listener('subscribe')),
  inboundTap: (socket) => lagBehind(socket.inboundMessageStream),
  outboundTap: (socket) => lagBehind(socket.outboundPacketStream),
  actions: (socket) => lagBehind(socket.middlewareInboundStream!),
};
server.handle('lag', (name: string, { socket }) => lags[name]?.(socket));
server.handle('echo', (data) => data);
server.handle('republish', (data) => void server.exchange.transmitPublish('republished', data));
server.handleTransmit('serial', () => pause(5));
server.handleTransmit('parallel', () => pause(1_000), { concurrency: 'parallel' });

answerRequests({
  async port() {
    while (server.port === undefined) await pause(5);
    return server.port;
  },
  stats: () => ({ ...server.stats(), heapBytes: process.memoryUsage().heapUsed }),
});

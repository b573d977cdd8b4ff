// Process that plays the server for a client under test: node receive/source.js <dialect>
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import * as ws from 'ws';
import { answerRequests } from '../control/answer-requests.js';
import { type DialectName, dialects } from '../load/dialects.js';
import { serverFrame } from '../load/frames.js';
import { payloadJson } from '../payload.js';
import { listenHttp } from '../servers/listen.js';

const name = process.argv[2] as DialectName;
const delivery = serverFrame(dialects[name].delivery('bench', payloadJson));
const perWrite = 256;
const block = Buffer.concat(Array.from({ length: perWrite }, () => delivery));
let client: Socket;

/** What the client says while it connects and subscribes, and what it must hear to go on. */
function answer(text: string): string | undefined {
  if (name === 'socket.io') {
    if (text.startsWith('40')) return '40{"sid":"aaaaaaaaaaaaaaaaaaaa"}';
    const subscribe = /^42(\d+)\["subscribe"/.exec(text);
    return subscribe ? `43${subscribe[1]}[]` : undefined;
  }
  if (name === 'plain' || text === '') return undefined;
  const packets = [JSON.parse(text)].flat() as { event?: string; cid?: number }[];
  const answers = packets.flatMap(({ event, cid }) => {
    if (event === '#handshake') {
      return {
        rid: cid,
        data: { id: 'aaaaaaaaaaaaaaaaaaaa', pingTimeout: 600_000, isAuthenticated: false },
      };
    }
    return cid === undefined ? [] : { rid: cid };
  });
  if (answers.length === 0) return undefined;
  return JSON.stringify(answers.length === 1 ? answers[0] : answers);
}

function onUpgrade(request: IncomingMessage, net: Socket): void {
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash('sha1').update(key).digest('base64');
  net.setNoDelay(true);
  net.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  client = net;
  const { Receiver } = ws as unknown as {
    Receiver: new (options: object) => NodeJS.WritableStream;
  };
  const receiver = new Receiver({ isServer: true });
  receiver.on('message', (data: Buffer) => {
    const text = answer(data.toString());
    if (text !== undefined) net.write(serverFrame(text));
  });
  net.on('data', (bytes) => receiver.write(bytes));
  net.on('error', () => undefined);
  if (name === 'socket.io') {
    const open = {
      sid: 'bbbbbbbbbbbbbbbbbbbb',
      upgrades: [],
      pingInterval: 600_000,
      pingTimeout: 600_000,
      maxPayload: 1e6,
    };
    net.write(serverFrame(`0${JSON.stringify(open)}`));
  }
}

const { server, port } = await listenHttp(createServer());
server.on('upgrade', onUpgrade);

answerRequests({
  port: () => port,
  blast: async ({ messages }: { messages: number }) => {
    for (let sent = 0; sent < messages; sent += perWrite) {
      const count = Math.min(perWrite, messages - sent);
      const more = client.write(block.subarray(0, count * delivery.length));
      if (!more) await once(client, 'drain');
    }
  },
});

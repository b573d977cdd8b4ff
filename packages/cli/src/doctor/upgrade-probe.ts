import { createHash, randomBytes } from 'node:crypto';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { dial, type Target } from './dial.js';

/** What an upgrade request was answered with. */
export type UpgradeAnswer =
  | {
      readonly type: 'upgraded';
      readonly headers: IncomingHttpHeaders;
      readonly isGenuine: boolean;
    }
  | {
      readonly type: 'refused';
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      /** The beginning of it. */
      readonly body: string;
    }
  | { readonly type: 'failed'; readonly code: string; readonly bytes: Buffer | undefined }
  | { readonly type: 'silent' };

/** RFC 6455, 1.3. */
const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const MAX_BODY = 300;
const BODY_TIMEOUT_MS = 1_000;

/** Asks for a WebSocket, as clients do, and reads what comes instead if it is refused. The connection is closed. */
export async function probeUpgrade(
  target: Target,
  headers: Readonly<Record<string, string>> = {},
): Promise<UpgradeAnswer> {
  const socket = await dial(target);
  try {
    return await ask(target, socket, headers);
  } finally {
    socket.destroy();
  }
}

function ask(
  { hostname, port, path, query, timeoutMs }: Target,
  socket: Socket,
  headers: Readonly<Record<string, string>>,
): Promise<UpgradeAnswer> {
  const key = randomBytes(16).toString('base64');
  const accept = createHash('sha1').update(`${key}${WEBSOCKET_GUID}`).digest('base64');
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve({ type: 'silent' }), timeoutMs);
    const end = (answer: UpgradeAnswer) => {
      clearTimeout(timer);
      resolve(answer);
    };
    const asked = request({
      createConnection: () => socket,
      host: hostname,
      port,
      path: query === '' ? path : `${path}?${query}`,
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': key,
        ...headers,
      },
    });
    asked.on('upgrade', ({ headers: answered }) =>
      end({
        type: 'upgraded',
        headers: answered,
        isGenuine: answered['sec-websocket-accept'] === accept,
      }),
    );
    asked.on('response', (response) => {
      void readBody(response).then((body) =>
        end({ type: 'refused', status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    asked.on('error', (error: NodeJS.ErrnoException & { rawPacket?: Buffer }) =>
      end({ type: 'failed', code: error.code ?? error.message, bytes: error.rawPacket }),
    );
    asked.end();
  });
}

async function readBody(response: IncomingMessage): Promise<string> {
  let body = '';
  const timer = setTimeout(() => response.destroy(), BODY_TIMEOUT_MS);
  try {
    for await (const piece of response) {
      body += String(piece);
      if (body.length >= MAX_BODY) break;
    }
  } catch {
    // What has come is enough.
  }
  clearTimeout(timer);
  return body.slice(0, MAX_BODY).replace(/\s+/g, ' ').trim();
}

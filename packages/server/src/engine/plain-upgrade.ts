import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** What RFC 6455 §1.3 has appended to the client's key. */
const KEY_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** 16 bytes in base64. */
const keyPattern = /^[+/0-9A-Za-z]{22}==$/;

/** The headers that decide, by the length of their names, so that most others are passed over by one number. */
const UPGRADE = 'upgrade';
const KEY = 'sec-websocket-key';
const VERSION = 'sec-websocket-version';
const PROTOCOL = 'sec-websocket-protocol';
const lengths = new Set([UPGRADE, KEY, VERSION, PROTOCOL].map((name) => name.length));

/**
 * The answer to a request that asks for a WebSocket and nothing else; `undefined` for any other, which is not to be
 * accepted, or needs a choice of sub-protocol. Reads the headers as they came: an object of all of them costs as much as
 * the answer.
 */
export function answerPlainUpgrade({ method, rawHeaders }: IncomingMessage): string | undefined {
  if (method !== 'GET') return undefined;
  let key: string | undefined;
  let isWebSocket = false;
  let isCurrent = false;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (!lengths.has(rawHeaders[i]!.length)) continue;
    const value = rawHeaders[i + 1]!;
    switch (rawHeaders[i]!.toLowerCase()) {
      case UPGRADE:
        if (isWebSocket || value.toLowerCase() !== 'websocket') return undefined;
        isWebSocket = true;
        break;
      case VERSION:
        if (isCurrent || value !== '13') return undefined;
        isCurrent = true;
        break;
      case KEY:
        if (key !== undefined || !keyPattern.test(value)) return undefined;
        key = value;
        break;
      case PROTOCOL:
        return undefined;
    }
  }
  if (key === undefined || !isWebSocket || !isCurrent) return undefined;
  return (
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    `Sec-WebSocket-Accept: ${hash('sha1', key + KEY_SUFFIX, 'base64')}\r\n\r\n`
  );
}

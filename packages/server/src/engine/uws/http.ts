import { STATUS_CODES } from 'node:http';
import type { HttpAnswer } from '../engine.js';
import type { UwsRequest, UwsResponse } from './module.js';

/** Answers a request and ends its connection. */
export function answer(
  response: UwsResponse,
  { status, headers, body }: HttpAnswer,
  method = 'GET',
): void {
  response.cork(() => {
    response.writeStatus(`${status} ${STATUS_CODES[status]}`);
    for (const [name, value] of Object.entries(headers)) response.writeHeader(name, value);
    if (method === 'HEAD') response.endWithoutBody(Buffer.byteLength(body), true);
    else response.end(body, true);
  });
}

/** Whether a request asks for a WebSocket; uWebSockets.js looks at the key only. */
export function isUpgrade(request: UwsRequest): boolean {
  return request.getHeader('upgrade').toLowerCase() === 'websocket';
}

/** What is wrong with an upgrade request, by the rules of RFC 6455 §4.2.1; `undefined`: nothing. */
export function faultOfUpgrade(request: UwsRequest): string | undefined {
  if (!/^[+/0-9A-Za-z]{22}==$/.test(request.getHeader('sec-websocket-key'))) {
    return 'Missing or invalid Sec-WebSocket-Key header';
  }
  const version = request.getHeader('sec-websocket-version');
  if (version !== '13' && version !== '8') {
    return 'Missing or invalid Sec-WebSocket-Version header';
  }
  return undefined;
}

import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';

type Headers = IncomingMessage['headers'];

/**
 * Where Node keeps the `headers` object of a request, which it makes of `rawHeaders` when first asked.
 * `undefined` in a Node that does it differently.
 */
const kHeaders = Object.getOwnPropertySymbols(new IncomingMessage(new Socket())).find(
  (symbol) => symbol.description === 'kHeaders',
);

type Cached = { [key: symbol]: Headers | null };

/**
 * Drops the `headers` object of an upgrade request, a third of its memory. Whoever asks for `headers`
 * later gets them made anew; they stay as they are when somebody has changed them.
 */
export function slimRequest(request: IncomingMessage): void {
  if (kHeaders === undefined) return;
  const cache = request as unknown as Cached;
  const headers = cache[kHeaders];
  if (!headers) return;
  cache[kHeaders] = null;
  cache[kHeaders] = areEqual(headers, request.headers) ? null : headers;
}

function areEqual(left: Headers, right: Headers): boolean {
  let count = 0;
  for (const name in left) {
    const value = left[name];
    // Only `set-cookie`, which a request has no business with, is an array.
    if (value !== right[name]) return false;
    count++;
  }
  for (const _name in right) count--;
  return count === 0;
}

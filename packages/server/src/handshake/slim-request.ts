import type { IncomingMessage } from 'node:http';

type Headers = IncomingMessage['headers'];

/** Headers that many clients send with the same values, and no secret ones. */
const COMMON = new Set([
  'accept-encoding',
  'accept-language',
  'cache-control',
  'connection',
  'host',
  'origin',
  'pragma',
  'sec-websocket-extensions',
  'sec-websocket-protocol',
  'sec-websocket-version',
  'upgrade',
  'user-agent',
]);

/** Strings kept for sharing, and how long one may be. */
const MAX_SHARED = 1_000;
const MAX_SHARED_LENGTH = 300;

const shared = new Map<string, string>();

/** One string for all equal ones, as long as there are not too many different ones. */
function share(text: string): string {
  const known = shared.get(text);
  if (known !== undefined) return known;
  if (shared.size < MAX_SHARED && text.length <= MAX_SHARED_LENGTH) shared.set(text, text);
  return text;
}

/**
 * Lets go of what an upgrade request need not keep for the life of its connection: names and common
 * values in `rawHeaders` become shared strings, and the `headers` object is dropped. Node makes it of
 * `rawHeaders` when it is missing, so reading `headers` later gives an equal one; one that somebody has
 * changed stays.
 */
export function slimRequest(request: IncomingMessage): void {
  const { rawHeaders, headers } = request;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    rawHeaders[i] = share(name);
    if (COMMON.has(name.toLowerCase())) rawHeaders[i + 1] = share(rawHeaders[i + 1]!);
  }
  setHeaders(request, undefined);
  setHeaders(request, areEqual(headers, request.headers) ? undefined : headers);
}

function setHeaders(request: IncomingMessage, headers: Headers | undefined): void {
  Object.assign(request, { headers });
}

function areEqual(left: Headers, right: Headers | undefined): boolean {
  let count = 0;
  for (const name in left) {
    const value = left[name];
    // Only `set-cookie`, which a request has no business with, is an array.
    if (value !== right?.[name]) return false;
    count++;
  }
  for (const _name in right) count--;
  return count === 0;
}

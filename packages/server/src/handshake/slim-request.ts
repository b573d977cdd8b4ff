import { IncomingMessage } from 'node:http';

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

/** The name of a header as some client writes it, and whether its values are common. */
interface SharedName {
  readonly text: string;
  readonly isCommon: boolean;
}

const names = new Map<string, SharedName>();
const values = new Map<string, string>();

function shareName(text: string): SharedName {
  const known = names.get(text);
  if (known !== undefined) return known;
  const name = { text, isCommon: COMMON.has(text.toLowerCase()) };
  if (names.size < MAX_SHARED && text.length <= MAX_SHARED_LENGTH) names.set(text, name);
  return name;
}

/** One string for all equal ones, as long as there are not too many different ones. */
function shareValue(text: string): string {
  const known = values.get(text);
  if (known !== undefined) return known;
  if (values.size < MAX_SHARED && text.length <= MAX_SHARED_LENGTH) values.set(text, text);
  return text;
}

/** Where Node keeps the `headers` of a request once they were asked for; `undefined` in a Node that does not say. */
const kHeaders = Object.getOwnPropertySymbols(new IncomingMessage(null as never)).find(
  ({ description }) => description === 'kHeaders',
);

/** Whether nobody has asked a request of Node for its `headers`. */
function hasNoHeadersYet(request: IncomingMessage): boolean {
  if (kHeaders === undefined) return false;
  return (request as unknown as Record<symbol, unknown>)[kHeaders] === null;
}

/**
 * Lets go of what an upgrade request need not keep for the life of its connection: names and common
 * values in `rawHeaders` become shared strings, and the `headers` object is dropped. Node makes it of
 * `rawHeaders` when it is missing, so reading `headers` later gives an equal one; one that somebody has
 * changed stays.
 */
export function slimRequest(request: IncomingMessage): void {
  const { rawHeaders } = request;
  const headers = hasNoHeadersYet(request) ? undefined : request.headers;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const { text, isCommon } = shareName(rawHeaders[i]!);
    rawHeaders[i] = text;
    if (isCommon) rawHeaders[i + 1] = shareValue(rawHeaders[i + 1]!);
  }
  if (headers === undefined) return;
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

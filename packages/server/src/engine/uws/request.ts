import type { IncomingMessage } from 'node:http';
import { isIPv4 } from 'node:net';
import type { UwsRequest } from './module.js';

type Headers = IncomingMessage['headers'];

/** Headers of which only the first counts. Source: `message.headers` in the documentation of Node. */
const SINGLE: ReadonlySet<string> = new Set([
  'age',
  'authorization',
  'content-length',
  'content-type',
  'etag',
  'expires',
  'from',
  'host',
  'if-modified-since',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'referer',
  'retry-after',
  'server',
  'user-agent',
]);

/**
 * The upgrade request as a Node `IncomingMessage` that has been read: `url`, `method`, `headers`,
 * `rawHeaders` (names in lower case, as uWebSockets.js gives them) and of `socket` the peer's address. A
 * real one takes a kilobyte more, for the life of its connection.
 */
export class UpgradeRequest {
  readonly url: string;
  readonly rawHeaders: string[] = [];
  readonly socket: { readonly remoteAddress: string; readonly encrypted?: true };
  #headers: Headers | undefined;

  /** Copies what is needed: uWebSockets.js takes the request back when its callback returns. */
  constructor(request: UwsRequest, remoteAddress: string, isSecure: boolean) {
    const query = request.getQuery();
    this.url = query ? `${request.getUrl()}?${query}` : request.getUrl();
    this.socket = isSecure ? { remoteAddress, encrypted: true } : { remoteAddress };
    request.forEach((name, value) => {
      this.rawHeaders.push(name, value);
    });
  }

  /** Size of the request on the wire. */
  get byteLength(): number {
    const line = 'GET  HTTP/1.1\r\n\r\n'.length + this.url.length;
    const separators = 2 * this.rawHeaders.length;
    return this.rawHeaders.reduce((sum, text) => sum + text.length, line + separators);
  }

  get method(): string {
    return 'GET';
  }

  get httpVersion(): string {
    return '1.1';
  }

  get connection(): UpgradeRequest['socket'] {
    return this.socket;
  }

  /** Made of `rawHeaders` when asked for, and anew after `undefined` was assigned, as Node does. */
  get headers(): Headers {
    this.#headers ??= joinHeaders(this.rawHeaders);
    return this.#headers;
  }
  set headers(headers: Headers | undefined) {
    this.#headers = headers;
  }
}

/** Headers by name; of repeated ones the first, or all of them joined, as Node does. */
function joinHeaders(rawHeaders: readonly string[]): Headers {
  const headers: Record<string, string> = {};
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [name, value] = [rawHeaders[i]!, rawHeaders[i + 1]!];
    if (!Object.hasOwn(headers, name)) headers[name] = value;
    else if (!SINGLE.has(name)) headers[name] += `${name === 'cookie' ? '; ' : ', '}${value}`;
  }
  return headers;
}

/** An address as Node writes it, of the 4 or 16 bytes that uWebSockets.js gives. */
export function addressOf(bytes: ArrayBuffer): string {
  const view = Buffer.from(bytes);
  if (view.length === 4) return view.join('.');
  const groups = Array.from({ length: view.length / 2 }, (_, i) => view.readUInt16BE(2 * i));
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) return `::ffff:${view.subarray(12).join('.')}`;
  // The URL parser writes the shortest form (RFC 5952), in brackets.
  return new URL(`http://[${groups.map((group) => group.toString(16)).join(':')}]`).hostname.slice(
    1,
    -1,
  );
}

/** Of an address by {@link addressOf}. */
export function familyOf(address: string): 'IPv4' | 'IPv6' {
  return isIPv4(address) ? 'IPv4' : 'IPv6';
}

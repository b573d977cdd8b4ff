import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Holds the token that a request to do something has to repeat. Pages of other origins can read neither. */
const COOKIE = 'asyngular-inspector';
const HEADER = 'x-inspector-token';
const TOKEN = /^[\w-]{32}$/;

/** A proof of origin: sent as cookie, and to the page, which repeats it. Any server of the fleet can check it. */
export function tokenFor(request: IncomingMessage): string {
  return cookieOf(request) ?? randomBytes(24).toString('base64url');
}

/**
 * `Secure` where the page came over TLS; on plain HTTP a browser would drop it. Without a path it is sent where it came
 * from, whatever a proxy has put before that.
 */
export function cookieFor(request: IncomingMessage, token: string): string {
  const isSecure = 'encrypted' in request.socket;
  return `${COOKIE}=${token}; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
}

/** Whether a page of another site asks, which gets no answer to read but would keep the server busy. */
export function isFromAnotherSite({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  // `none` is what somebody types into the address bar.
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

/** Why a request to do something is not from the page; `undefined`: it is. */
export function foreignness(request: IncomingMessage): string | undefined {
  const { headers } = request;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return `it comes from another site (${site})`;
  if (site === undefined && !isSameHost(headers.origin, headers.host)) {
    return `its origin is ${headers.origin ?? 'not given'}`;
  }
  const token = cookieOf(request);
  const repeated = headers[HEADER];
  if (token === undefined || typeof repeated !== 'string' || !isSame(token, repeated)) {
    return 'it does not repeat the token of the page; reload the page';
  }
  return undefined;
}

/** What browsers say who do not send `Sec-Fetch-Site`, which are old ones and all on plain HTTP. */
function isSameHost(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined || host === undefined) return false;
  try {
    return new URL(origin).host === host;
  } catch {
    return false;
  }
}

function cookieOf({ headers: { cookie = '' } }: IncomingMessage): string | undefined {
  for (const pair of cookie.split(';')) {
    const [name, value] = pair.trim().split('=', 2);
    if (name === COOKIE && value !== undefined && TOKEN.test(value)) return value;
  }
  return undefined;
}

/** Of the same length in bytes, since `timingSafeEqual()` throws for others. */
function isSame(one: string, other: string): boolean {
  const [expected, given] = [Buffer.from(one), Buffer.from(other)];
  return expected.length === given.length && timingSafeEqual(expected, given);
}

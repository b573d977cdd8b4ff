import type { IncomingMessage } from 'node:http';
import { InvalidOptionsError } from '@asyngular/protocol';

/** Facts about an upgrade request that an origin function may judge. */
export interface OriginInfo {
  /** The `Origin` header; `undefined` when the client sent none (it is not a browser). */
  origin: string | undefined;
  request: IncomingMessage;
}

/** Judges an upgrade request; `false` refuses it with HTTP 403. */
export type OriginCheck = (info: OriginInfo) => boolean;

/**
 * Which web pages may connect: `'*:*'` or `'*'` for all (default), a list (array, or one string separated by
 * commas or spaces) of origins such as `https://example.com`, `host:port`, `host:*` or `*:port`, or a
 * function.
 */
export type OriginsOption = string | readonly string[] | OriginCheck;

/** Lets every page in, so that the headers of a request need not be looked at. */
export const everyOrigin: OriginCheck = () => true;

/**
 * Compiles the `origins` option. Entries are compared whole, never as substrings: an allow-list for
 * `good.com` must not admit `ood.com`. A page without an origin (header absent or `null`) is host `*`
 * with port `*`, so it passes only a list with `*:*`. Throws `InvalidOptionsError` for an entry that no
 * page could match. Source: docs/security.md.
 */
export function createOriginCheck(option: OriginsOption): OriginCheck {
  if (typeof option === 'function') return (info) => verdictOf(option(info));
  const given = (typeof option === 'string' ? option.split(/[\s,]+/) : option)
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '');
  if (given.length === 0) {
    throw new InvalidOptionsError(
      "The origins option is empty, so that nobody could connect; use '*:*' for all, or name origins",
    );
  }
  const entries = new Set(given.map(parseEntry));
  if (entries.has('*:*')) return everyOrigin;
  return ({ origin }) => {
    const parsed = parseOrigin(origin);
    if (!parsed) return false;
    const { page, host, port } = parsed;
    return (
      entries.has(page) ||
      entries.has(`${host}:${port}`) ||
      entries.has(`${host}:*`) ||
      entries.has(`*:${port}`)
    );
  };
}

/** An entry as pages are compared with it: `scheme://host`, or `host:port` with wildcards. */
function parseEntry(entry: string): string {
  if (entry === '*') return '*:*';
  if (entry.includes('://')) {
    const url = URL.canParse(entry) && !entry.includes('*') ? new URL(entry) : undefined;
    const isOrigin =
      url && /^\/?$/.test(url.pathname) && `${url.search}${url.hash}${url.username}` === '';
    if (isOrigin) return pageOf(url);
    throw unmatchable(entry);
  }
  const [, host = '', port = ''] = /^(.+):(\d{1,5}|\*)$/.exec(entry) ?? [];
  if (host === '*' && port !== '') return entry;
  if (host === '' || /[*/@]/.test(host) || !URL.canParse(`http://${host}`))
    throw unmatchable(entry);
  return `${new URL(`http://${host}`).hostname}:${port}`;
}

function unmatchable(entry: string): InvalidOptionsError {
  return new InvalidOptionsError(
    `The origins option has the entry '${entry}', which no page matches; write it as 'https://example.com', ` +
      "'example.com:443', 'example.com:*' or '*:443', or pass a function",
  );
}

/** Scheme, host and the port unless it is the scheme's own; also of schemes that browsers do not know. */
function pageOf({ protocol, host }: URL): string {
  return `${protocol}//${host}`;
}

/** A promise is truthy whatever it resolves to: an async function must not let everybody in. */
function verdictOf(verdict: unknown): boolean {
  if (typeof verdict === 'boolean') return verdict;
  // A rejection would be nobody's, and end the process.
  if (verdict instanceof Promise) verdict.catch(() => {});
  throw new InvalidOptionsError(
    `The origins function returned ${verdict}; it must return true or false, and no promise`,
  );
}

/** Page, host and port of an `Origin` header; the port defaults by scheme (RFC 6454 §6.2). */
function parseOrigin(
  origin: string | undefined,
): { page: string; host: string; port: string } | undefined {
  if (!origin || origin === 'null') return undefined;
  try {
    const url = new URL(origin);
    const secure = url.protocol === 'https:' || url.protocol === 'wss:';
    return { page: pageOf(url), host: url.hostname, port: url.port || (secure ? '443' : '80') };
  } catch {
    return undefined;
  }
}

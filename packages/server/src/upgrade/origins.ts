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
 * Which web pages may connect: `'*:*'` for all (default), a list (array, or one string separated by
 * commas or spaces) of `host:port`, `host:*` or `*:port`, or a function.
 */
export type OriginsOption = string | readonly string[] | OriginCheck;

/**
 * Compiles the `origins` option. Entries are compared whole, never as substrings: an allow-list for
 * `good.com` must not admit `ood.com`. A page without an origin (header absent or `null`) is host `*`
 * with port `*`, so it passes only a list with `*:*`. Source: docs/security.md.
 */
export function createOriginCheck(option: OriginsOption): OriginCheck {
  if (typeof option === 'function') return (info) => verdictOf(option(info));
  const entries = new Set(
    (typeof option === 'string' ? option.split(/[\s,]+/) : option)
      .map((entry) => entry.trim().toLowerCase())
      .filter((entry) => entry !== ''),
  );
  if (entries.has('*:*')) return () => true;
  return ({ origin }) => {
    const parsed = parseOrigin(origin);
    if (!parsed) return false;
    const { host, port } = parsed;
    return entries.has(`${host}:${port}`) || entries.has(`${host}:*`) || entries.has(`*:${port}`);
  };
}

/** A promise is truthy whatever it resolves to: an async function must not let everybody in. */
function verdictOf(verdict: unknown): boolean {
  if (typeof verdict === 'boolean') return verdict;
  throw new InvalidOptionsError(
    `The origins function returned ${verdict}; it must return true or false, and no promise`,
  );
}

/** Host and port of an `Origin` header; the port defaults by scheme (RFC 6454 §6.2). */
function parseOrigin(origin: string | undefined): { host: string; port: string } | undefined {
  if (!origin || origin === 'null') return undefined;
  try {
    const url = new URL(origin);
    const secure = url.protocol === 'https:' || url.protocol === 'wss:';
    return { host: url.hostname, port: url.port || (secure ? '443' : '80') };
  } catch {
    return undefined;
  }
}

import { CommandError } from '../command-error.js';
import { exitCodes } from '../exit-codes.js';

/** Where a server is, taken apart. */
export interface ServerUrl {
  readonly hostname: string;
  readonly port: number;
  readonly secure: boolean;
  /** Begins with a slash. */
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
}

/** Where servers listen unless they were given a path: ours, and those that speak version 1. */
export const defaultPaths = { 1: '/socketcluster/', 2: '/asyngular/' } as const;

/** Reads `ws://`, `wss://`, `http://`, `https://`, or a bare `host:port`. A path that is missing is the default one. */
export function parseServerUrl(text: string, defaultPath: string): ServerUrl {
  const withScheme = /^[a-z][a-z+]*:\/\//i.test(text) ? text : `ws://${text}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  if (!url || !/^(ws|http)s?:$/.test(url.protocol) || url.hostname === '') {
    throw new CommandError(
      exitCodes.usage,
      `'${text}' is not the address of a server; write it as ws://localhost:8000/asyngular/`,
    );
  }
  if (url.username || url.password) {
    throw new CommandError(
      exitCodes.usage,
      `The address of ${url.host} has a name and a password in it, which clients do not send; pass them with --header 'Authorization: Basic …'`,
    );
  }
  const secure = /^(wss|https):$/.test(url.protocol);
  return {
    // Brackets are for URLs; sockets want the address of IPv6 alone.
    hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port) || (secure ? 443 : 80),
    secure,
    path: url.pathname === '/' ? defaultPath : url.pathname,
    query: url.search.slice(1),
  };
}

/** The address as one reads it, without the query, which may hold secrets. */
export function showUrl({ hostname, port, secure, path }: ServerUrl): string {
  const host = hostname.includes(':') ? `[${hostname}]` : hostname;
  return `${secure ? 'wss' : 'ws'}://${host}:${port}${path}`;
}

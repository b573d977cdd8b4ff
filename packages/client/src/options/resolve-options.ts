import { InvalidArgumentsError } from '@asyngular/protocol';
import { MAX_TIMEOUT_MS } from '@asyngular/protocol/internal';
import { development } from '#development';
import type { AuthEngine } from '../auth/token-storage.js';
import { defaultAutoReconnectOptions } from '../connection/reconnect.js';
import type { Platform } from '../platform/platform.js';
import { type ClientOptions, defaults, type ResolvedOptions } from './options.js';
import { parseQuery } from './query.js';

/**
 * Checks what a caller gave, and puts `hostname` and `port` in place of `host`, which says both.
 * @throws InvalidArgumentsError for unknown names and values that cannot work
 */
export function readOptions(given: ClientOptions): ClientOptions {
  development?.assertClientOptions(given);
  assertTimeouts(given);
  const { host, ...options } = given;
  if (!host) {
    return options;
  }
  if ((options.hostname ?? options.port) !== undefined) {
    throw new InvalidArgumentsError(
      development
        ? 'Never use host and hostname/port options together; host includes both'
        : 'host',
    );
  }
  return { ...options, ...splitHost(host) };
}

/** The only values that production checks: they may come from a configuration, and a call must not wait for ever. */
function assertTimeouts(options: ClientOptions): void {
  for (const name of ['connectTimeout', 'ackTimeout', 'pingTimeout'] as const) {
    const timeoutMs = options[name] ?? 0;
    if (!Number.isFinite(timeoutMs) || timeoutMs < 0 || timeoutMs > MAX_TIMEOUT_MS) {
      throw new InvalidArgumentsError(`${name}: ${timeoutMs}`);
    }
  }
}

function splitHost(host: string): { hostname: string; port: string } {
  const [, hostname, port] = /^(.+):(\d{2,5})$/.exec(host) ?? [];
  if (!hostname || !port) {
    throw new InvalidArgumentsError(
      development
        ? `The host option of the client is '${host}'; it must be both the hostname and the port number in the hostname:port format`
        : `host: ${host}`,
    );
  }
  return { hostname, port };
}

/** Options of a client that has its name. */
export type NamedOptions = ClientOptions & { readonly clientId: string };

/**
 * Fills in the defaults of what `readOptions` made; `undefined` and null take the default.
 * @throws InvalidArgumentsError where neither the options nor the page name a server
 */
export function resolveOptions(
  options: NamedOptions,
  platform: Platform,
  authEngine: AuthEngine,
): ResolvedOptions {
  const page = platform.location();
  const given = present(options);
  if (!given.hostname && !page?.hostname && /^(?:about|blob|data):/.test(page?.protocol ?? '')) {
    throw new InvalidArgumentsError(
      development
        ? `The page has no host of its own (${page?.protocol}); set the hostname option`
        : 'hostname',
    );
  }
  const { secure = page?.protocol === 'https:', query, path = defaults.path } = given;
  const resolved = {
    ...defaults,
    hostname: page?.hostname || 'localhost',
    port: page?.port || (secure ? 443 : 80),
    authEngine,
    ...given,
    secure,
    // Without its slash a path would continue the port or the host's name.
    path: path.startsWith('/') ? path : `/${path}`,
    query: typeof query === 'string' ? parseQuery(query) : { ...query },
    wsOptions: { ...given.wsOptions },
    autoReconnectOptions: {
      ...defaultAutoReconnectOptions,
      ...present(given.autoReconnectOptions ?? {}),
    },
  };
  return { ...resolved, pingTimeout: resolved.connectTimeout };
}

/** The members that are there. */
function present<Options extends object>(options: Options): Present<Options> {
  const members = Object.entries(options).filter(
    ([, value]) => value !== undefined && value !== null,
  );
  return Object.fromEntries(members) as Present<Options>;
}

type Present<Options> = { [Name in keyof Options]: NonNullable<Options[Name]> };

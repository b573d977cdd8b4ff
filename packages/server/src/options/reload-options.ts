import { InvalidOptionsError } from '@asyngular/errors';
import type { CheckedOptions } from '@asyngular/errors/options';
import { checkServerOptions, serverTable } from './option-checks.js';
import type { AGServerOptions } from './options.js';

/**
 * The options that may change while a server runs, by what a new value is used for: `token`: the next token that is
 * signed or verified; `handshake`: the next upgrade request; `message`: the next message of any socket, also of those
 * that are connected.
 */
export const reloadableOptions = {
  authKey: 'token',
  authKeys: 'token',
  authPrivateKey: 'token',
  authPublicKey: 'token',
  authJwksUrl: 'token',
  authAlgorithm: 'token',
  authVerifyAlgorithms: 'token',
  authDefaultExpiry: 'token',
  origins: 'handshake',
  handshakeTimeout: 'handshake',
  maxClients: 'handshake',
  maxPendingClients: 'handshake',
  maxPendingClientsPerAddress: 'handshake',
  maxNameLength: 'message',
  maxStreams: 'message',
  socketChannelLimit: 'message',
  inboundHighWaterMark: 'message',
  inboundHighWaterMarkBytes: 'message',
  outboundHighWaterMark: 'message',
  outboundLimit: 'message',
  rateLimits: 'message',
  addressRateLimits: 'message',
} as const satisfies {
  readonly [Name in keyof AGServerOptions]?: 'token' | 'handshake' | 'message';
};

/** The name of an option of `server.reload()`. */
export type ReloadableOption = keyof typeof reloadableOptions;

/** What `server.reload()` takes: the options that may change while a server runs, as `listen()` has them. */
export type ReloadOptions = Pick<AGServerOptions, ReloadableOption>;

export function isReloadable(name: string): name is ReloadableOption {
  return Object.hasOwn(reloadableOptions, name);
}

/**
 * Options whose lists and rates are copies: the caller's own may be changed and given again, and must differ then from
 * what is in force.
 */
export function withOwnLists<Options extends ReloadOptions>(options: Options): Options {
  const own = { ...options };
  if (Array.isArray(own.authKeys)) own.authKeys = [...own.authKeys];
  if (Array.isArray(own.authVerifyAlgorithms)) {
    own.authVerifyAlgorithms = [...own.authVerifyAlgorithms];
  }
  if (Array.isArray(own.origins)) own.origins = [...own.origins];
  if (own.rateLimits) own.rateLimits = structuredClone(own.rateLimits);
  if (own.addressRateLimits) own.addressRateLimits = structuredClone(own.addressRateLimits);
  return own;
}

/**
 * The options that were given, checked as those of a new server. Throws `InvalidOptionsError` for one that cannot be
 * changed, for unknown names, and for values that a new server would refuse.
 */
export function checkReload(given: unknown): CheckedOptions<ReloadOptions> {
  for (const name of Object.keys(Object(given))) {
    if (isReloadable(name) || !Object.hasOwn(serverTable, name)) continue;
    throw new InvalidOptionsError(
      `The ${name} option cannot be changed while the server runs: it needs a restart. Those of reload() are ` +
        `${Object.keys(reloadableOptions).join(', ')}`,
    );
  }
  return withOwnLists(checkServerOptions(given));
}

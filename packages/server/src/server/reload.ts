import { isDeepStrictEqual } from 'node:util';
import { type AuthSettings, authSettings, createAuthEngine } from '../auth/auth-defaults.js';
import type { ResolvedOptions } from '../options/options.js';
import {
  checkReload,
  isReloadable,
  type ReloadableOption,
  type ReloadOptions,
  reloadableOptions,
} from '../options/reload-options.js';
import type { Session } from '../session/session.js';
import { sessionOf } from '../socket/socket-streams.js';
import { limitRates } from '../upgrade/limit-rates.js';
import { createOriginCheck } from '../upgrade/origins.js';
import type { ServerCore } from './server-core.js';
import { authHostOf } from './server-state.js';

/** Sockets whose rates are limited anew before others get their turn. */
const SOCKETS_PER_TURN = 100;

/**
 * Replaces options of a running server, all of them or, when one cannot be, none. Returns the names of those that have
 * another value now.
 */
export function reloadServer(core: ServerCore, given: ReloadOptions): readonly ReloadableOption[] {
  const { options } = core;
  const checked = checkReload(given);
  const changed = Object.keys(checked)
    .filter(isReloadable)
    .filter((name) => isChange(name, checked, options));
  if (changed.length === 0) return changed;
  const next = { ...options, ...checked };
  if (replacesKeys(checked, options)) next.authKeys = undefined;
  const has = (...names: ReloadableOption[]) => names.some((name) => changed.includes(name));

  // Whatever may throw comes before anything is changed.
  const checkOrigin = has('origins') ? createOriginCheck(next.origins) : core.checkOrigin;
  const isAboutTokens = changed.some((name) => reloadableOptions[name] === 'token');
  const former = authSettings(options);
  const settings = isAboutTokens ? authSettings(next) : former;
  const auth = has('authJwksUrl')
    ? createAuthEngine(next, authHostOf(core.server))
    : core.server.auth;

  const lines = changed.map((name) => describeChange(name, options, next));
  Object.assign(options, next);
  core.checkOrigin = checkOrigin;
  core.server.auth = auth;
  if (isAboutTokens) useSettings(core, former, settings);
  if (has('handshakeTimeout')) core.server.handshakeTimeout = options.handshakeTimeout;
  if (has('socketChannelLimit')) core.server.socketChannelLimit = options.socketChannelLimit;
  if (has('addressRateLimits', 'maxPendingClientsPerAddress')) core.limitAddresses();
  if (has('rateLimits', 'addressRateLimits')) limitAgain(core);
  core.log.info(`the server has reloaded ${lines.join(', ')}`);
  core.server.emit('reload', { changed });
  return changed;
}

function isChange(name: ReloadableOption, given: ReloadOptions, options: ResolvedOptions): boolean {
  if (name === 'authKey' && replacesKeys(given, options)) return true;
  return !isDeepStrictEqual(given[name], options[name]);
}

/** One secret takes the place of a list of them, which would be preferred; beside a key pair the list is another thing. */
function replacesKeys({ authKey }: ReloadOptions, options: ResolvedOptions): boolean {
  return (
    authKey !== undefined && options.authKeys !== undefined && options.authPrivateKey === undefined
  );
}

/** Keys and algorithms; what the application has assigned beside them, such as an issuer, stays. */
function useSettings({ server }: ServerCore, former: AuthSettings, settings: AuthSettings): void {
  server.signatureKey = settings.signatureKey;
  server.verificationKey = settings.verificationKey;
  if (!isDeepStrictEqual(former.signatureOptions, settings.signatureOptions)) {
    server.defaultSignatureOptions = {
      ...server.defaultSignatureOptions,
      ...settings.signatureOptions,
    };
  }
  if (!isDeepStrictEqual(former.verificationOptions, settings.verificationOptions)) {
    server.defaultVerificationOptions = {
      ...server.defaultVerificationOptions,
      ...settings.verificationOptions,
    };
  }
}

/** Sockets that are connected begin with full buckets. */
function limitAgain(core: ServerCore): void {
  const { clients, pendingClients } = core.server;
  const sockets = [...Object.values(clients), ...Object.values(pendingClients)];
  limitNext(core, sockets.map(sessionOf));
}

function limitNext(core: ServerCore, sessions: Session[]): void {
  for (const session of sessions.splice(0, SOCKETS_PER_TURN)) {
    if (!session.isClosed) limitRates(core, session, session.address);
  }
  if (sessions.length > 0) setImmediate(limitNext, core, sessions);
}

/** A change for the log, without anything that might be secret. */
function describeChange(
  name: ReloadableOption,
  former: ResolvedOptions,
  next: ResolvedOptions,
): string {
  const [before, after] = [former[name], next[name]];
  if (name === 'authKeys') return `authKeys (${next.authKeys?.length} of them)`;
  if (typeof before !== 'number' || typeof after !== 'number') return name;
  return `${name} (${before} → ${after})`;
}

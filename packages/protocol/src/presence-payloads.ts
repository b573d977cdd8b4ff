import { hydrateError } from './error-wire.js';
import { isCount, isRecord, membersOf } from './own.js';

/** What a client offers for the extension `presence` (P15.2). */
export interface PresenceOffer {
  /** The secret behind the key of a connection without a user id; undefined: it was given none yet. */
  readonly client: string | undefined;
  /** The id of the connection before. */
  readonly was: string | undefined;
}

/** What a `#subscribe` asks of presence (P15.4). */
export interface PresenceRequest {
  /** The state to enter with; undefined: nothing changes. */
  readonly state: unknown;
  /** Whether to watch; undefined: nothing changes. */
  readonly watch: boolean | undefined;
}

/** The member `presence` of the answer to a `#subscribe` (P15.5). */
export interface PresenceAnswer {
  /** The key of this connection; undefined when it was refused. */
  readonly key: string | undefined;
  /** Why the member was refused; null when it was not. */
  readonly error: unknown;
}

/** Data of a client's `#presence` (P15.6). */
export type PresenceCommand = { readonly channel: string } & (
  | { readonly type: 'enter' | 'update'; readonly state: unknown }
  | { readonly type: 'leave' }
  | { readonly type: 'watch'; readonly watch: boolean }
);

/** A member as it travels (P15.11). */
export interface WireMember {
  readonly key: string;
  readonly userId?: string;
  readonly state: unknown;
  /** When it entered, in ms since the epoch, by the clock of its server. */
  readonly at: number;
  /** Connections; left out: 1. */
  readonly n?: number;
}

/** What has changed of a member; what is left out is as it was (P15.12). */
export interface WireMemberUpdate {
  readonly key: string;
  readonly state?: unknown;
  readonly n?: number;
}

/** Data of a server's `#presence`. */
export type PresenceNotice = { readonly channel: string } & (
  | {
      readonly type: 'sync';
      readonly page: number;
      readonly of: number;
      readonly isPartial: boolean;
      readonly members: readonly WireMember[];
    }
  | {
      readonly type: 'changes';
      readonly enter: readonly WireMember[];
      readonly update: readonly WireMemberUpdate[];
      readonly leave: readonly string[];
    }
  | { readonly type: 'count'; readonly count: number }
  | { readonly type: 'key'; readonly key: string }
  | { readonly type: 'error'; readonly error: unknown }
);

/** Characters of the secret that a client gets: 16 random bytes. */
export const PRESENCE_SECRET_LENGTH = 22;

/** Longest id of a connection that a client may present; ids are the server's own, and shorter. */
const MAX_ID_LENGTH = 128;

/** Reads the parameters of the extension, either way; members of a wrong type count as absent. */
export function parsePresenceOffer(params: unknown): PresenceOffer {
  const { client, was } = membersOf(params);
  return {
    client: isSecret(client) ? client : undefined,
    was: typeof was === 'string' && was.length <= MAX_ID_LENGTH ? was : undefined,
  };
}

/** Reads the `presence` of a `#subscribe`: `null` when there is none, `undefined` when it cannot be read. */
export function parsePresenceRequest(subscription: unknown): PresenceRequest | null | undefined {
  const { presence } = membersOf(subscription);
  if (presence === undefined || presence === null) return null;
  if (!isRecord(presence)) return undefined;
  const { state, watch } = presence;
  return watch === undefined || typeof watch === 'boolean' ? { state, watch } : undefined;
}

/** Reads the `presence` of the answer to a `#subscribe`; `undefined` when there is none. */
export function parsePresenceAnswer(data: unknown): PresenceAnswer | undefined {
  const { presence } = membersOf(data);
  if (!isRecord(presence)) return undefined;
  const { key, error } = presence;
  return { key: typeof key === 'string' ? key : undefined, error: hydrateError(error) };
}

/** Reads a client's `#presence`; `undefined` unless it has a channel and exactly one thing to do. */
export function parsePresenceCommand(data: unknown): PresenceCommand | undefined {
  const { channel, enter, update, leave, watch } = membersOf(data);
  if (typeof channel !== 'string') return undefined;
  if ([enter, update, leave, watch].filter((value) => value !== undefined).length !== 1) {
    return undefined;
  }
  if (enter !== undefined) return { channel, type: 'enter', state: enter };
  if (update !== undefined) return { channel, type: 'update', state: update };
  if (leave === true) return { channel, type: 'leave' };
  return typeof watch === 'boolean' ? { channel, type: 'watch', watch } : undefined;
}

/**
 * Reads a server's `#presence`; `undefined` for one without a channel, or that says nothing. Members of a wrong type
 * are left out (P15.16).
 */
export function parsePresenceNotice(data: unknown): PresenceNotice | undefined {
  const { channel, sync, page, of, partial, members, enter, update, leave, count, key, error } =
    membersOf(data);
  if (typeof channel !== 'string') return undefined;
  if (sync === true) {
    if (!isPlace(page) || !isPlace(of) || page > of) return undefined;
    return {
      channel,
      type: 'sync',
      page,
      of,
      isPartial: partial === true,
      members: listOf(members, memberOf),
    };
  }
  if (enter || update || leave) {
    return {
      channel,
      type: 'changes',
      enter: listOf(enter, memberOf),
      update: listOf(update, updateOf),
      leave: listOf(leave, keyOf),
    };
  }
  if (isCount(count)) return { channel, type: 'count', count };
  if (typeof key === 'string') return { channel, type: 'key', key };
  return error ? { channel, type: 'error', error: hydrateError(error) } : undefined;
}

/** Whether it may be the secret of a client: 22 URL-safe characters. */
function isSecret(value: unknown): value is string {
  return (
    typeof value === 'string' && value.length === PRESENCE_SECRET_LENGTH && /^[\w-]+$/.test(value)
  );
}

function listOf<Item>(value: unknown, read: (item: unknown) => Item | undefined): Item[] {
  if (!Array.isArray(value)) return [];
  return value.map(read).filter((item) => item !== undefined) as Item[];
}

function memberOf(value: unknown): WireMember | undefined {
  const { key, userId, state, at, n } = membersOf(value);
  if (typeof key !== 'string') return undefined;
  return {
    key,
    ...(typeof userId === 'string' && { userId }),
    state,
    at: Number.isFinite(at) ? (at as number) : 0,
    n: isPlace(n) ? n : 1,
  };
}

function updateOf(value: unknown): WireMemberUpdate | undefined {
  const { key, state, n } = membersOf(value);
  if (typeof key !== 'string') return undefined;
  return { key, ...(state !== undefined && { state }), ...(isPlace(n) && { n }) };
}

function keyOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function isPlace(value: unknown): value is number {
  return isCount(value) && value > 0;
}

import { isCount, isRecord, membersOf } from './own.js';

/** Longest text of a position (P14.2). */
export const MAX_POSITION_LENGTH = 128;

/** Publications of a page of history when the request names no limit (P14.16). */
export const DEFAULT_HISTORY_LIMIT = 100;

/** What a `#subscribe` asks for beside the subscription (P14.4, P14.5). */
export interface RecoveryRequest {
  /** The last position that the client has. */
  readonly recover: string | undefined;
  /** Milliseconds since that position was good; 0 when the client gave none. */
  readonly awayMs: number;
  /** Publications to begin with. */
  readonly rewind: number | undefined;
  /** A position that cannot be reached refuses the subscription. */
  readonly isStrict: boolean;
}

/** The answer to `#subscribe` on a recoverable channel (P14.6). */
export interface SubscribeReply {
  /** Where the log ends; undefined: the channel has no history. */
  readonly position: string | undefined;
  /** Whether everything after the position asked for follows; undefined when none was. */
  readonly recovered: boolean | undefined;
  /** Publications that follow although they are older than the subscription. */
  readonly rewind: number;
}

/** The answer to `#publish` on a recoverable channel (P14.13). */
export interface PublishReply {
  readonly position: string;
  /** A publication with the same id was there already, and this one was not published. */
  readonly duplicate: boolean;
}

/** Data of `#position` (P14.10). */
export interface PositionNotice {
  readonly channel: string;
  /** The position without its epoch. */
  readonly place: string;
}

/** Data of `#history` (P14.16). At most one of `before` and `after`. */
export interface HistoryRequest {
  readonly channel: string;
  readonly limit: number;
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** Which publication of the page comes first. */
  readonly order: 'newest' | 'oldest';
}

/** The answer to `#history` (P14.17). */
export interface HistoryReply {
  readonly publications: readonly { readonly data: unknown; readonly position: string }[];
  /** Where the log ends. */
  readonly position: string;
  /** There is more beyond the page, in the direction of reading. */
  readonly hasMore: boolean;
}

/**
 * Reads the members of a `#subscribe` that concern recovery; `undefined` when a position or a rewind is of a wrong
 * type. A duration that makes no sense counts as 0, and any other mode as the default.
 */
export function parseRecoveryRequest(request: unknown): RecoveryRequest | undefined {
  const { recover, away, rewind, mode } = membersOf(request);
  if (!isAbsentOr(isPositionText, recover) || !isAbsentOr(isCount, rewind)) return undefined;
  return {
    recover: recover ?? undefined,
    awayMs: isDuration(away) ? away : 0,
    rewind: rewind ?? undefined,
    isStrict: mode === 'reject',
  };
}

/** Reads the answer to a `#subscribe`; members of a wrong type count as absent. */
export function parseSubscribeReply(data: unknown): SubscribeReply {
  const { position, recovered, rewind } = membersOf(data);
  return {
    position: positionOf(position),
    recovered: typeof recovered === 'boolean' ? recovered : undefined,
    rewind: isCount(rewind) ? rewind : 0,
  };
}

/** Reads the id of a `#publish`: `null` when there is none, `undefined` for anything but 1 to 64 characters. */
export function parsePublicationId(publication: unknown): string | null | undefined {
  const { id } = membersOf(publication);
  if (id === undefined || id === null) return null;
  return isPublicationId(id) ? id : undefined;
}

/** Whether a publication may have this id: 1 to 64 characters. */
export function isPublicationId(id: unknown): id is string {
  return typeof id === 'string' && id.length > 0 && id.length <= 64;
}

/** Reads the answer to a `#publish`; `undefined` when it names no position: the channel has no history. */
export function parsePublishReply(data: unknown): PublishReply | undefined {
  const { position, duplicate } = membersOf(data);
  return isPositionText(position) ? { position, duplicate: duplicate === true } : undefined;
}

/** Reads a `#position`; `undefined` when the channel or the place is no text. */
export function parsePositionNotice(data: unknown): PositionNotice | undefined {
  const { channel, p } = membersOf(data);
  return typeof channel === 'string' && isPositionText(p) ? { channel, place: p } : undefined;
}

/** Reads a `#history`; `undefined` when a member is of a wrong type, or both `before` and `after` are there. */
export function parseHistoryRequest(request: unknown): HistoryRequest | undefined {
  const { channel, limit, before, after, order } = membersOf(request);
  if (typeof channel !== 'string' || !isAbsentOr(isCount, limit) || limit === 0) return undefined;
  if (!isAbsentOr(isPositionText, before) || !isAbsentOr(isPositionText, after)) return undefined;
  if (before && after) return undefined;
  if (!isAbsentOr(isOrder, order)) return undefined;
  return {
    channel,
    limit: limit ?? DEFAULT_HISTORY_LIMIT,
    before: before ?? undefined,
    after: after ?? undefined,
    order: order ?? 'newest',
  };
}

/** Reads the answer to a `#history`; `undefined` unless all of it is as P14.17 says. */
export function parseHistoryReply(data: unknown): HistoryReply | undefined {
  const { publications, position, hasMore } = membersOf(data);
  if (!isPositionText(position) || !Array.isArray(publications)) return undefined;
  return publications.every(isPastPublication)
    ? { publications, position, hasMore: hasMore === true }
    : undefined;
}

/** A position, or a place without an epoch, as text; `undefined` for anything else. */
export function positionOf(value: unknown): string | undefined {
  return isPositionText(value) ? value : undefined;
}

/** Whether it may be the text of a position. What it says is the server's business. */
export function isPositionText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_POSITION_LENGTH;
}

function isPastPublication(value: unknown): value is { data: unknown; position: string } {
  return isRecord(value) && isPositionText(value.position);
}

function isAbsentOr<T>(
  isValid: (value: unknown) => value is T,
  value: unknown,
): value is T | null | undefined {
  return value === undefined || value === null || isValid(value);
}

function isDuration(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) >= 0;
}

function isOrder(value: unknown): value is 'newest' | 'oldest' {
  return value === 'newest' || value === 'oldest';
}

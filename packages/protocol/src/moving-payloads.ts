import { isRecord, membersOf } from './own.js';
import { MAX_TIMEOUT_MS } from './payloads.js';

/** Data of `#reconnect`; times in ms from when it comes (P19.2). */
export interface ReconnectNotice {
  /** When to begin. */
  readonly in: number;
  /** How long the new connection may take from then on. */
  readonly within: number;
}

/** Data of a client's `#moving`: what it wants of the server that it comes to, or of the one that it leaves. */
export type MovingStep =
  | { readonly type: 'listen'; readonly channels: readonly string[] }
  | { readonly type: 'leave' }
  | { readonly type: 'arrive'; readonly heard: unknown };

/** Reads a `#reconnect`; what is no time counts as 0. */
export function parseReconnect(data: unknown): ReconnectNotice {
  const notice = membersOf(data);
  return { in: millisecondsOf(notice.in), within: millisecondsOf(notice.within) };
}

function millisecondsOf(value: unknown): number {
  return Math.min(Math.max(Number(value), 0) || 0, MAX_TIMEOUT_MS);
}

/** Reads a `#moving`; `undefined` if it is none. */
export function parseMovingStep(data: unknown): MovingStep | undefined {
  if (!isRecord(data)) return undefined;
  const { channels, to, heard } = data;
  if (Array.isArray(channels)) {
    return channels.every((channel) => typeof channel === 'string')
      ? { type: 'listen', channels }
      : undefined;
  }
  if (typeof to === 'string') return { type: 'leave' };
  return heard === undefined ? undefined : { type: 'arrive', heard };
}

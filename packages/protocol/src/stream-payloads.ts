import { isCount, isRecord, membersOf, type UnknownRecord } from './own.js';

/** What a caller adds to a call (P16.2, P16.10, P16.13). */
export interface CallTerms {
  /** Items that the caller takes at first; undefined: it wants one answer. */
  readonly credit: number | undefined;
  /** Milliseconds after which it does not wait any longer; undefined: for ever. */
  readonly timeoutMs: number | undefined;
  /** Items of a body follow. */
  readonly hasBody: boolean;
}

/** What makes a response a part of a stream (P16.3, P16.4). */
export interface StreamPart {
  /** Number of the item, from 1 on; 0: the stream is open. The end has the number that the next item would have. */
  readonly number: number;
  /** The sender stops soon unless it gets credit once this item is consumed. */
  readonly asks: boolean;
  /** This is no item, but what follows the last one. */
  readonly isEnd: boolean;
}

/** Data of `#credit`, `#cancel` and `#body`: the call, by who has made it (P16.5). */
export interface CallReference {
  readonly id: number;
  /** The sender of the packet has made the call. */
  readonly isSenders: boolean;
}

/** Data of `#credit` (P16.5). */
export interface Credit extends CallReference {
  /** How many items may be sent altogether. A total, so that it may come twice. */
  readonly upTo: number;
}

/** Data of `#body` (P16.10). */
export interface BodyPart extends StreamPart {
  readonly id: number;
  readonly data: unknown;
}

/** Reads the terms of a call; undefined for a plain one, as published clients make. Wrong members count as none. */
export function parseCallTerms({ credit, timeout, body }: UnknownRecord): CallTerms | undefined {
  if (credit === undefined && timeout === undefined && body === undefined) {
    return undefined;
  }
  return {
    credit: isCount(credit) ? credit : undefined,
    timeoutMs: typeof timeout === 'number' && timeout > 0 ? timeout : undefined,
    hasBody: body === true,
  };
}

/** Reads what a response says of its stream; undefined for an ordinary one, and when the number is none. */
export function parseStreamPart({ open, more, end, ask }: UnknownRecord): StreamPart | undefined {
  if (open === undefined && more === undefined && end === undefined) {
    return undefined;
  }
  const isEnd = end !== undefined;
  const number = open === true ? 0 : isEnd ? end : more;
  return isCount(number) ? { number, asks: ask === true, isEnd } : undefined;
}

/** Reads a `#credit`; undefined without a call or a total. */
export function parseCredit(data: unknown): Credit | undefined {
  const call = parseCallReference(data);
  const { upTo } = membersOf(data);
  return call && isCount(upTo) ? { ...call, upTo } : undefined;
}

/** Reads a `#cancel`; undefined without a call. */
export function parseCallReference(data: unknown): CallReference | undefined {
  const { cid, rid } = membersOf(data);
  if (Number.isFinite(cid)) {
    return { id: cid as number, isSenders: true };
  }
  return Number.isFinite(rid) ? { id: rid as number, isSenders: false } : undefined;
}

/** Reads a `#body`; undefined without a call or a number. */
export function parseBodyPart(part: unknown): BodyPart | undefined {
  const call = parseCallReference(part);
  if (!call?.isSenders || !isRecord(part)) {
    return undefined;
  }
  const { n: number, data, ask, end } = part;
  return isCount(number) && number > 0
    ? { id: call.id, number, data, asks: ask === true, isEnd: end === true }
    : undefined;
}

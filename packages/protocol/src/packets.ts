import type { UnknownRecord } from './own.js';
import {
  type CallTerms,
  parseCallTerms,
  parseStreamPart,
  type StreamPart,
} from './stream-payloads.js';

/** One-way message as it travels (P3.1). */
export interface WireTransmit {
  event: string;
  data?: unknown;
}

/** Remote call as it travels; the peer owes exactly one response (P3.2). */
export interface WireInvoke {
  event: string;
  data?: unknown;
  cid: number;
}

/** Answer to a call as it travels: `error` present and not null means failure (P3.3, P3.4). */
export interface WireResponse {
  rid: number;
  data?: unknown;
  error?: unknown;
}

/** Any single packet as it travels. */
export type WirePacket = WireTransmit | WireInvoke | WireResponse;

/** What one encoded message holds: a packet, or a batch of them (P7.1). */
export type WireMessage = WirePacket | readonly WirePacket[];

/** One-way message: no response is ever sent, even when it is blocked. */
export interface TransmitPacket {
  readonly event: string;
  readonly data: unknown;
  readonly cid: undefined;
  readonly rid: undefined;
  readonly error: undefined;
  readonly extra: undefined;
  /** As it came; there only where the extension is agreed (P20.2). */
  trace?: unknown;
}

/** Remote call: expects one response that carries `cid` as its `rid`. */
export interface InvokePacket {
  readonly event: string;
  readonly data: unknown;
  readonly cid: number;
  readonly rid: undefined;
  readonly error: undefined;
  /** What the caller adds (P16); counts only where the extension is agreed. */
  readonly extra: CallTerms | undefined;
  /** As it came; there only where the extension is agreed (P20.2). */
  trace?: unknown;
}

/** Response to a call of ours. `error` is undefined or null on success; see `hasError`. */
export interface ResponsePacket {
  readonly event: undefined;
  readonly data: unknown;
  readonly cid: undefined;
  readonly rid: number;
  readonly error: unknown;
  /** Makes it a part of a stream (P16); counts only for calls that asked for one. */
  readonly extra: StreamPart | undefined;
}

/** A parsed packet: a response has no `event`, a transmit neither `cid` nor `rid`. */
export type Packet = TransmitPacket | InvokePacket | ResponsePacket;

/**
 * Reads one decoded value as a packet; `undefined` means that it is not a packet and surfaces as raw.
 * `event` must be a string, `cid` and `rid` finite numbers: a call id of another type makes the packet a
 * transmit. Batches are the caller's business (each element is parsed alone). All results have one hidden
 * class. Source: P3.5–P3.7.
 */
export function parsePacket(value: unknown): Packet | undefined {
  if (typeof value !== 'object' || !value) {
    return undefined;
  }
  const members = value as UnknownRecord;
  const { event, data, cid, rid, error } = members;
  if (typeof event === 'string') {
    return isCallId(cid)
      ? { event, data, cid, rid: undefined, error: undefined, extra: parseCallTerms(members) }
      : { event, data, cid: undefined, rid: undefined, error: undefined, extra: undefined };
  }
  return isCallId(rid)
    ? { event: undefined, data, cid: undefined, rid, error, extra: parseStreamPart(members) }
    : undefined;
}

/** Whether a response means failure: its `error` is present and not null; `0` or `''` are errors (P3.4). */
export function hasError(response: Pick<ResponsePacket, 'error'>): boolean {
  return response.error !== undefined && response.error !== null;
}

function isCallId(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

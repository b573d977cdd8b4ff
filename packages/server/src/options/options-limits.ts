import type { IncomingMessage } from 'node:http';
import { getHeapStatistics } from 'node:v8';
import type { AddressRateLimits, RateLimits } from '../limits/rate-limits.js';
import type { OverflowPolicyOption } from '../outbound/overflow-policy.js';
import type { OriginsOption } from '../upgrade/origins.js';

/**
 * The bounds: docs/security.md says what each protects and what happens there. How often each
 * was reached is in `server.stats().limits`.
 */
export interface LimitOptions {
  /** Web pages that may connect; see {@link OriginsOption}. Others get HTTP 403. Default `'*:*'` (all). */
  origins?: OriginsOption | undefined;
  /** Deadline in ms for the whole handshake, from the upgrade request to the answer; then 4005. Default 10,000. */
  handshakeTimeout?: number | undefined;
  /** Clients connected, unfinished handshakes included; further upgrades get HTTP 503. `0` = no limit. Default 0. */
  maxClients?: number | undefined;
  /** Unfinished handshakes; further upgrades get HTTP 503. `0` = no limit. Default 0. */
  maxPendingClients?: number | undefined;
  /** The same per client address. `0` = no limit. Default 0. */
  maxPendingClientsPerAddress?: number | undefined;
  /** Largest inbound message in bytes; a larger one closes the socket with 1009. Default 1,048,576. */
  maxPayload?: number | undefined;
  /** Fragments of one inbound message; more close the socket with 1008. `0` = no limit. Default 16,384. */
  maxFragments?: number | undefined;
  /** Levels of arrays and objects in one inbound message, with the default codec; deeper: 1008. Default 1,000. */
  maxDepth?: number | undefined;
  /** Packets in one batch array; a longer one closes the socket with 1008. Default 10,000. */
  maxBatchLength?: number | undefined;
  /** Packets of one batch handled before other sockets get their turn. Default 1,000. */
  maxBatchPacketsPerTurn?: number | undefined;
  /**
   * Milliseconds of CPU time for all sockets that send batches, or more than 32 messages in a row, before the others get their
   * turn. Each of them has 64 packets of a batch, or those 32 messages, in any case. Default 10.
   */
  maxBatchTimePerTurn?: number | undefined;
  /** Characters in a channel, receiver or procedure name; a longer one is refused. Default 1,000. */
  maxNameLength?: number | undefined;
  /**
   * Calls in flight per socket, each way; the next one is refused. As many answers to no call are taken
   * while messages wait; more close the socket with 1008. Default 10,000.
   */
  maxPendingCalls?: number | undefined;
  /** Calls per socket and direction that have a stream or a body; the next one is refused. Default 100. */
  maxStreams?: number | undefined;
  /** Items of a stream or a body that are sent ahead of what is consumed, whatever the reader asks for. Default 1,000. */
  maxStreamCredit?: number | undefined;
  /** Items of a body, or of a client's stream, that may wait to be read; the client stops there. Default 128. */
  streamHighWaterMark?: number | undefined;
  /** Bytes of items that are sent ahead of what is consumed; one item may exceed it. Default 1,048,576. */
  streamHighWaterMarkBytes?: number | undefined;
  /** How long the reader of a stream may ask for nothing, in ms; then the stream ends. Default 300,000. */
  streamIdleTimeout?: number | undefined;
  /** Subscriptions per socket; `0` for no limit. The next one is refused. Default 1,000. */
  socketChannelLimit?: number | undefined;
  /** Bytes of JSON that the state of a member of a channel may take; a larger one is refused. Default 1,024. */
  maxPresenceBytes?: number | undefined;
  /**
   * Members of a channel, on all servers, that are shown; of a channel with more, those who watch get the number only,
   * until there are a tenth less. Default 5,000.
   */
  maxPresenceMembers?: number | undefined;
  /** Unconsumed inbound messages per socket at which reading pauses until half is consumed. Default 1,000. */
  inboundHighWaterMark?: number | undefined;
  /**
   * The same in bytes. As much again is kept of what is read while messages have to wait, for the sake of
   * an answer or a pong among them. Default 4,194,304.
   */
  inboundHighWaterMarkBytes?: number | undefined;
  /**
   * Publications that wait for a loop over a channel of the exchange, at which clients that publish on the
   * channel have to wait until half is read. Nothing is lost. Consumers with a `highWaterMark` of their own
   * hold nobody up. Default 1,000.
   */
  exchangeHighWaterMark?: number | undefined;
  /** The same in bytes. Default 4,194,304. */
  exchangeHighWaterMarkBytes?: number | undefined;
  /**
   * Events of the server, or of its broker engine, that wait for a loop, at which clients that cause more
   * have to wait until half is read, and new ones get HTTP 503 when they would cause more. A loop that reads
   * nothing for 10 s holds nobody up. Default 10,000.
   */
  eventHighWaterMark?: number | undefined;
  /**
   * Bytes that wait in all streams of the server together. Beyond it the longest backlogs are dropped until
   * the rest takes half of it: a loop ends with a `BacklogLimitError`, a socket is closed with 1008, and
   * either is a `warning`. Default: a quarter of V8's heap limit.
   */
  maxBacklogBytesTotal?: number | undefined;
  /**
   * Unsent bytes per socket above which the overflow policy acts, `backpressure` is emitted and the
   * client is not read from, until they have fallen to half. Default 1,048,576.
   */
  outboundHighWaterMark?: number | undefined;
  /** Unsent bytes per socket above which it is closed with 4011. Default 8,388,608. */
  outboundLimit?: number | undefined;
  /**
   * Unsent bytes of all sockets together above which those with the most are closed with 4011. A
   * publication counts once per socket. Default: a quarter of V8's heap limit.
   */
  maxBufferedBytesTotal?: number | undefined;
  /**
   * What to do with publications for a socket above its high-water mark; the option `channels` may say it for some
   * patterns. Default `'disconnect'`.
   */
  overflowPolicy?: OverflowPolicyOption | undefined;
  /**
   * How long a middleware function may take in ms to settle one action; then 1011. An asynchronous schema of the contract
   * may take as long to answer; then it has failed, and the socket stays. `0` = for ever. Default 30,000.
   */
  middlewareTimeout?: number | undefined;
  /** What one socket may send per second; beyond: 1008. Default: no limits. */
  rateLimits?: RateLimits | undefined;
  /** What all sockets of one address may send per second; beyond: 1008, HTTP 429. Default: no limits. */
  addressRateLimits?: AddressRateLimits | undefined;
  /**
   * Tells the client's address for limits per address, when a proxy is in front. Default: the request's
   * `forwardedForAddress`, set by a front end, else the TCP peer's.
   */
  clientAddress?: ((request: IncomingMessage) => string | undefined) | undefined;
}

export const limitDefaults = {
  origins: '*:*',
  handshakeTimeout: 10_000,
  maxClients: 0,
  maxPendingClients: 0,
  maxPendingClientsPerAddress: 0,
  maxPayload: 1_048_576,
  maxFragments: 16_384,
  maxDepth: 1_000,
  maxBatchLength: 10_000,
  maxBatchPacketsPerTurn: 1_000,
  maxBatchTimePerTurn: 10,
  maxNameLength: 1_000,
  maxPendingCalls: 10_000,
  maxStreams: 100,
  maxStreamCredit: 1_000,
  streamHighWaterMark: 128,
  streamHighWaterMarkBytes: 1_048_576,
  streamIdleTimeout: 300_000,
  socketChannelLimit: 1_000,
  maxPresenceBytes: 1_024,
  maxPresenceMembers: 5_000,
  inboundHighWaterMark: 1_000,
  inboundHighWaterMarkBytes: 4_194_304,
  exchangeHighWaterMark: 1_000,
  exchangeHighWaterMarkBytes: 4_194_304,
  eventHighWaterMark: 10_000,
  outboundHighWaterMark: 1_048_576,
  outboundLimit: 8_388_608,
  overflowPolicy: 'disconnect',
  middlewareTimeout: 30_000,
} as const satisfies LimitOptions;

/** Default of `maxBufferedBytesTotal` and of `maxBacklogBytesTotal`: the two together leave half of the heap. */
export function defaultBudgetBytes(): number {
  return Math.floor(getHeapStatistics().heap_size_limit / 4);
}

import type { LimitCounts } from '../limits/limits.js';
import type { Session } from '../session/session.js';

/** Counters since the server started, and gauges of now. Reading them costs little. */
export interface ServerStats {
  readonly clients: number;
  readonly pendingClients: number;
  /** Channels with at least one subscriber on this server. */
  readonly channels: number;
  /** Handshakes completed. */
  readonly handshakes: number;
  /** Messages to a receiver, and calls of a procedure, that nobody consumed. */
  readonly unhandledTransmits: number;
  readonly unhandledCalls: number;
  /** Actions blocked by middleware. */
  readonly blockedActions: number;
  /** Handshakes under way, from the upgrade request on. */
  readonly pendingHandshakes: number;
  /** Bytes that the kernel has not accepted yet, of all sockets that hold any at the end of a turn. */
  readonly bufferedBytes: number;
  /** Number of those sockets. */
  readonly stalledSockets: number;
  /** Addresses that are limited by address, while they matter. */
  readonly addresses: number;
  /** How often each limit was reached. */
  readonly limits: LimitCounts;
}

/** Counters and gauges of one socket. */
export interface SocketStats {
  readonly inboundReceivedMessageCount: number;
  readonly inboundProcessedMessageCount: number;
  readonly outboundPreparedMessageCount: number;
  readonly outboundSentMessageCount: number;
  /** Bytes not accepted by the kernel yet. */
  readonly bufferedBytes: number;
  /** Inbound messages, and their bytes, that nobody has consumed yet. */
  readonly unconsumedMessages: number;
  readonly unconsumedBytes: number;
  readonly bytesReceived: number;
  /** Publications dropped by the overflow policy. */
  readonly droppedPublications: number;
  /** The socket is not read from, because of a backlog in either direction. */
  readonly isReadingPaused: boolean;
}

/** The counters behind {@link ServerStats}. */
export class Counters {
  handshakes = 0;
  unhandledTransmits = 0;
  unhandledCalls = 0;
  blockedActions = 0;
}

export function socketStats({ inbound, outbound, connection }: Session): SocketStats {
  return {
    inboundReceivedMessageCount: inbound.receivedCount,
    inboundProcessedMessageCount: inbound.processedCount,
    outboundPreparedMessageCount: outbound.preparedCount,
    outboundSentMessageCount: outbound.sentCount,
    bufferedBytes: outbound.outbox.bufferedBytes,
    unconsumedMessages: inbound.meter.messages,
    unconsumedBytes: inbound.meter.bytes,
    bytesReceived: connection.bytesReceived,
    droppedPublications: outbound.droppedCount,
    isReadingPaused: inbound.isPaused,
  };
}

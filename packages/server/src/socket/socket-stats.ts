import type { Session } from '../session/session.js';

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
  /**
   * The socket's messages have to wait because of a backlog in either direction. It is not read from, unless
   * an answer or a pong is expected.
   */
  readonly isReadingPaused: boolean;
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

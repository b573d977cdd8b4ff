import type { Codec } from '@asyngular/protocol';
import type { Backlogs } from '../backlogs/backlogs.js';
import type { Codecs } from '../codecs/codecs.js';
import type { Connection, FrameEngine } from '../engine/engine.js';
import type { LimitName } from '../limits/limits.js';
import type { MiddlewareFunctions } from '../middleware/middleware.js';
import type { SocketLanes } from '../middleware/socket-lanes.js';
import type { FlushList } from './flush-list.js';
import type { OutboxLimits } from './outbox.js';

/** What all sockets of a server send with. */
export interface OutboundServer {
  readonly options: { readonly batchInterval: number; readonly inboundHighWaterMark: number };
  readonly backlogs: Backlogs;
  readonly codecs: Pick<Codecs, 'encodeForAll'>;
  readonly engine: Pick<FrameEngine, 'prepare'>;
  readonly middleware: Pick<MiddlewareFunctions, 'outbound'>;
  readonly flushList: FlushList;
  readonly outboxLimits: OutboxLimits;
}

/** What the outbound side of a socket needs of its session. */
export interface OutboundOwner {
  readonly core: OutboundServer;
  readonly id: string;
  readonly connection: Connection;
  /** What the connection speaks now. */
  readonly codec: Codec;
  readonly socket: {
    announce(event: 'backpressure' | 'drain', data: { bufferedBytes: number }): unknown;
  };
  readonly lanes: SocketLanes;
  readonly isClosed: boolean;
  /** Calls of the server that wait for an answer of the client. */
  readonly callsInFlight: number;
  /** Set when the client gave a sign of life. */
  readonly heartbeat: { heard: boolean };
  /** The client does not read what it asked for, so it is not read from; or it does so again. */
  holdReading(): void;
  releaseReading(): void;
  countLimit(limit: LimitName): void;
  emitError(error: unknown): void;
  respondError(id: number, error: unknown): void;
  rejectCall(id: number, error: unknown): void;
  /** Closes with 4011 without sending what is queued. */
  closeSlow(): void;
  /** The unsent bytes are above the high-water mark; they have fallen to half of it. */
  onPressure(isSlow: boolean): void;
  /** Additions to the protocol that both sides named. */
  readonly extensions: ReadonlyMap<string, unknown> | undefined;
}

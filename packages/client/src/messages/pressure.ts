import type { ConnectionState } from '../connection/connection-state.js';
import type { Context } from '../context.js';

/** How often a buffer above the mark is looked at: browsers have no event for one that has drained. */
const POLL_MS = 10;

/** What the network has not taken yet of what was sent. */
export interface Pressure {
  /** Bytes that wait in the WebSocket; 0 without an open one, and where it does not count them. */
  readonly bufferedBytes: number;
  /** Whether messages have to wait: from above `outboundLimit` to the drain. */
  readonly isFull: boolean;
  /** Undefined when the network keeps up; else when `drain` comes. */
  whenWritable(): Promise<void> | undefined;
  /** Comes after each message that was written. */
  onWritten(): void;
}

/**
 *   low ──above outboundHighWaterMark: `backpressure`──▶ high ──above outboundLimit──▶ high and full
 *    ▲                                                    │                                   │
 *    └───────── half of the mark, or no connection: `drain`, onDrain() ───────────────────────┘
 */
export function createPressure(
  context: Context,
  connection: ConnectionState,
  onDrain: () => void,
): Pressure {
  let isHigh = false;
  let isFull = false;
  let waiting: (() => void)[] = [];

  function bufferedBytes(): number {
    return (connection.state === 'open' && connection.link?.socket?.bufferedAmount) || 0;
  }

  function onWritten(): void {
    const bytes = bufferedBytes();
    isFull ||= bytes > context.options.outboundLimit;
    if (!isHigh && bytes > mark()) {
      isHigh = true;
      pollLater();
      context.emit('backpressure', { bufferedBytes: bytes });
    }
  }

  /** A limit below the mark brings the mark down, so that what is full always drains. */
  function mark(): number {
    return Math.min(context.options.outboundHighWaterMark, context.options.outboundLimit);
  }

  function pollLater(): void {
    context.platform.setTimeout(poll, POLL_MS);
  }

  function poll(): void {
    const bytes = bufferedBytes();
    if (bytes > mark() / 2) {
      pollLater();
      return;
    }
    isHigh = false;
    isFull = false;
    context.emit('drain', { bufferedBytes: bytes });
    onDrain();
    const writable = waiting;
    waiting = [];
    for (const resolve of writable) {
      resolve();
    }
  }

  function whenWritable(): Promise<void> | undefined {
    return isHigh ? new Promise((resolve) => waiting.push(resolve)) : undefined;
  }

  return {
    get bufferedBytes() {
      return bufferedBytes();
    },
    get isFull() {
      // Until the next look at it, the end of a connection is not known here.
      return isFull && connection.state === 'open';
    },
    whenWritable,
    onWritten,
  };
}

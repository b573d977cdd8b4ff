import type { SocketEvents } from '../events/socket-events.js';
import type { InboundSocket } from '../inbound/inbound-session.js';

/** What a session sees of its socket: where its events and messages go, and how it ends. */
export interface SessionSocket extends InboundSocket {
  getListenerConsumerCount(event: keyof SocketEvents): number;
  announce<Name extends keyof SocketEvents>(
    name: Name,
    data: SocketEvents[Name],
    size?: number,
  ): unknown;
  closeAllStreams(): void;
  killAllStreams(): void;
  /** Ends the streams of what the client has sent, at once. */
  killInputStreams(): void;
}

import type { AuthServer } from '../auth/auth-owner.js';
import type { AGExchange } from '../channels/exchange.js';
import type { SharedEvent, SocketEvents } from '../events/socket-events.js';
import type { WarningDetails } from '../events/warning-details.js';
import type { InboundServer } from '../inbound/inbound-session.js';
import type { LimitCounters } from '../limits/limits.js';
import type { CallMeter } from '../metrics/call-meter.js';
import type { OutgoingOutcome } from '../metrics/call-outcomes.js';
import type { CloseCounts } from '../metrics/close-counts.js';
import type { LaneOwner } from '../middleware/socket-lanes.js';
import type { OutboundServer } from '../outbound/outbound-owner.js';
import type { StreamTurns } from '../turns/stream-turns.js';
import type { ClosingConnections } from './closing-connections.js';
import type { HeartbeatServer } from './heartbeat.js';
import type { Session } from './session.js';

/** What all sessions of a server share: what their parts need of it, and what they need themselves. */
export type SessionServer = AuthServer &
  InboundServer &
  OutboundServer &
  HeartbeatServer &
  LaneOwner['core'] & {
    readonly options: {
      readonly cloneData: boolean;
      readonly socketStreamCleanupMode: 'kill' | 'close' | 'none';
    };
    readonly exchange: AGExchange;
    readonly limits: LimitCounters;
    readonly closes: CloseCounts;
    readonly outgoing: CallMeter<OutgoingOutcome>;
    readonly streamTurns: StreamTurns;
    /** The session's handshake is complete. */
    promote(session: Session): void;
    /** The session is over. */
    forget(session: Session): void;
    /** Whether anybody listens to the server's twin of an event of sockets. */
    hears(name: SharedEvent): boolean;
    /** Emits the server's twin of an event that the socket has just had. */
    announce<Name extends SharedEvent>(
      name: Name,
      session: Session,
      data: SocketEvents[Name],
      size: number,
    ): void;
    /** Emits `warning`. */
    emitWarning(warning: unknown, about?: WarningDetails & { socket?: object }): void;
    /** The application has emitted an event of its own on a socket on which nobody listens to it. */
    onUnheardEmit(event: string): void;
    readonly closing: ClosingConnections;
  };

import type { IncomingMessage } from 'node:http';
import type { Addresses } from '../limits/addresses.js';
import type { RateLimits } from '../limits/rate-limits.js';
import type { Session } from '../session/session.js';
import type { SessionServer } from '../session/session-server.js';
import type { HandshakeSlot } from './handshake-slot.js';
import type { OriginCheck } from './origins.js';

/** What upgrade requests need of the server, beyond what the sessions they become need. */
export type UpgradeServer = SessionServer & {
  readonly options: {
    readonly maxClients: number;
    readonly maxPendingClients: number;
    readonly maxPendingClientsPerAddress: number;
    readonly rateLimits?: RateLimits | undefined;
    readonly clientAddress?: ((request: IncomingMessage) => string | undefined) | undefined;
  };
  readonly server: {
    readonly clientsCount: number;
    readonly handshakeTimeout: number;
    generateId(): string;
  };
  readonly isClosed: boolean;
  /** Upgrades are refused, because the server is about to close. */
  readonly isDraining: boolean;
  readonly addresses: Addresses | undefined;
  readonly checkOrigin: OriginCheck;
  /** Handshakes under way, from the upgrade request on. */
  readonly handshakes: Set<HandshakeSlot>;
  /** A socket came into being; its handshake has not begun. */
  addPending(session: Session): void;
};

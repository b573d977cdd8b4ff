import type { ChannelStreams } from '@asyngular/channels/internal';
import type { Authentication } from './auth/authentication.js';
import type { Subscriptions } from './channels/subscriptions.js';
import type { Lifecycle } from './connection/lifecycle.js';
import type { Link } from './connection/link.js';
import type { AuthState, EmitEvent, SocketState } from './events.js';
import type { Outlet } from './messages/outlet.js';
import type { Requests } from './messages/requests.js';
import type { ResolvedOptions } from './options/options.js';
import type { Platform } from './platform/platform.js';

/** The socket that users hold, as its parts see it. */
export interface Owner {
  readonly channelStreams: ChannelStreams;
  emit(name: string, payload: unknown): void;
  getProcedureConsumerCount(name: string): number;
  writeToReceiver(name: string, data: unknown): void;
  writeToProcedure(name: string, request: unknown): void;
}

/** What is true of a socket right now, as it shows it. Each member is assigned by the part that is named with it. */
export interface Status {
  /** Lifecycle: `closed`, `connecting` or `open`. */
  state: SocketState;
  /** Lifecycle: the server's name for the open connection, else null. */
  id: string | null;
  /** Lifecycle: the last connection, also after its end; undefined before the first. */
  transport: Link | undefined;
  /** Lifecycle: automatic attempts since the last open connection. */
  connectAttempts: number;
  /** Lifecycle: the delay chosen for the pending reconnect, ms; null when none is pending. */
  pendingReconnectTimeout: number | null;
  /** Subscriptions: from the opened connection until pending subscriptions are processed. */
  preparingPendingSubscriptions: boolean;
  /** Authentication: what the server thinks of the token. */
  authState: AuthState;
  /** Authentication: the token itself. */
  signedAuthToken: string | null;
  /** Authentication: the token's payload, or its undecodable second segment as text, or null. */
  authToken: any;
}

/** The parts of one socket and what they share; they reach each other through it. */
export interface Core extends Status {
  /** Shown to procedures as `request.socket`. */
  readonly socket: Owner;
  readonly emit: EmitEvent;
  readonly platform: Platform;
  /** Read at each use: `connect(options)` replaces them. */
  options: ResolvedOptions;
  readonly channelStreams: ChannelStreams;
  readonly outlet: Outlet;
  readonly requests: Requests;
  readonly subscriptions: Subscriptions;
  readonly authentication: Authentication;
  readonly lifecycle: Lifecycle;
}

/**
 * The data itself, or where the options ask for a clone, what the server would get now. The codec sees a packet,
 * since it need not know anything else.
 */
export function owned<T>(core: Core, data: T): T {
  const { cloneData, codecEngine } = core.options;
  if (!cloneData) {
    return data;
  }
  const packet: any = codecEngine.decode(codecEngine.encode({ event: '', data }));
  return packet.data;
}

export function emitError(core: Core, error: unknown): void {
  core.emit('error', { error });
}

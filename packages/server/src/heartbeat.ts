import { type Deadline, deadlines } from '@asyngular/protocol/internal';
import type { Session } from './session.js';

/**
 * Pings one client and closes with 4001 when it stays silent for `pingTimeout`. Pings start after the
 * handshake, so a client that is slow to load its token cannot answer one too early. Unless the server
 * has a fixed `protocolVersion`, both kinds of ping are sent until the client has answered one of
 * them. Source: docs/protocol.md P2.
 */
export class Heartbeat {
  /** The client's protocol version once it is known. */
  version: 1 | 2 | undefined;
  /** Something other than a pong has arrived since the pong deadline was set. */
  heard = false;
  readonly #session: Session;
  #ping: Deadline | undefined;
  #pong: Deadline | undefined;

  constructor(session: Session) {
    this.#session = session;
    this.version = session.core.options.protocolVersion;
  }

  start(): void {
    const { server } = this.#session.core;
    if (server.pingTimeoutDisabled) return;
    this.#ping = deadlines.add(server.pingInterval, sendPing, this);
    this.#awaitPong();
  }

  stop(): void {
    if (this.#ping) deadlines.cancel(this.#ping);
    if (this.#pong) deadlines.cancel(this.#pong);
    this.#ping = undefined;
    this.#pong = undefined;
  }

  /** A pong of the given version arrived. */
  pong(version: 1 | 2): void {
    this.version ??= version;
    if (!this.#pong) return;
    deadlines.cancel(this.#pong);
    this.#awaitPong();
  }

  /** Called by the ping deadline. */
  ping(): void {
    const session = this.#session;
    const { pingFrames, server } = session.core;
    if (this.version !== 1) session.outbound.sendControl(pingFrames[2]);
    if (this.version !== 2) session.outbound.sendControl(pingFrames[1]);
    this.#ping = deadlines.add(server.pingInterval, sendPing, this);
  }

  /** Called by the pong deadline. A client whose reading we have paused cannot be heard. */
  silence(): void {
    if (this.heard || this.#session.inbound.isPaused) this.#awaitPong();
    else this.#session.close(4001);
  }

  #awaitPong(): void {
    this.heard = false;
    this.#pong = deadlines.add(this.#session.core.server.pingTimeout, judgeSilence, this);
  }
}

function sendPing(heartbeat: Heartbeat): void {
  heartbeat.ping();
}

function judgeSilence(heartbeat: Heartbeat): void {
  heartbeat.silence();
}

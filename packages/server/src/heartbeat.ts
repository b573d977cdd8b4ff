import { type Deadline, deadlines } from '@asyngular/protocol/internal';
import type { Session } from './session.js';

/**
 * Pings one client and closes with 4001 when it stays silent for `pingTimeout`. Pings start after the
 * handshake, so a client that is slow to load its token cannot answer one too early. Unless the server
 * has a fixed `protocolVersion`, a ping that stays unanswered for a quarter of the interval is followed
 * by one of version 1: clients of version 2 answer before, and would take it for a raw message.
 * Source: docs/protocol.md P2.
 */
export class Heartbeat {
  /** The client's protocol version once it is known. */
  version: 1 | 2 | undefined;
  /** Something other than a pong has arrived since the pong deadline was set. */
  heard = false;
  readonly #session: Session;
  #ping: Deadline | undefined;
  #legacyPing: Deadline | undefined;
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
    if (this.#legacyPing) deadlines.cancel(this.#legacyPing);
    if (this.#pong) deadlines.cancel(this.#pong);
    this.#ping = undefined;
    this.#legacyPing = undefined;
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
    session.outbound.sendControl(pingFrames[this.version ?? 2]);
    if (this.version === undefined) {
      // In time for a client that gives up `pingTimeout` after its handshake, however close the two are.
      const room = Math.max(0, server.pingTimeout - server.pingInterval) / 2;
      const delayMs = Math.ceil(Math.min(server.pingInterval / 4, room));
      this.#legacyPing = deadlines.add(delayMs, sendLegacyPing, this);
    }
    this.#ping = deadlines.add(server.pingInterval, sendPing, this);
  }

  /** Called when a first ping was not answered soon: perhaps the client knows the older kind only. */
  pingLegacy(): void {
    if (this.version === undefined) {
      this.#session.outbound.sendControl(this.#session.core.pingFrames[1]);
    }
  }

  /**
   * Called by the pong deadline. A client that is not read from because the
   * application lags behind cannot be heard; one that does not read counts as alive while it takes some. When this
   * process was busy past the deadline, pongs lie unread in the kernel: sockets are read before the
   * verdict.
   */
  silence(): void {
    this.#pong = undefined;
    if (this.#needNotAnswer()) this.#awaitPong();
    else setImmediate(judgeAgain, this);
  }

  /** Called after the sockets have been read once more. */
  verdict(): void {
    if (this.#session.isClosed || this.#pong) return;
    if (this.#needNotAnswer()) this.#awaitPong();
    else this.#session.close(4001);
  }

  #needNotAnswer(): boolean {
    return this.heard || this.#session.inbound.isLagging;
  }

  #awaitPong(): void {
    this.heard = false;
    this.#pong = deadlines.add(this.#session.core.server.pingTimeout, judgeSilence, this);
  }
}

function sendPing(heartbeat: Heartbeat): void {
  heartbeat.ping();
}

function sendLegacyPing(heartbeat: Heartbeat): void {
  heartbeat.pingLegacy();
}

function judgeSilence(heartbeat: Heartbeat): void {
  heartbeat.silence();
}

function judgeAgain(heartbeat: Heartbeat): void {
  heartbeat.verdict();
}

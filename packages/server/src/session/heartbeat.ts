import { closeCodes } from '@asyngular/protocol';
import type { Deadline } from '@asyngular/protocol/internal';
import type { PreparedFrame } from '../engine/engine.js';
import { deadlines } from '../turns/deadlines.js';

const NEVER = Number.POSITIVE_INFINITY;

/** What all heartbeats of a server have in common. */
export interface HeartbeatServer {
  readonly options: { readonly protocolVersion?: 1 | 2 | undefined };
  readonly server: {
    readonly pingInterval: number;
    readonly pingTimeout: number;
    readonly pingTimeoutDisabled: boolean;
  };
  /** Pings by protocol version, framed once. */
  readonly pingFrames: { readonly 1: PreparedFrame; readonly 2: PreparedFrame };
}

/** What a heartbeat needs of its session. */
export interface HeartbeatOwner {
  readonly core: HeartbeatServer;
  readonly inbound: {
    /** It is not read from, so it cannot be heard. */
    readonly isDeaf: boolean;
    /** Reads on, within bounds, until the next pong. */
    listenForPong(): void;
    heardPong(): void;
  };
  readonly outbound: { sendControl(frame: PreparedFrame): void };
  readonly isClosed: boolean;
  close(code: number): void;
}

/**
 * Pings one client and closes with 4001 when it stays silent for `pingTimeout`. Messages are not timed:
 * whether any came is looked at with each ping, so that silence after one may be found a `pingInterval` too
 * late. Pings start after the handshake, so a client that is slow to load its token cannot answer one too early. Unless the server
 * has a fixed `protocolVersion`, a ping that stays unanswered for a quarter of the interval is followed
 * by one of version 1: clients of version 2 answer before, and would take it for a raw message.
 * Source: docs/protocol.md P2.
 */
export class Heartbeat {
  /** The client's protocol version once it is known. */
  version: 1 | 2 | undefined;
  /** Something has arrived since the silence was last judged. */
  heard = false;
  readonly #session: HeartbeatOwner;
  /** One deadline for whatever comes first of the three below; `undefined` while nothing is to come. */
  #deadline: Deadline | undefined;
  #pingDueMs = NEVER;
  #legacyPingDueMs = NEVER;
  #silenceDueMs = NEVER;

  constructor(session: HeartbeatOwner) {
    this.#session = session;
    this.version = session.core.options.protocolVersion;
  }

  start(): void {
    const { server } = this.#session.core;
    if (server.pingTimeoutDisabled) return;
    const nowMs = performance.now();
    this.#pingDueMs = nowMs + server.pingInterval;
    this.#awaitPong(nowMs);
    this.#schedule(nowMs);
  }

  stop(): void {
    if (this.#deadline) deadlines.cancel(this.#deadline);
    this.#deadline = undefined;
    this.#silenceDueMs = NEVER;
  }

  /** A pong of the given version arrived. The deadline stays: at worst it comes too early. */
  pong(version: 1 | 2): void {
    this.version ??= version;
    this.#session.inbound.heardPong();
    if (this.#silenceDueMs !== NEVER) this.#awaitPong(performance.now());
  }

  /** Called by the deadline. */
  wake(): void {
    this.#deadline = undefined;
    const nowMs = performance.now();
    if (this.heard && this.#silenceDueMs !== NEVER) this.#awaitPong(nowMs);
    // In the order in which they fall due, also when this process was busy past both.
    if (isDue(this.#legacyPingDueMs, nowMs)) this.#pingLegacy();
    if (isDue(this.#pingDueMs, nowMs)) this.#ping(nowMs);
    if (isDue(this.#silenceDueMs, nowMs)) this.#silence(nowMs);
    if (!this.#session.isClosed) this.#schedule(nowMs);
  }

  /** Called after the sockets have been read once more. */
  verdict(): void {
    if (this.#session.isClosed || this.#silenceDueMs !== NEVER) return;
    if (!this.#needNotAnswer()) {
      this.#session.close(closeCodes.pongTimeout);
      return;
    }
    const nowMs = performance.now();
    this.#awaitPong(nowMs);
    if (this.#deadline) deadlines.cancel(this.#deadline);
    this.#schedule(nowMs);
  }

  #schedule(nowMs: number): void {
    const dueMs = Math.min(this.#pingDueMs, this.#legacyPingDueMs, this.#silenceDueMs);
    // Whole milliseconds, so that the sockets of a server share few timers.
    this.#deadline = deadlines.add(Math.max(0, Math.round(dueMs - nowMs)), wake, this);
  }

  #ping(nowMs: number): void {
    const session = this.#session;
    const { pingFrames, server } = session.core;
    session.outbound.sendControl(pingFrames[this.version ?? 2]);
    session.inbound.listenForPong();
    if (this.version === undefined) {
      // In time for a client that gives up `pingTimeout` after its handshake, however close the two are.
      const room = Math.max(0, server.pingTimeout - server.pingInterval) / 2;
      this.#legacyPingDueMs = nowMs + Math.ceil(Math.min(server.pingInterval / 4, room));
    }
    this.#pingDueMs = nowMs + server.pingInterval;
  }

  /** A first ping was not answered soon: perhaps the client knows the older kind only. */
  #pingLegacy(): void {
    this.#legacyPingDueMs = NEVER;
    if (this.version === undefined) {
      this.#session.outbound.sendControl(this.#session.core.pingFrames[1]);
    }
  }

  /**
   * No pong for `pingTimeout`. A client of which no more may be read because the application lags behind
   * cannot be heard; one that does not read counts as alive while it takes some. When this process was
   * busy past the deadline, pongs lie unread in the kernel: sockets are read before the verdict.
   */
  #silence(nowMs: number): void {
    if (this.#needNotAnswer()) {
      this.#awaitPong(nowMs);
      return;
    }
    this.#silenceDueMs = NEVER;
    setImmediate(judge, this);
  }

  #needNotAnswer(): boolean {
    return this.heard || this.#session.inbound.isDeaf;
  }

  #awaitPong(nowMs: number): void {
    this.heard = false;
    this.#silenceDueMs = nowMs + this.#session.core.server.pingTimeout;
  }
}

/** Deadlines are exact to the millisecond, and may be a fraction of one early. */
function isDue(dueMs: number, nowMs: number): boolean {
  return dueMs - nowMs < 1;
}

function wake(heartbeat: Heartbeat): void {
  heartbeat.wake();
}

function judge(heartbeat: Heartbeat): void {
  heartbeat.verdict();
}

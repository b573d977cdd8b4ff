import {
  decodeReason,
  heartbeats,
  hydrateError,
  InvalidMessageError,
  legalCloseCode,
  reconnectMode,
} from '@asyngular/protocol';
import { closeError, parseHandshakeReply } from '@asyngular/protocol/internal';
import { parseCloseArguments } from './close-arguments.js';
import { Connection } from './connection.js';
import type { Core } from './core.js';
import type { SocketState } from './events.js';
import type { WakeUpReason } from './platform/platform.js';
import { reconnectDelay } from './reconnect.js';
import { WakeUp } from './wake-up.js';

/** How much later than usual a ping may come after a wake-up. */
const PROBE_GRACE_MS = 2_000;

/** Handshake failures that name no other code: docs/protocol.md, close codes. */
const HANDSHAKE_FAILED = 4003;

const STALE_REASON = 'Stale socket was disconnected by the client to initiate a new connection';

/**
 * Connects, reconnects and disconnects: the order of everything that happens then is written here.
 *
 *   closed ──connect()──▶ connecting ──handshake answered──▶ open
 *     ▲  └─ reconnect timer ─▲  │                             │
 *     └──────── disconnect(), failure, loss ──────────────────┘
 */
export class Lifecycle {
  readonly #core: Core;
  readonly #wakeUp: WakeUp;
  state: SocketState = 'closed';
  id: string | null = null;
  /** Whether the server agreed to tell of publications that may have been missed. */
  hearsInterruptions = false;
  /** The last connection, also after its end; undefined before the first. */
  connection: Connection | undefined;
  connectAttempts = 0;
  /** The delay chosen for the pending reconnect, ms; null when none is pending. */
  reconnectDelayMs: number | null = null;
  #reconnectTimer: unknown;
  /** When a reconnect without a delay was chosen last. */
  #immediateAt = Number.NEGATIVE_INFINITY;
  #stopWatchingPage: (() => void) | undefined;
  /** The page was left while connected: coming back from the back-forward cache reconnects. */
  #leftPage = false;

  constructor(core: Core) {
    this.#core = core;
    this.#wakeUp = new WakeUp(core, (reason) => this.#onWakeUp(reason));
  }

  /** Starts an attempt unless there is one or a connection. */
  connect(): void {
    if (this.state !== 'closed') {
      return;
    }
    this.#cancelReconnect();
    this.state = 'connecting';
    this.#leftPage = false;
    this.#core.emit('connecting', {});
    this.#watch();
    this.connection = new Connection(this.#core);
  }

  /** See `AGClientSocket.disconnect`. @throws InvalidArgumentsError before anything changed */
  disconnect(code?: unknown, reason?: unknown): void {
    const close = parseCloseArguments(code, reason);
    if (this.state === 'closed') {
      if (this.reconnectDelayMs !== null) {
        this.#cancelReconnect();
        // What waited for that reconnect waits in vain.
        const ending = { type: 'connectAbort', code: close.code, reason: close.reason } as const;
        this.#core.requests.onAttemptEnded(ending, false);
      }
      this.#unwatch();
      return;
    }
    const connection = this.connection!;
    connection.silence();
    this.#onEnded(close.code, close.reason);
    connection.shut(close.wireCode, close.wireReason);
  }

  /** Before every outbound message: see docs/client.md, outbound events. */
  prepareToSend(): void {
    const { connectOnSend, autoReconnect } = this.#core.options;
    if (this.state === 'open' && this.connection!.isStale) {
      this.disconnect(1000, STALE_REASON);
      if (autoReconnect) {
        // Nobody asked for this end, so it is a loss: what is about to be sent must not wait for ever.
        this.connect();
      }
    }
    if (connectOnSend) {
      this.connect();
    }
  }

  /** Version 1: the server's close carries no reason, this packet ahead of it does. */
  onDisconnectNotice(code: number | undefined, data: unknown): void {
    const connection = this.connection!;
    connection.silence();
    this.#onEnded(code ?? 1000, data);
    connection.shut();
  }

  /** The connection ended by itself: peer, network or a deadline. Reported once. */
  onConnectionClose(code: number, reason: string): void {
    this.#onEnded(code, decodeReason(code, reason));
  }

  /** The WebSocket is open. */
  async onConnectionOpen(connection: Connection): Promise<void> {
    const { authentication, requests, options } = this.#core;
    const { epoch } = authentication;
    // While the token was loading, the connection may have ended and another one begun.
    const isStillConnecting = () => this.connection === connection && this.state === 'connecting';
    const fail = (error: unknown) => {
      if (isStillConnecting()) {
        this.#onHandshakeFailed(connection, error);
      }
    };
    let token: string | null;
    try {
      token = await authentication.load();
    } catch (error) {
      fail(error);
      return;
    }
    if (!isStillConnecting()) {
      return;
    }
    requests.callNow(
      '#handshake',
      // Publications that may have been missed: we want to know (P12.6).
      { authToken: token, ext: { interruption: {} } },
      options.ackTimeout,
      (data) => {
        try {
          this.#onHandshake(connection, token, epoch, data);
        } catch (error) {
          fail(error);
        }
      },
      fail,
      true,
    );
  }

  #onHandshake(connection: Connection, token: string | null, epoch: number, data: unknown): void {
    const { authentication, subscriptions, requests, outlet, options, emit } = this.#core;
    const handshake = parseHandshakeReply(data);
    if (!handshake) {
      throw new InvalidMessageError(
        'The #handshake response has no id; check that both ends use the same codec',
      );
    }
    const authError = hydrateError(handshake.authError) as Error | null;
    this.state = 'open';
    outlet.batcher.resume();
    if (options.batchOnHandshake) {
      outlet.batcher.batchFor(options.batchOnHandshakeDuration);
    }
    subscriptions.prepare();
    this.id = handshake.id;
    this.hearsInterruptions = Boolean((handshake.ext as any)?.interruption);
    connection.setPingTimeout(handshake.pingTimeout ?? options.connectTimeout);
    const isAuthenticated = authentication.onHandshake(token, handshake.isAuthenticated, epoch);
    this.connectAttempts = 0;
    if (options.autoSubscribeOnConnect) {
      subscriptions.processPending();
    }
    const processPendingSubscriptions = () => subscriptions.processPending();
    emit('connect', {
      id: handshake.id,
      pingTimeout: connection.pingTimeout,
      isAuthenticated,
      authToken: token,
      ...(authError && { authError }),
      processPendingSubscriptions,
      processSubscriptions: processPendingSubscriptions,
    });
    requests.flush();
  }

  #onHandshakeFailed(connection: Connection, error: unknown): void {
    const details = error as { statusCode?: unknown } | null | undefined;
    if (error instanceof Error && details!.statusCode === undefined) {
      Object.assign(error, { statusCode: HANDSHAKE_FAILED });
    }
    this.#core.onError(error);
    // An error's status may be anything (401 of an HTTP-minded server); a close frame's code may not.
    const code = details?.statusCode;
    const closeCode = legalCloseCode(code, HANDSHAKE_FAILED);
    const reason = String(error);
    connection.silence();
    this.#onEnded(closeCode, reason);
    connection.shut(closeCode, reason);
  }

  /** Everything that follows the end of a connection, whoever ended it. The order is documented. */
  #onEnded(code: number, reason: unknown): void {
    const { requests, subscriptions, outlet, options, emit } = this.#core;
    const type = this.state === 'open' ? 'disconnect' : 'connectAbort';
    const ending = { type, code, reason } as const;
    this.state = 'closed';
    this.id = null;
    // First, so that a lost connection does not look like a refusal.
    subscriptions.forgetRequests();
    requests.onConnectionLost(ending);
    const unsentBatch = outlet.batcher.pause();
    this.#cancelReconnect();
    subscriptions.onConnectionLost();
    emit(type, { code, reason });
    emit('close', { code, reason });
    const error = closeError(code, reason);
    if (error) {
      this.#core.onError(error);
    }
    const mode = options.autoReconnect ? reconnectMode(code) : 'never';
    requests.onBatchLost(unsentBatch, ending);
    requests.onAttemptEnded(ending, mode !== 'never');
    if (mode === 'never') {
      this.#unwatch();
    } else {
      this.#scheduleReconnect(mode);
    }
  }

  #scheduleReconnect(mode: 'immediate' | 'delayed'): void {
    const { options, platform } = this.#core;
    const { autoReconnectOptions } = options;
    const now = platform.now();
    if (mode === 'immediate' && this.connectAttempts === 0) {
      // A server or proxy that ends every session at once must not be asked again without a pause.
      if (now - this.#immediateAt < autoReconnectOptions.initialDelay) {
        mode = 'delayed';
      } else {
        this.#immediateAt = now;
      }
    }
    const delayMs = reconnectDelay(
      mode,
      this.connectAttempts++,
      autoReconnectOptions,
      platform.random(),
    );
    this.reconnectDelayMs = delayMs;
    this.#reconnectTimer = platform.setTimeout(() => this.connect(), delayMs);
  }

  #cancelReconnect(): void {
    this.#core.platform.clearTimeout(this.#reconnectTimer);
    this.reconnectDelayMs = null;
  }

  #watch(): void {
    const { options, platform } = this.#core;
    if (options.probeOnWakeUp) {
      this.#wakeUp.start();
    }
    if (options.disconnectOnUnload) {
      this.#stopWatchingPage ??= platform.watchPageHide(() => this.#onPageHide());
    }
  }

  /** No connection and none to come: no timer or listener stays behind. */
  #unwatch(): void {
    if (!this.#leftPage) {
      this.#wakeUp.stop();
    }
    this.#stopWatchingPage?.();
    this.#stopWatchingPage = undefined;
  }

  #onPageHide(): void {
    this.#leftPage = this.state !== 'closed' || this.reconnectDelayMs !== null;
    this.disconnect();
  }

  #onWakeUp(reason: WakeUpReason): void {
    if (this.state === 'open') {
      const { pong } = heartbeats[this.#core.options.protocolVersion];
      this.connection!.probe(pong, PROBE_GRACE_MS);
    } else if (this.reconnectDelayMs !== null || (this.#leftPage && reason === 'pageshow')) {
      this.connect();
    }
  }
}

import {
  decodeReason,
  hydrateError,
  InvalidMessageError,
  legalCloseCode,
  reconnectMode,
} from '@asyngular/protocol';
import { closeError, parseHandshakeReply } from '@asyngular/protocol/internal';
import { parseCloseArguments } from './close-arguments.js';
import { createLink, type Link } from './connection.js';
import { type Core, emitError } from './core.js';
import type { WakeUpReason } from './platform/platform.js';
import { reconnectDelay } from './reconnect.js';
import type { Ending } from './requests.js';
import { watchWakeUp } from './wake-up.js';

/** Handshake failures that name no other code: docs/protocol.md, close codes. */
const HANDSHAKE_FAILED = 4003;

export type Lifecycle = ReturnType<typeof createLifecycle>;

/**
 * Connects, reconnects and disconnects: the order of everything that happens then is written here.
 *
 *   closed ──connect()──▶ connecting ──handshake answered──▶ open
 *     ▲  └─ reconnect timer ─▲  │                             │
 *     └──────── disconnect(), failure, loss ──────────────────┘
 */
export function createLifecycle(core: Core) {
  const { platform, emit } = core;
  let reconnectTimer: unknown;
  /** When a reconnect without a delay was chosen last. */
  let immediateAt = Number.NEGATIVE_INFINITY;
  let stopWakeUp: (() => void) | undefined;
  let stopPageHide: (() => void) | undefined;
  /** The page was left while connected: coming back from the back-forward cache reconnects. */
  let hasLeftPage = false;

  /** Starts an attempt unless there is one or a connection. */
  function connect(): void {
    if (core.state === 'closed') {
      const { probeOnWakeUp, disconnectOnUnload } = core.options;
      cancelReconnect();
      core.state = 'connecting';
      hasLeftPage = false;
      emit('connecting', {});
      if (probeOnWakeUp) {
        stopWakeUp ??= watchWakeUp(platform, onWakeUp);
      }
      if (disconnectOnUnload) {
        stopPageHide ??= platform.watchPageHide(onPageHide);
      }
      core.transport = createLink(core);
    }
  }

  /** See `AGClientSocket.disconnect`. @throws InvalidArgumentsError before anything changed */
  function disconnect(code?: unknown, reason?: unknown): void {
    const close = parseCloseArguments(code, reason);
    if (core.state !== 'closed') {
      end(close.code, reason, close.wireCode, close.wireReason);
      return;
    }
    if (core.pendingReconnectTimeout !== null) {
      cancelReconnect();
      // What waited for that reconnect waits in vain.
      core.requests.onAttemptEnded({ type: 'connectAbort', code: close.code, reason }, false);
    }
    unwatch();
  }

  /** Before every outbound message: see docs/client.md, outbound events. */
  function prepareToSend(): void {
    const { connectOnSend, autoReconnect } = core.options;
    const isStale = core.state === 'open' && core.transport!.hasGoneStale();
    if (isStale) {
      disconnect(1000, 'Stale socket was disconnected by the client to initiate a new connection');
    }
    // Nobody asked for the end of a stale connection, so it is a loss: what is about to be sent must
    // not wait for ever.
    if (connectOnSend || (isStale && autoReconnect)) {
      connect();
    }
  }

  /** Version 1: the server's close carries no reason, this packet ahead of it does. */
  function onDisconnectNotice(code: number | undefined, data: unknown): void {
    end(code ?? 1000, data);
  }

  /** The connection ended by itself: peer, network or a deadline. Reported once. */
  function onConnectionClose(code: number, reason: string): void {
    onEnded(code, decodeReason(code, reason));
  }

  /** The WebSocket is open. */
  async function onConnectionOpen(link: Link): Promise<void> {
    // While the token was loading, the connection may have ended and another one begun.
    const isStillConnecting = () => core.transport === link && core.state === 'connecting';
    const fail = (error: unknown) => {
      if (isStillConnecting()) {
        onHandshakeFailed(error);
      }
    };
    try {
      const authToken = await core.authentication.loadStored();
      if (isStillConnecting()) {
        core.requests.callNow(
          '#handshake',
          // Publications that may have been missed: we want to know (P12.6).
          { authToken, ext: { interruption: {} } },
          core.options.ackTimeout,
          (data) => {
            try {
              onHandshake(data, authToken);
            } catch (error) {
              fail(error);
            }
          },
          fail,
          true,
        );
      }
    } catch (error) {
      fail(error);
    }
  }

  function onHandshake(data: unknown, authToken: string | null): void {
    const { subscriptions, outlet, options } = core;
    const uplink = core.transport!;
    const handshake = parseHandshakeReply(data);
    if (!handshake) {
      throw new InvalidMessageError(
        'The #handshake response has no id; check that both ends use the same codec',
      );
    }
    const authError = hydrateError(handshake.authError) as Error | null;
    const processPendingSubscriptions = subscriptions.processPending;
    core.state = 'open';
    outlet.batcher.resume();
    if (options.batchOnHandshake) {
      outlet.batcher.batchFor(options.batchOnHandshakeDuration);
    }
    core.preparingPendingSubscriptions = true;
    core.id = handshake.id;
    core.hearsInterruptions = Boolean((handshake.ext as any)?.interruption);
    uplink.allowSilence(handshake.pingTimeout ?? options.connectTimeout);
    core.authentication.onVerdict(authToken, handshake.isAuthenticated);
    core.connectAttempts = 0;
    if (options.autoSubscribeOnConnect) {
      processPendingSubscriptions();
    }
    emit('connect', {
      id: handshake.id,
      pingTimeout: uplink.pingTimeout,
      isAuthenticated: core.authState === 'authenticated',
      authToken,
      ...(authError && { authError }),
      processPendingSubscriptions,
      processSubscriptions: processPendingSubscriptions,
    });
    core.requests.flush();
  }

  function onHandshakeFailed(error: any): void {
    if (error instanceof Error) {
      (error as any).statusCode ??= HANDSHAKE_FAILED;
    }
    emitError(core, error);
    // An error's status may be anything (401 of an HTTP-minded server); a close frame's code may not.
    const code = legalCloseCode(error?.statusCode, HANDSHAKE_FAILED);
    const reason = String(error);
    end(code, reason, code, reason);
  }

  /** This side ends the connection; without `wireCode` the close frame is empty. */
  function end(code: number, reason: unknown, wireCode?: number, wireReason?: string): void {
    const uplink = core.transport!;
    uplink.mute();
    onEnded(code, reason);
    uplink.hangUp(wireCode, wireReason);
  }

  /** Everything that follows the end of a connection, whoever ended it. The order is documented. */
  function onEnded(code: number, reason: unknown): void {
    const { requests, subscriptions, outlet, options } = core;
    const type = core.state === 'open' ? 'disconnect' : 'connectAbort';
    const ending: Ending = { type, code, reason };
    core.state = 'closed';
    core.id = null;
    requests.onConnectionLost(ending);
    const unsentBatch = outlet.batcher.pause();
    cancelReconnect();
    subscriptions.onConnectionLost();
    emit(type, { code, reason });
    emit('close', { code, reason });
    const error = closeError(code, reason);
    if (error) {
      emitError(core, error);
    }
    const mode = options.autoReconnect ? reconnectMode(code) : 'never';
    requests.onBatchLost(unsentBatch, ending);
    requests.onAttemptEnded(ending, mode !== 'never');
    if (mode === 'never') {
      unwatch();
    } else {
      scheduleReconnect(mode === 'immediate');
    }
  }

  function scheduleReconnect(mayBeImmediate: boolean): void {
    const { autoReconnectOptions } = core.options;
    const now = platform.now();
    const attempt = core.connectAttempts++;
    // A server or proxy that ends every session at once must not be asked again without a pause.
    const isImmediate =
      mayBeImmediate && attempt === 0 && now - immediateAt >= autoReconnectOptions.initialDelay;
    if (isImmediate) {
      immediateAt = now;
    }
    core.pendingReconnectTimeout = isImmediate
      ? 0
      : reconnectDelay(attempt, autoReconnectOptions, platform.random());
    reconnectTimer = platform.setTimeout(connect, core.pendingReconnectTimeout);
  }

  function cancelReconnect(): void {
    platform.clearTimeout(reconnectTimer);
    core.pendingReconnectTimeout = null;
  }

  /** No connection and none to come: no timer or listener stays behind. */
  function unwatch(): void {
    if (!hasLeftPage) {
      stopWakeUp?.();
      stopWakeUp = undefined;
    }
    stopPageHide?.();
    stopPageHide = undefined;
  }

  function onPageHide(): void {
    hasLeftPage = core.state !== 'closed' || core.pendingReconnectTimeout !== null;
    disconnect();
  }

  function onWakeUp(reason: WakeUpReason): void {
    if (core.state === 'open') {
      core.transport!.checkPath();
    } else if (core.pendingReconnectTimeout !== null || (hasLeftPage && reason === 'pageshow')) {
      connect();
    }
  }

  return {
    connect,
    disconnect,
    prepareToSend,
    onDisconnectNotice,
    onConnectionClose,
    onConnectionOpen,
  };
}

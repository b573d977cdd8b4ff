import {
  hydrateError,
  InvalidArgumentsError,
  InvalidMessageError,
  legalCloseCode,
  reconnectMode,
} from '@asyngular/protocol';
import {
  closeError,
  type HandshakeReply,
  isCodeWithin,
  parseHandshakeReply,
} from '@asyngular/protocol/internal';
import { type Core, emitError } from '../core.js';
import { connectionLoss } from '../messages/requests.js';
import { createLink, type Link } from './link.js';
import { reconnectDelay } from './reconnect.js';
import { watchDevice } from './wake-up.js';

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
  /** From when on a reconnect without a delay may be chosen again. */
  let immediateFrom = 0;
  let stopWatching = () => {};

  /** Starts an attempt unless there is one or a connection. */
  function connect(): void {
    if (core.state === 'closed') {
      rest();
      core.state = 'connecting';
      emit('connecting', {});
      watch();
      core.transport = createLink(core);
    }
  }

  /** See `AGClientSocket.disconnect`. @throws InvalidArgumentsError before anything changed */
  function disconnect(givenCode?: unknown, reason?: unknown): void {
    const code = givenCode || 1000;
    if (!isCodeWithin(1000, code, 4999)) {
      throw new InvalidArgumentsError(
        `If specified, the code argument must be a number from 1000 to 4999; it was ${String(code)}`,
      );
    }
    if (core.state !== 'closed') {
      core.transport!.end(code, reason);
    } else if (core.pendingReconnectTimeout !== null) {
      rest();
      // What waited for that reconnect waits in vain.
      core.requests.onAttemptEnded(connectionLoss('connectAbort', code, reason), false);
    }
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

  /** The WebSocket is open. */
  function onConnectionOpen(link: Link): void {
    function fail(error: any): void {
      if (!link.isOver) {
        if (error instanceof Error) {
          (error as any).statusCode ??= HANDSHAKE_FAILED;
        }
        emitError(core, error);
        // An error's status may be anything (401 of an HTTP-minded server); a close code may not.
        link.end(legalCloseCode(error?.statusCode, HANDSHAKE_FAILED), String(error));
      }
    }

    core.authentication.loadStored().then((authToken) => {
      // While the token was loading, the connection may have ended and another one begun.
      if (!link.isOver) {
        core.requests.callNow(
          '#handshake',
          // Publications that may have been missed: we want to know (P12.6).
          { authToken, ext: { interruption: {} } },
          core.options.ackTimeout,
          (data) => {
            const reply = parseHandshakeReply(data);
            if (reply) {
              onHandshake(link, reply, authToken);
            } else {
              fail(new InvalidMessageError('The #handshake response has no id; check both codecs'));
            }
          },
          fail,
        );
      }
    }, fail);
  }

  function onHandshake(link: Link, handshake: HandshakeReply, authToken: string | null): void {
    const { subscriptions, outlet, options } = core;
    const authError = hydrateError(handshake.authError) as Error | null;
    const processPendingSubscriptions = subscriptions.processPending;
    core.state = 'open';
    if (options.batchOnHandshake) {
      outlet.batcher.batchFor(options.batchOnHandshakeDuration);
    }
    core.preparingPendingSubscriptions = true;
    core.id = handshake.id;
    link.pingTimeout = handshake.pingTimeout ?? link.pingTimeout;
    link.expectPing();
    core.authentication.onVerdict(authToken, handshake.isAuthenticated);
    core.connectAttempts = 0;
    if (options.autoSubscribeOnConnect) {
      processPendingSubscriptions();
    }
    emit('connect', {
      id: handshake.id,
      pingTimeout: link.pingTimeout,
      isAuthenticated: core.authState === 'authenticated',
      authToken,
      ...(authError && { authError }),
      processPendingSubscriptions,
      processSubscriptions: processPendingSubscriptions,
    });
    core.requests.flush();
  }

  /** Everything that follows the end of a connection. The order is documented. */
  function onEnded(code: number, reason: unknown): void {
    const { requests, subscriptions, options } = core;
    const type = core.state === 'open' ? 'disconnect' : 'connectAbort';
    const loss = connectionLoss(type, code, reason);
    core.state = 'closed';
    core.id = null;
    requests.onConnectionLost(loss);
    subscriptions.onConnectionLost();
    emit(type, { code, reason });
    emit('close', { code, reason });
    const error = closeError(code, reason);
    if (error) {
      emitError(core, error);
    }
    const mode = options.autoReconnect ? reconnectMode(code) : 'never';
    requests.onAttemptEnded(loss, mode !== 'never');
    if (mode === 'never') {
      rest();
    } else {
      core.pendingReconnectTimeout = nextDelay(mode === 'immediate');
      reconnectTimer = platform.setTimeout(connect, core.pendingReconnectTimeout);
    }
  }

  /** Ms to wait before the next automatic attempt. */
  function nextDelay(mayBeImmediate: boolean): number {
    const { autoReconnectOptions } = core.options;
    const now = platform.now();
    const attempt = core.connectAttempts++;
    // A server or proxy that ends every session at once must not be asked again without a pause.
    if (mayBeImmediate && attempt === 0 && now >= immediateFrom) {
      immediateFrom = now + autoReconnectOptions.initialDelay;
      return 0;
    }
    return reconnectDelay(attempt, autoReconnectOptions, platform.random());
  }

  /** No connection and none to come: no timer or listener stays behind. */
  function rest(): void {
    platform.clearTimeout(reconnectTimer);
    core.pendingReconnectTimeout = null;
    stopWatching();
  }

  /** From an attempt on until `rest()`: whoever hears of a sign knows that a connection is wanted. */
  function watch(): void {
    stopWatching = watchDevice(core, onWakeUp, onPageHide);
  }

  /** Disconnects. Should the page come back from the back-forward cache, that is a wake-up. */
  function onPageHide(): void {
    disconnect();
    core.pendingReconnectTimeout = 0;
    watch();
  }

  function onWakeUp(): void {
    if (core.state === 'open') {
      core.transport!.checkPath();
    } else {
      connect();
    }
  }

  return {
    connect,
    disconnect,
    prepareToSend,
    onConnectionOpen,
    onEnded,
  };
}

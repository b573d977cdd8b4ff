import { heartbeats, truncateReason } from '@asyngular/protocol';
import type { Core } from './core.js';
import { receive } from './inbound.js';
import type { WebSocketLike } from './platform/platform.js';
import { connectionUri } from './uri.js';

/** WebSocket.OPEN; the constant is not on every implementation's instances. */
const OPEN = 1;

/** How much later than usual a ping may come after a probe. */
const PROBE_GRACE_MS = 2_000;

/** One WebSocket, from opening to close, as applications see it: `socket.transport`. */
export interface Connection {
  /** The underlying WebSocket; undefined if its constructor threw. */
  readonly socket: WebSocketLike | undefined;
  /** Longest wait for a ping, ms: `connectTimeout` until the handshake, then the server's value. */
  readonly pingTimeout: number;
  /** Bytes received so far, where the WebSocket counts them. */
  readonly bytesReceived: number | undefined;
  /**
   * Sends if the WebSocket is open, and says whether it did. `options` go to the Node WebSocket.
   * @throws what the WebSocket throws for unsupported data
   */
  send(message: any, options?: object): boolean;
}

/** A connection as the parts of its socket see it. */
export interface Link extends Connection {
  /** Calls of the server that came this way and wait for the application's answer. */
  unanswered: number;
  /** No ping for longer than agreed, though no timer has said so: the machine slept. */
  hasGoneStale(): boolean;
  /** Takes over the server's limit after the handshake. */
  allowSilence(timeoutMs: number): void;
  /** Answers a heartbeat (docs/protocol.md, heartbeat): at once, past batching and codec. */
  onHeartbeat(): void;
  /**
   * Finds out soon whether the path still works. Clients cannot ask for a ping, so this writes an
   * unasked pong, which makes a network that forgot the connection reset it, and then waits only as
   * long as pings have been apart so far, plus a grace.
   */
  checkPath(): void;
  /** Stops all reports and timers. Safe to repeat. */
  mute(): void;
  /** Mutes and closes the WebSocket; without a code the close frame carries none. */
  hangUp(code?: number, reason?: string): void;
}

function noop(): void {}

/**
 * A new attempt is a new link. It knows heartbeats and deadlines and nothing of packets. Once
 * muted, its late events reach nobody, so a connection can never disturb its successor.
 *
 *   connecting ──open──▶ opened ──any end──▶ silent
 */
export function createLink(core: Core): Link {
  const { platform, options } = core;
  let isSilent = false;
  let hasOpened = false;
  let connectTimer: unknown;
  let pingTimer: unknown;
  let pingTimeoutMs = options.connectTimeout;
  let lastPingAt = platform.now();
  let longestGapMs = 0;
  let webSocket: WebSocketLike | undefined;

  function hasGoneStale(): boolean {
    return !options.pingTimeoutDisabled && platform.now() - lastPingAt >= pingTimeoutMs;
  }

  function send(message: any, sendOptions?: object): boolean {
    const isWritable = !isSilent && webSocket?.readyState === OPEN;
    if (isWritable) {
      webSocket!.send(message, sendOptions);
    }
    return isWritable;
  }

  function pong(): void {
    send(heartbeats[options.protocolVersion].pong);
  }

  function onHeartbeat(): void {
    const now = platform.now();
    const gapMs = now - lastPingAt;
    longestGapMs = Math.max(longestGapMs, gapMs);
    lastPingAt = now;
    expectPing(pingTimeoutMs);
    // Of a flood the first is answered: a server that does not read would have pongs pile up here.
    if (gapMs >= 1) {
      pong();
    }
  }

  function checkPath(): void {
    if (hasGoneStale()) {
      end(4000, '', true);
      return;
    }
    pong();
    if (longestGapMs > 0) {
      expectPing(Math.min(longestGapMs + PROBE_GRACE_MS, pingTimeoutMs));
    }
  }

  function expectPing(delayMs: number): void {
    platform.clearTimeout(pingTimer);
    if (!options.pingTimeoutDisabled && !isSilent) {
      pingTimer = platform.setTimeout(() => end(4000, '', true), delayMs);
    }
  }

  function mute(): void {
    isSilent = true;
    platform.clearTimeout(connectTimer);
    platform.clearTimeout(pingTimer);
    if (webSocket) {
      webSocket.onopen = webSocket.onmessage = webSocket.onclose = null;
      // `ws` throws an error that nobody handles when closed while it connects.
      webSocket.onerror = noop;
    }
  }

  function hangUp(code?: number, reason = ''): void {
    mute();
    try {
      webSocket?.close(code, code ? truncateReason(reason) : undefined);
    } catch {
      // A code that this WebSocket refuses must not keep the connection alive.
      webSocket?.close();
    }
  }

  /** `isOurs`: the code is this side's verdict and is sent to the peer. */
  function end(code: number, reason: string, isOurs?: boolean): void {
    if (!isSilent) {
      mute();
      core.lifecycle.onConnectionClose(code, reason);
      hangUp(isOurs ? code : undefined);
    }
  }

  const link: Link = {
    get socket() {
      return webSocket;
    },
    get pingTimeout() {
      return pingTimeoutMs;
    },
    get bytesReceived() {
      return webSocket?.bytesReceived;
    },
    send,
    unanswered: 0,
    hasGoneStale,
    allowSilence(timeoutMs) {
      pingTimeoutMs = timeoutMs;
      expectPing(timeoutMs);
    },
    onHeartbeat,
    checkPath,
    mute,
    hangUp,
  };

  try {
    webSocket = platform.createWebSocket(connectionUri(platform, options), options);
    webSocket.binaryType = options.binaryType;
    webSocket.onopen = () => {
      hasOpened = true;
      platform.clearTimeout(connectTimer);
      lastPingAt = platform.now();
      expectPing(pingTimeoutMs);
      core.lifecycle.onConnectionOpen(link);
    };
    webSocket.onmessage = ({ data }) => receive(core, data);
    webSocket.onerror = () => {
      // Once open, a close event with the real code follows.
      if (!hasOpened) {
        end(1006, '');
      }
    };
    // React Native reports no code when a locked device drops the connection.
    webSocket.onclose = ({ code = 1005, reason = '' }) => end(code, reason);
    connectTimer = platform.setTimeout(() => end(4007, '', true), options.connectTimeout);
  } catch (error: any) {
    // An unusable address fails like an unreachable one: later, through the usual events.
    connectTimer = platform.setTimeout(() => end(1006, String(error?.message ?? error)), 0);
  }
  return link;
}

import {
  type Codec,
  closeCodes,
  decodeReason,
  type Extensions,
  encodeReason,
  heartbeats,
  isApplicationCloseCode,
  jsonCodec,
  TimeoutError,
} from '@asyngular/protocol';
import { type Limits, publishedLimits, type ServedCallTable } from '@asyngular/protocol/internal';
import { development } from '#development';
import type { Context } from '../context.js';
import type { InboundMessage, OutboundMessage, WebSocketLike } from '../platform/platform.js';
import { connectionFailure } from './connection-failure.js';
import { causeOfClose } from './message-too-big.js';
import { connectionUri } from './uri.js';

/** WebSocket.OPEN; the constant is not on every implementation's instances. */
const OPEN = 1;

/** How much later than usual a ping may come after a probe. */
const PROBE_GRACE_MS = 2_000;

/** How long what has arrived may take to be read before silence is judged. */
const READ_GRACE_MS = 100;

/** One WebSocket, from opening to close, as applications see it: `socket.transport`. */
export interface Connection {
  /** The underlying WebSocket; undefined if its constructor threw. */
  readonly socket: WebSocketLike | undefined;
  /** Longest wait for a ping, ms: `connectTimeout` until the handshake, then the server's value. */
  readonly pingTimeout: number;
  /**
   * Sends if the WebSocket is open, and says whether it did. `options` go to the Node WebSocket.
   * @throws what the WebSocket throws for unsupported data
   */
  send(message: OutboundMessage, options?: object): boolean;
}

/** A connection as the parts of its socket see it. */
export interface Link extends Connection {
  socket: WebSocketLike | undefined;
  pingTimeout: number;
  /** Set by `end()`. Code that waited for something meanwhile has to check it. */
  isOver: boolean;
  /** Calls of the server that came this way and wait for the application's answer. */
  unanswered: number;
  /** What this connection speaks now: JSON, until the handshake has agreed to another codec (P17). */
  codec: Codec;
  /** The calls of the server that came this way, and what is produced for it; made by `serving()`. */
  served?: ServedCallTable;
  /** The token that the server knows; kept only while the connection is not the one in use (P19.7). */
  token?: string | null;
  /** What the handshake agreed to, with its parameters; nothing before (P12.3). */
  extensions: Extensions;
  /** What the server takes in one message; it may have announced that in the handshake. */
  limits: Limits;
  /** No ping for longer than agreed, though no timer has said so: the machine slept. */
  hasGoneStale(): boolean;
  /** Expects the next ping within `pingTimeout`, or within `delayMs`. */
  expectPing(delayMs?: number): void;
  /** Answers a heartbeat (docs/protocol.md, heartbeat): at once, past batching and codec. */
  onHeartbeat(): void;
  /**
   * Finds out soon whether the path still works. Clients cannot ask for a ping, so this writes an
   * unasked pong, which makes a network that forgot the connection reset it, and then waits only as
   * long as pings have been apart so far, plus a grace.
   */
  checkPath(): void;
  /**
   * Ends the connection, on behalf of either side, and reports it to the owner; only the first call counts.
   * Codes that applications may not send (RFC 6455 section 7.4) close with an empty frame.
   */
  end(code: number, reason?: unknown, cause?: Error): void;
}

/** What a link reports, and to whom. */
export interface LinkOwner {
  /** The WebSocket is open; the handshake may begin. */
  onLinkOpen(link: Link): void;
  /** A message arrived on a link that is not over. */
  onLinkMessage(link: Link, message: InboundMessage): void;
  /** The link is over, by either side; comes once. */
  onLinkEnd(link: Link, code: number, reason: unknown, cause: Error | undefined): void;
}

/**
 * A new attempt is a new link. It knows heartbeats and deadlines and nothing of packets. Once it is
 * over, its late events are ignored, so a connection can never disturb its successor.
 *
 *   connecting ──open──▶ opened ──any end──▶ over
 */
export function createLink(
  { platform, options }: Pick<Context, 'platform' | 'options'>,
  owner: LinkOwner,
): Link {
  let deadline: unknown;
  /** Undefined until the WebSocket is open; its opening counts as the first ping. */
  let lastPingAt: number | undefined;
  let longestGapMs = 0;
  let webSocket: WebSocketLike | undefined;
  const uri = connectionUri({ platform, options });

  const link: Link = {
    socket: undefined,
    pingTimeout: options.connectTimeout,
    isOver: false,
    unanswered: 0,
    codec: options.codecEngine.extension ? jsonCodec : options.codecEngine,
    extensions: new Map(),
    limits: publishedLimits,
    send,
    hasGoneStale,
    expectPing,
    onHeartbeat,
    checkPath,
    end,
  };

  function send(message: OutboundMessage, sendOptions?: object): boolean {
    const isWritable = webSocket?.readyState === OPEN;
    if (isWritable) {
      webSocket!.send(message, sendOptions);
    }
    return isWritable;
  }

  function pong(): void {
    send(heartbeats[options.protocolVersion].pong);
  }

  function hasGoneStale(): boolean {
    return !options.pingTimeoutDisabled && platform.now() - lastPingAt! >= link.pingTimeout;
  }

  function onHeartbeat(): void {
    const now = platform.now();
    const gapMs = now - lastPingAt!;
    longestGapMs = Math.max(longestGapMs, gapMs);
    lastPingAt = now;
    expectPing();
    // Of a flood the first is answered: a server that does not read would have pongs pile up here.
    if (gapMs >= 1) {
      pong();
    }
  }

  function checkPath(): void {
    if (hasGoneStale()) {
      lose(closeCodes.pingTimeout);
      return;
    }
    pong();
    if (longestGapMs > 0) {
      expectPing(Math.min(longestGapMs + PROBE_GRACE_MS, link.pingTimeout));
    }
  }

  function expectPing(delayMs = link.pingTimeout): void {
    if (!options.pingTimeoutDisabled) {
      // After a pause of the process the ping is there, but has not been read yet.
      setDeadline(delayMs, () => setDeadline(READ_GRACE_MS, () => lose(closeCodes.pingTimeout)));
    }
  }

  /** Replaces the deadline before: to open, then for each ping. */
  function setDeadline(delayMs: number, callback: () => void): void {
    platform.clearTimeout(deadline);
    deadline = platform.setTimeout(callback, delayMs);
  }

  /** The connection was lost; without a reason it gets the one that the code stands for. */
  function lose(code: number, reason?: string, cause?: Error): void {
    end(code, decodeReason(code, reason), cause);
  }

  function end(code: number, reason?: unknown, cause?: Error): void {
    if (link.isOver) {
      return;
    }
    link.isOver = true;
    platform.clearTimeout(deadline);
    if (webSocket) {
      webSocket.onmessage = null;
      if (isApplicationCloseCode(code)) {
        webSocket.close(code, encodeReason(reason));
      } else {
        webSocket.close();
      }
    }
    owner.onLinkEnd(link, code, reason, cause);
  }

  try {
    webSocket = platform.createWebSocket(uri, options);
    link.socket = webSocket;
    webSocket.binaryType = options.binaryType;
    webSocket.onopen = () => {
      platform.clearTimeout(deadline);
      lastPingAt = platform.now();
      expectPing();
      owner.onLinkOpen(link);
    };
    webSocket.onmessage = ({ data }) => owner.onLinkMessage(link, data);
    webSocket.onerror = ({ error, message }) => {
      // Once open, a close event with the real code follows.
      if (lastPingAt === undefined) {
        lose(closeCodes.abnormal, undefined, connectionFailure(uri, error ?? message));
      }
    };
    // React Native reports no code when a locked device drops the connection.
    webSocket.onclose = ({ code = closeCodes.noStatus, reason }) =>
      lose(code, reason, causeOfClose(code, link));
    setDeadline(options.connectTimeout, () =>
      lose(
        closeCodes.connectTimeout,
        undefined,
        connectionFailure(
          uri,
          new TimeoutError(
            development
              ? `no answer within ${options.connectTimeout} ms (connectTimeout)`
              : 'connectTimeout',
          ),
        ),
      ),
    );
  } catch (error) {
    // An unusable address fails like an unreachable one: later, through the usual events.
    setDeadline(0, () => lose(closeCodes.abnormal, String(error), connectionFailure(uri, error)));
  }
  return link;
}

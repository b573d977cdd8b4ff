import { truncateReason } from '@asyngular/protocol';
import type { Core } from './core.js';
import type { ResolvedOptions } from './options.js';
import type { Platform, WebSocketLike } from './platform/platform.js';
import { connectionUri } from './uri.js';

/** WebSocket.OPEN; the constant is not on every implementation's instances. */
const OPEN = 1;

function noop(): void {}

/**
 * One WebSocket, from opening to close; a new attempt is a new Connection. It knows heartbeats and
 * deadlines and nothing of packets. Once silenced, its late events reach nobody, so a connection
 * can never disturb its successor.
 *
 *   connecting ──open──▶ opened ──any end──▶ silent
 */
export class Connection {
  /** The underlying WebSocket; undefined if its constructor threw. */
  readonly socket: WebSocketLike | undefined;
  readonly #core: Core;
  readonly #platform: Platform;
  /** Those in force when it began. */
  readonly #options: ResolvedOptions;
  #isSilent = false;
  #hasOpened = false;
  #connectTimer: unknown;
  #pingTimer: unknown;
  #pingTimeoutMs: number;
  #lastPingAt = 0;
  #pingGapMs = 0;

  /** @internal */
  constructor(core: Core) {
    const { platform, options } = core;
    this.#core = core;
    this.#platform = platform;
    this.#options = options;
    this.#pingTimeoutMs = options.connectTimeout;
    this.#lastPingAt = platform.now();
    try {
      this.socket = platform.createWebSocket(connectionUri(options, Date.now()), options.wsOptions);
    } catch (error) {
      // An unusable address fails like an unreachable one: later, through the usual events.
      const reason = error instanceof Error ? error.message : String(error);
      this.#connectTimer = platform.setTimeout(() => this.#end(1006, reason), 0);
      return;
    }
    const { socket } = this;
    socket.binaryType = options.binaryType;
    socket.onopen = () => this.#onOpen();
    socket.onmessage = (event) => core.inbound.receive(event.data);
    socket.onerror = () => this.#onError();
    // React Native reports no code when a locked device drops the connection.
    socket.onclose = (event) => this.#end(event.code ?? 1005, event.reason ?? '');
    this.#connectTimer = platform.setTimeout(
      () => this.#end(4007, '', true),
      options.connectTimeout,
    );
  }

  /** Longest wait for a ping, ms: `connectTimeout` until the handshake, then the server's value. */
  get pingTimeout(): number {
    return this.#pingTimeoutMs;
  }

  /** Bytes received so far, where the WebSocket counts them. */
  get bytesReceived(): number | undefined {
    return this.socket?.bytesReceived;
  }

  /** Whether the WebSocket can take messages. */
  get isWritable(): boolean {
    return !this.#isSilent && this.socket?.readyState === OPEN;
  }

  /** No ping for longer than agreed, though no timer has said so: the machine slept. */
  get isStale(): boolean {
    return (
      !this.#options.pingTimeoutDisabled &&
      this.#platform.now() - this.#lastPingAt >= this.#pingTimeoutMs
    );
  }

  /** Takes over the server's limit after the handshake. */
  setPingTimeout(timeoutMs: number): void {
    this.#pingTimeoutMs = timeoutMs;
    this.#restartPingTimer(timeoutMs);
  }

  /**
   * Sends if the WebSocket is open, and says whether it did. `options` go to the Node WebSocket.
   * @throws what the WebSocket throws for unsupported data
   */
  send(message: any, options?: object): boolean {
    if (!this.isWritable) {
      return false;
    }
    if (options) {
      this.socket!.send(message, options);
    } else {
      this.socket!.send(message);
    }
    return true;
  }

  /** Answers a heartbeat (docs/protocol.md, heartbeat): at once, past batching and codec. */
  onPing(pong: string): void {
    const now = this.#platform.now();
    const gapMs = now - this.#lastPingAt;
    this.#pingGapMs = Math.max(this.#pingGapMs, gapMs);
    this.#lastPingAt = now;
    this.#restartPingTimer(this.#pingTimeoutMs);
    // Of a flood the first is answered: a server that does not read would have pongs pile up here.
    if (gapMs >= 1) {
      this.send(pong);
    }
  }

  /**
   * Finds out soon whether the path still works. Clients cannot ask for a ping, so this writes an
   * unasked pong, which makes a network that forgot the connection reset it, and then waits only as
   * long as pings have been apart so far, plus `graceMs`.
   */
  probe(pong: string, graceMs: number): void {
    if (this.isStale) {
      this.#end(4000, '', true);
      return;
    }
    this.send(pong);
    if (this.#pingGapMs > 0) {
      this.#restartPingTimer(Math.min(this.#pingGapMs + graceMs, this.#pingTimeoutMs));
    }
  }

  /** Stops all reports and timers. Safe to repeat. */
  silence(): void {
    this.#isSilent = true;
    this.#platform.clearTimeout(this.#connectTimer);
    this.#platform.clearTimeout(this.#pingTimer);
    const { socket } = this;
    if (socket) {
      socket.onopen = null;
      socket.onmessage = null;
      socket.onclose = null;
      // `ws` throws an error that nobody handles when closed while it connects.
      socket.onerror = noop;
    }
  }

  /** Silences and closes the WebSocket; without a code the close frame carries none. */
  shut(code?: number, reason = ''): void {
    this.silence();
    try {
      if (code === undefined) {
        this.socket?.close();
      } else {
        this.socket?.close(code, truncateReason(reason));
      }
    } catch {
      // A code that this WebSocket refuses must not keep the connection alive.
      this.socket?.close();
    }
  }

  #onOpen(): void {
    this.#hasOpened = true;
    this.#platform.clearTimeout(this.#connectTimer);
    this.#lastPingAt = this.#platform.now();
    this.#restartPingTimer(this.#pingTimeoutMs);
    this.#core.lifecycle.onConnectionOpen(this);
  }

  #onError(): void {
    // Once open, a close event with the real code follows.
    if (!this.#hasOpened) {
      this.#end(1006, '');
    }
  }

  #restartPingTimer(delayMs: number): void {
    this.#platform.clearTimeout(this.#pingTimer);
    if (!this.#options.pingTimeoutDisabled && !this.#isSilent) {
      this.#pingTimer = this.#platform.setTimeout(() => this.#end(4000, '', true), delayMs);
    }
  }

  /** `isOurs`: the code is this side's verdict and is sent to the peer. */
  #end(code: number, reason: string, isOurs = false): void {
    if (this.#isSilent) {
      return;
    }
    this.silence();
    this.#core.lifecycle.onConnectionClose(code, reason);
    this.shut(isOurs ? code : undefined);
  }
}

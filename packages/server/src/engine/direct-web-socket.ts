import { WebSocket } from 'ws';
import type { DirectConnection } from './direct-connection.js';
import { createFrame } from './frame.js';

type Callback = (error: Error) => void;
type Bytes = string | Uint8Array | ArrayBuffer | number;

/**
 * What `socket.socket` is for a direct connection: a `ws` WebSocket whose methods act on the
 * connection. It emits `message`, `ping`, `pong` and `close`.
 */
export class DirectWebSocket extends WebSocket {
  readonly #connection: DirectConnection;

  constructor(connection: DirectConnection) {
    // As `ws` makes those of a server: without an address, and with options.
    super(...([null, undefined, {}] as unknown as [null]));
    this.#connection = connection;
    const members = {
      readyState: { get: () => connection.readyState },
      bufferedAmount: { get: () => connection.bufferedBytes },
      isPaused: { get: () => connection.isPaused },
    };
    Object.defineProperties(this, members);
  }

  override send(data: Bytes, options?: unknown, callback?: Callback): void {
    const settings = typeof options === 'object' ? (options as { binary?: boolean } | null) : null;
    const done = typeof options === 'function' ? (options as Callback) : callback;
    const isBinary = settings?.binary ?? typeof data !== 'string';
    const message = isBinary ? toBuffer(data) : typeof data === 'string' ? data : String(data);
    this.#act(() => this.#connection.sendPrepared(createFrame(message)), done);
  }

  override ping(data?: Bytes, _mask?: boolean, callback?: Callback): void {
    this.#act(() => this.#connection.ping(toBuffer(data)), callback);
  }

  override pong(data?: Bytes, _mask?: boolean, callback?: Callback): void {
    this.#act(() => this.#connection.pong(toBuffer(data)), callback);
  }

  override close(code?: number, reason?: string | Buffer): void {
    this.#connection.close(code, reason?.toString());
  }

  override terminate(): void {
    this.#connection.terminate();
  }

  override pause(): void {
    this.#connection.pause();
  }

  override resume(): void {
    this.#connection.resume();
  }

  #act(act: () => void, callback: Callback | undefined): void {
    if (this.#connection.readyState === WebSocket.OPEN) {
      act();
      if (callback) process.nextTick(callback as () => void);
    } else if (callback) {
      process.nextTick(callback, new Error('WebSocket is not open'));
    }
  }
}

function toBuffer(data: Bytes | undefined): Buffer {
  if (data === undefined) return Buffer.alloc(0);
  if (typeof data === 'string' || typeof data === 'number') return Buffer.from(String(data));
  return ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(data);
}

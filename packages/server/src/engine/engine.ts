import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { EngineLimit } from './faults.js';

/**
 * One or more complete WebSocket messages in the engine's own form, encoded once and written to any
 * number of connections of that engine. Opaque to the server apart from its size.
 */
export interface PreparedFrame {
  /** Bytes that sending it to one connection costs. */
  readonly byteLength: number;
}

/**
 * What a connection reports. Calls are synchronous, in wire order, and stop after `onClose`.
 * `onMessage` gets a string for a text frame and a `Buffer` for a binary one.
 */
export interface ConnectionHandler {
  onMessage(message: string | Buffer): void;
  /** The connection accepts frames again after `sendPrepared` returned `false`. */
  onDrain(): void;
  /**
   * The connection is gone; exactly once. The code of the close frame received, else the one that we
   * closed a faulty connection with, else 1006.
   */
  onClose(code: number, reason: string): void;
  /** A protocol or network fault; `onClose` follows. `limit` names the bound it broke, if any. */
  onError(error: Error, limit?: EngineLimit): void;
}

/** One accepted WebSocket, as the server sees it. */
export interface Connection {
  /** The engine's own socket object, for `socket.socket`; the server does not touch it. */
  readonly raw: unknown;
  readonly remoteAddress: string | undefined;
  readonly remoteFamily: string | undefined;
  readonly remotePort: number | undefined;
  /** Bytes written here that the kernel has not accepted yet. */
  readonly bufferedBytes: number;
  /** Bytes read from the network, framing and upgrade request included. */
  readonly bytesReceived: number;
  /** Receives everything that happens on this connection. Set once, right after the upgrade. */
  handler: ConnectionHandler;
  /** Frames and sends one message. Returns as `sendPrepared`. */
  send(message: string | Uint8Array): boolean;
  /** Sends an already framed message; `false`: hold further frames until `onDrain`. */
  sendPrepared(frame: PreparedFrame): boolean;
  /** Stops reading, so that TCP pushes back on the sender. Messages already read still arrive. */
  pause(): void;
  resume(): void;
  /** Starts the closing handshake behind everything sent so far. `code` must be legal to send. */
  close(code: number, reason: string): void;
  /** Drops the connection at once; the peer sees 1006. */
  terminate(): void;
}

/** Turns HTTP upgrades into connections and messages into frames. */
export interface Engine {
  /** The engine's own server object, for `server.wsServer`. */
  readonly raw: unknown;
  /** Completes the upgrade; `accept` is not called when the request is not a valid upgrade. */
  upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    accept: (connection: Connection) => void,
  ): void;
  /** Frames a message once, for any number of recipients. */
  prepare(message: string | Uint8Array): PreparedFrame;
  /** Joins frames so that they leave in one write. Called with two frames or more. */
  join(frames: readonly PreparedFrame[]): PreparedFrame;
  close(): void;
}

/** Options an engine takes from the server's own. */
export interface EngineOptions {
  maxPayload: number;
  maxFragments?: number;
  perMessageDeflate?: unknown;
  handleProtocols?: unknown;
  wsEngineServerOptions: Record<string, unknown>;
}

/** Value of the `wsEngine` option for an engine of your own. */
export interface EngineFactory {
  createEngine(options: EngineOptions): Engine;
}

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

/** One of the connections that are to get the same frame. */
export interface Recipient {
  readonly connection: Connection;
  /** The connection takes no more frames until `onDrain`, as if `sendPrepared` had returned `false`. */
  block(): void;
}

/** Messages into frames: what all engines have in common. */
export interface FrameEngine {
  /** The engine's own server object, for `server.wsServer`. */
  readonly raw: unknown;
  /** Frames a message once, for any number of recipients. */
  prepare(message: string | Uint8Array): PreparedFrame;
  /** Joins frames so that they leave in one write. Called with two frames or more. */
  join(frames: readonly PreparedFrame[]): PreparedFrame;
  /**
   * Sends a frame to several connections, for engines that can do it at less than the price of
   * `sendPrepared` for each. `block` is called in this turn or the next.
   */
  sendToAll?(recipients: readonly Recipient[], frame: PreparedFrame): void;
  /** Accepts no more connections; those that are open stay. */
  close(): void;
}

/** An engine for the upgrades of any HTTP server. */
export interface Engine extends FrameEngine {
  /** Completes the upgrade; `accept` is not called when the request is not a valid upgrade. */
  upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    accept: (connection: Connection) => void,
  ): void;
}

/** An engine that is an HTTP server itself: for `listen()`, not for `attach()`. */
export interface ListeningEngine extends FrameEngine {
  /** The TCP port it listens on; `undefined` before `listen` and after `close`. */
  readonly port: number | undefined;
  /** Listens on a TCP port, `0` for a free one. Throws when it cannot. Called once. */
  listen(port: number, host: EngineHost): void;
}

/** What a listening engine asks of the server. */
export interface EngineHost {
  /** Other workers of the machine listen on the port, too (`SO_REUSEPORT`). Absent: this process alone does. */
  readonly sharesPort?: boolean;
  /** An upgrade request, of whatever path; answered with one of its methods, now or later. */
  onUpgrade(upgrade: Upgrade): void;
  /** The answer to any other request. */
  onRequest(method: string, url: string): HttpAnswer;
}

/** An upgrade request and the three ways in which it may end; what is called later does nothing. */
export interface Upgrade {
  /** What `action.request` and `socket.request` are. */
  readonly request: IncomingMessage;
  /** The client has hung up, or the request is answered. */
  readonly isGone: boolean;
  /**
   * Completes it; `onRefused` is called instead when the request is not valid or the client leaves.
   * Either call may come later. May throw what the application's own functions throw.
   */
  accept(onConnection: (connection: Connection) => void, onRefused: () => void): void;
  /** Answers with an HTTP error and ends the connection. */
  refuse(status: number, body: string): void;
  /** Cuts the connection without an answer. */
  drop(): void;
}

/** An HTTP response as a value. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
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
  /** Makes the engine of one server. */
  createEngine(options: EngineOptions): Engine;
}

/** The same for an engine that listens itself. */
export interface ListeningEngineFactory {
  /** Makes the engine of one server. */
  createListeningEngine(options: EngineOptions): ListeningEngine;
}

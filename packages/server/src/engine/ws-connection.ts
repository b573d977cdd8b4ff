import type { Socket } from 'node:net';
import { closeCodes } from '@asyngular/protocol';
import type { WebSocket } from 'ws';
import { codeOfFault, limitOfFault } from './faults.js';
import { noHandler, TcpConnection } from './tcp-connection.js';

/** Finds the connection of a WebSocket without a closure per connection. */
const kConnection = Symbol('asyngular.connection');

const NO_CLOSE_FRAME = closeCodes.abnormal;

/** Unsent bytes from which pings of the WebSocket layer are not answered. */
const MAX_PONG_BACKLOG_BYTES = 65_536;

type Tagged = { [kConnection]?: WsConnection };

/**
 * A connection whose inbound half is a `ws` WebSocket: for compressed messages, and for WebSocket
 * classes other than ours.
 */
export class WsConnection extends TcpConnection {
  readonly raw: WebSocket;
  protected readonly windowBits: number;
  /** What `ws` closed with because of what the peer sent. */
  faultCode: number | undefined;
  /** Payload of the latest ping that has no reply yet. */
  ping: Buffer | undefined;

  constructor(webSocket: WebSocket, socket: Socket, windowBits: number) {
    super(socket);
    this.windowBits = windowBits;
    this.raw = webSocket;
    (webSocket as Tagged)[kConnection] = this;
    webSocket.on('message', onMessage);
    webSocket.on('close', onClose);
    webSocket.on('error', onError);
    webSocket.on('ping', onPing);
  }

  pause(): void {
    this.raw.pause();
  }

  resume(): void {
    this.raw.resume();
  }

  close(code: number, reason: string): void {
    // A paused reader would never see the peer's answer to the close frame.
    this.raw.resume();
    this.raw.close(code, reason);
  }

  terminate(): void {
    this.raw.terminate();
  }
}

function onMessage(this: WebSocket, data: Buffer, isBinary: boolean): void {
  (this as Tagged)[kConnection]!.handler.onMessage(isBinary ? data : data.toString('utf8'));
}

function onClose(this: WebSocket, code: number, reason: Buffer): void {
  const connection = (this as Tagged)[kConnection]!;
  const shown = code === NO_CLOSE_FRAME ? (connection.faultCode ?? code) : code;
  connection.handler.onClose(shown, reason.toString('utf8'));
  connection.handler = noHandler;
}

function onError(this: WebSocket, error: Error): void {
  const connection = (this as Tagged)[kConnection]!;
  const code = codeOfFault(error);
  connection.faultCode = code;
  connection.handler.onError(error, code === undefined ? undefined : limitOfFault(code));
}

/** The latest of those that come at once stands for all (RFC 6455 §5.5.3). */
function onPing(this: WebSocket, data: Buffer): void {
  const connection = (this as Tagged)[kConnection]!;
  if (connection.ping === undefined) process.nextTick(answerPing, connection);
  connection.ping = data;
}

/** A peer that does not read gets no more answers. */
function answerPing(connection: WsConnection): void {
  const { ping, raw, bufferedBytes } = connection;
  connection.ping = undefined;
  if (bufferedBytes < MAX_PONG_BACKLOG_BYTES) raw.pong(ping, false);
}

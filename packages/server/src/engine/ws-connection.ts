import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { noHandler, TcpConnection } from './tcp-connection.js';

/** Finds the connection of a WebSocket without a closure per connection. */
const kConnection = Symbol('asyngular.connection');

type Tagged = { [kConnection]?: WsConnection };

/**
 * A connection whose inbound half is a `ws` WebSocket: for compressed messages, and for WebSocket
 * classes other than ours.
 */
export class WsConnection extends TcpConnection {
  readonly raw: WebSocket;

  constructor(webSocket: WebSocket, socket: Socket) {
    super(socket);
    this.raw = webSocket;
    (webSocket as Tagged)[kConnection] = this;
    webSocket.on('message', onMessage);
    webSocket.on('close', onClose);
    webSocket.on('error', onError);
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
  connection.handler.onClose(code, reason.toString('utf8'));
  connection.handler = noHandler;
}

function onError(this: WebSocket, error: Error): void {
  (this as Tagged)[kConnection]!.handler.onError(error);
}

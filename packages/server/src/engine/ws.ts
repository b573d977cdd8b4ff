import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type {
  Connection,
  ConnectionHandler,
  Engine,
  EngineOptions,
  PreparedFrame,
} from './engine.js';
import { createFrame, FrameList, joinFrames } from './frame.js';

/** Finds the connection of an event target without a closure per connection. */
const kConnection = Symbol('asyngular.connection');

type Tagged = { [kConnection]?: WsConnection };

/** How long a peer may take to answer our close frame before the TCP connection is cut. */
const CLOSE_TIMEOUT_MS = 5_000;

const noHandler: ConnectionHandler = {
  onMessage() {},
  onDrain() {},
  onClose() {},
  onError() {},
};

/**
 * A connection whose inbound half is a `ws` WebSocket and whose outbound half writes our own frames
 * to the `net.Socket`: one shared buffer per publication instead of one `ws.send()` per recipient.
 */
class WsConnection implements Connection {
  handler: ConnectionHandler = noHandler;
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  #waitsForDrain = false;
  // Kept, because a closed socket has forgotten them.
  readonly remoteAddress: string | undefined;
  readonly remoteFamily: string | undefined;
  readonly remotePort: number | undefined;

  constructor(webSocket: WebSocket, socket: Socket) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.remoteAddress = socket.remoteAddress;
    this.remoteFamily = socket.remoteFamily;
    this.remotePort = socket.remotePort;
    (webSocket as Tagged)[kConnection] = this;
    (socket as Tagged)[kConnection] = this;
    webSocket.on('message', webSocketOnMessage);
    webSocket.on('close', webSocketOnClose);
    webSocket.on('error', webSocketOnError);
  }

  get raw(): WebSocket {
    return this.#webSocket;
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  get bytesReceived(): number {
    return this.#socket.bytesRead ?? 0;
  }

  send(message: string | Uint8Array): boolean {
    return this.sendPrepared(createFrame(message));
  }

  sendPrepared(frame: PreparedFrame): boolean {
    const socket = this.#socket;
    if (!socket.writable) return true;
    let accepted: boolean;
    if (frame instanceof FrameList) {
      socket.cork();
      for (const part of frame.parts) socket.write(part);
      socket.uncork();
      accepted = !socket.writableNeedDrain;
    } else {
      accepted = socket.write(frame as Buffer);
    }
    if (!accepted && !this.#waitsForDrain) {
      this.#waitsForDrain = true;
      socket.once('drain', socketOnDrain);
    }
    return accepted;
  }

  pause(): void {
    this.#webSocket.pause();
  }

  resume(): void {
    this.#webSocket.resume();
  }

  close(code: number, reason: string): void {
    // A paused reader would never see the peer's answer to the close frame.
    this.#webSocket.resume();
    this.#webSocket.close(code, reason);
  }

  terminate(): void {
    this.#webSocket.terminate();
  }

  /** Called by the drain listener. */
  drained(): void {
    this.#waitsForDrain = false;
    this.handler.onDrain();
  }
}

function webSocketOnMessage(this: WebSocket, data: Buffer, isBinary: boolean): void {
  const connection = (this as Tagged)[kConnection]!;
  connection.handler.onMessage(isBinary ? data : data.toString('utf8'));
}

function webSocketOnClose(this: WebSocket, code: number, reason: Buffer): void {
  const connection = (this as Tagged)[kConnection]!;
  connection.handler.onClose(code, reason.toString('utf8'));
  connection.handler = noHandler;
}

function webSocketOnError(this: WebSocket, error: Error): void {
  (this as Tagged)[kConnection]!.handler.onError(error);
}

function socketOnDrain(this: Socket): void {
  (this as Tagged)[kConnection]!.drained();
}

/** The default engine: `ws` on any `http.Server`, without a server of its own. */
export function createWsEngine(
  options: EngineOptions,
  ServerClass: typeof WebSocketServer = WebSocketServer,
): Engine {
  const wsServer = new ServerClass({
    closeTimeout: CLOSE_TIMEOUT_MS,
    ...options.wsEngineServerOptions,
    maxPayload: options.maxPayload,
    ...(options.perMessageDeflate !== undefined && {
      perMessageDeflate: options.perMessageDeflate,
    }),
    ...(options.handleProtocols !== undefined && { handleProtocols: options.handleProtocols }),
    noServer: true,
    clientTracking: false,
  } as ConstructorParameters<typeof WebSocketServer>[0]);

  return {
    raw: wsServer,
    upgrade(
      request: IncomingMessage,
      socket: Duplex,
      head: Buffer,
      accept: (connection: Connection) => void,
    ) {
      wsServer.handleUpgrade(request, socket, head, (webSocket) => {
        accept(new WsConnection(webSocket, socket as Socket));
      });
    },
    prepare: createFrame,
    join: (frames) => joinFrames(frames as (Buffer | FrameList)[]),
    close() {
      wsServer.close();
    },
  };
}

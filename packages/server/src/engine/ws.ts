import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { DirectConnection, type DirectOptions } from './direct-connection.js';
import type { Connection, Engine, EngineOptions } from './engine.js';
import { createFrame, type FrameList, joinFrames } from './frame.js';
import { type DeflateOptions, FrameDeflater, windowBitsOf } from './frame-deflate.js';
import type { FrameLimits } from './frame-reader.js';
import { answerPlainUpgrade } from './plain-upgrade.js';
import { WsConnection } from './ws-connection.js';

/** How long a peer may take to answer our close frame before the TCP connection is cut. */
const CLOSE_TIMEOUT_MS = 5_000;

/** The method by which `ws` puts a WebSocket on its TCP socket, after the opening handshake. */
interface Attachable {
  setSocket(socket: Socket, head: Buffer, limits: FrameLimits): void;
}

/** Options of `ws` that have no say in the opening handshake. */
const FRAME_OPTIONS: ReadonlySet<string> = new Set([
  'maxPayload',
  'maxFragments',
  'maxBufferedChunks',
  'skipUTF8Validation',
  'closeTimeout',
]);

/**
 * Goes through the opening handshake of `ws` and then, when no extension was negotiated, leaves the
 * TCP socket to a {@link DirectConnection}. Should a later `ws` attach its sockets in another way,
 * `head` stays empty and the connection is an ordinary one.
 */
class HandshakeSocket extends WebSocket implements Attachable {
  /** What came with the request, if the socket is left alone. */
  head: Buffer | undefined;

  setSocket(socket: Socket, head: Buffer, limits: FrameLimits): void {
    if (this.extensions === '') this.head = head;
    else (WebSocket.prototype as unknown as Attachable).setSocket.call(this, socket, head, limits);
  }
}

/**
 * The default engine: `ws` on any `http.Server`, without a server of its own. A request that asks for nothing but a
 * WebSocket is answered here; `ws` takes those that want more, and those that are to be refused.
 */
export function createWsEngine(
  options: EngineOptions,
  ServerClass: typeof WebSocketServer = WebSocketServer,
): Engine {
  const compression = compressionOf(options);
  const settings = {
    closeTimeout: CLOSE_TIMEOUT_MS,
    ...(ServerClass === WebSocketServer && { WebSocket: HandshakeSocket }),
    ...options.wsEngineServerOptions,
    maxPayload: options.maxPayload,
    ...(options.maxFragments !== undefined && { maxFragments: options.maxFragments }),
    perMessageDeflate: compression ?? false,
    ...(options.handleProtocols !== undefined && { handleProtocols: options.handleProtocols }),
    autoPong: false,
    noServer: true,
    clientTracking: false,
  };
  const wsServer = new ServerClass(
    settings as ConstructorParameters<typeof WebSocketServer>[0],
  ) as WebSocketServer;
  const deflater = compression && new FrameDeflater(compression);
  const directOptions = directOptionsOf(wsServer, settings.closeTimeout);
  // Of the answer that was just written; `handleUpgrade` calls back in the same breath.
  let windowBits = 0;
  if (deflater) {
    wsServer.on('headers', (headers) => {
      windowBits = windowBitsOf(headers);
    });
  }

  function connect(webSocket: WebSocket, socket: Socket): Connection {
    const head = webSocket instanceof HandshakeSocket ? webSocket.head : undefined;
    if (head === undefined) return new WsConnection(webSocket, socket, windowBits);
    return new DirectConnection(socket, head, directOptions);
  }

  const mayAnswer =
    ServerClass === WebSocketServer &&
    deflater === undefined &&
    Object.keys(options.wsEngineServerOptions).every((name) => FRAME_OPTIONS.has(name));

  /** `undefined`: the request is for `ws`. Applications add headers to the answer, and see it, by its event. */
  function answerTo(request: IncomingMessage, socket: Duplex): string | undefined {
    if (!mayAnswer || wsServer.listenerCount('headers') > 0) return undefined;
    return socket.readable && socket.writable ? answerPlainUpgrade(request) : undefined;
  }

  return {
    raw: wsServer,
    upgrade(
      request: IncomingMessage,
      socket: Duplex,
      head: Buffer,
      accept: (connection: Connection) => void,
    ) {
      const answer = answerTo(request, socket);
      if (answer === undefined) {
        wsServer.handleUpgrade(request, socket, head, (webSocket) => {
          accept(connect(webSocket, socket as Socket));
        });
        return;
      }
      socket.write(answer, 'latin1');
      accept(new DirectConnection(socket as Socket, head, directOptions));
    },
    prepare: deflater ? (message) => deflater.prepare(message) : createFrame,
    join: deflater
      ? (frames) => deflater.join(frames)
      : (frames) => joinFrames(frames as (Buffer | FrameList)[]),
    close() {
      wsServer.close();
    },
  };
}

/** What our own connections are bounded by: what `ws` would have bounded them by. */
function directOptionsOf({ options }: WebSocketServer, closeTimeoutMs: number): DirectOptions {
  const limits = options as unknown as FrameLimits;
  return {
    maxPayload: limits.maxPayload | 0,
    maxFragments: limits.maxFragments | 0,
    maxBufferedChunks: limits.maxBufferedChunks | 0,
    skipUTF8Validation: Boolean(limits.skipUTF8Validation),
    closeTimeoutMs,
  };
}

/**
 * Compression as `ws` is to negotiate it, if it is enabled. What is sent has no context, and saying so
 * spares clients a window of 32 KiB each; `serverNoContextTakeover: false` leaves it unsaid.
 */
function compressionOf(options: EngineOptions): DeflateOptions | undefined {
  const given = options.perMessageDeflate ?? options.wsEngineServerOptions.perMessageDeflate;
  if (!given) return undefined;
  return { serverNoContextTakeover: true, ...(given === true ? {} : given) } as DeflateOptions;
}

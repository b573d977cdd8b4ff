import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { DirectConnection, type DirectOptions } from './direct-connection.js';
import type { Connection, Engine, EngineOptions } from './engine.js';
import { createFrame, type FrameList, joinFrames } from './frame.js';
import { type DeflateOptions, FrameDeflater, windowBitsOf } from './frame-deflate.js';
import type { FrameLimits } from './frame-reader.js';
import { WsConnection } from './ws-connection.js';

/** How long a peer may take to answer our close frame before the TCP connection is cut. */
const CLOSE_TIMEOUT_MS = 5_000;

/** The method by which `ws` puts a WebSocket on its TCP socket, after the opening handshake. */
interface Attachable {
  setSocket(socket: Socket, head: Buffer, limits: FrameLimits): void;
}

/**
 * Goes through the opening handshake of `ws` and then, when no extension was negotiated, leaves the
 * TCP socket to a {@link DirectConnection}. Should a later `ws` attach its sockets in another way,
 * `direct` stays empty and the connection is an ordinary one.
 */
class HandshakeSocket extends WebSocket implements Attachable {
  direct: { readonly head: Buffer; readonly limits: FrameLimits } | undefined;

  setSocket(socket: Socket, head: Buffer, limits: FrameLimits): void {
    if (this.extensions === '') this.direct = { head, limits };
    else (WebSocket.prototype as unknown as Attachable).setSocket.call(this, socket, head, limits);
  }
}

/** The default engine: `ws` on any `http.Server`, without a server of its own. */
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
  let directOptions: DirectOptions | undefined;
  // Of the answer that was just written; `handleUpgrade` calls back in the same breath.
  let windowBits = 0;
  if (deflater) {
    wsServer.on('headers', (headers) => {
      windowBits = windowBitsOf(headers);
    });
  }

  function connect(webSocket: WebSocket, socket: Socket): Connection {
    const direct = webSocket instanceof HandshakeSocket ? webSocket.direct : undefined;
    if (direct === undefined) return new WsConnection(webSocket, socket, windowBits);
    const { limits, head } = direct;
    directOptions ??= {
      maxPayload: limits.maxPayload | 0,
      maxFragments: limits.maxFragments | 0,
      maxBufferedChunks: limits.maxBufferedChunks | 0,
      skipUTF8Validation: Boolean(limits.skipUTF8Validation),
      closeTimeoutMs: settings.closeTimeout,
    };
    return new DirectConnection(socket, head, directOptions);
  }

  return {
    raw: wsServer,
    upgrade(
      request: IncomingMessage,
      socket: Duplex,
      head: Buffer,
      accept: (connection: Connection) => void,
    ) {
      wsServer.handleUpgrade(request, socket, head, (webSocket) => {
        accept(connect(webSocket, socket as Socket));
      });
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

/**
 * Compression as `ws` is to negotiate it, if it is enabled. What is sent has no context, and saying so
 * spares clients a window of 32 KiB each; `serverNoContextTakeover: false` leaves it unsaid.
 */
function compressionOf(options: EngineOptions): DeflateOptions | undefined {
  const given = options.perMessageDeflate ?? options.wsEngineServerOptions.perMessageDeflate;
  if (!given) return undefined;
  return { serverNoContextTakeover: true, ...(given === true ? {} : given) } as DeflateOptions;
}

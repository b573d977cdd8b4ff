// What is used of uWebSockets.js, by its shape: it is on no registry under that name, so it can be no
// dependency. Its own types are assignable to these. Source: docs/index.d.ts of uWebSockets.js 20.30.

/** The module: what `import uWS from 'uWebSockets.js'` gives. */
export interface UwsModule {
  App(): UwsApp;
  SSLApp(options: unknown): UwsApp;
  us_listen_socket_close(listenSocket: unknown): void;
  us_socket_local_port(listenSocket: unknown): number;
}

/** An HTTP server with routes, the most specific of which wins. */
export interface UwsApp {
  any(pattern: string, handler: (response: UwsResponse, request: UwsRequest) => void): unknown;
  ws(pattern: string, behavior: unknown): unknown;
  publish(topic: string, message: Uint8Array, isBinary: boolean, compress: boolean): unknown;
  /** Host (may be left out), port, options, callback: its own types know not all of these forms. */
  listen(...parameters: unknown[]): unknown;
}

/** Valid during the callback that it is passed to, and not after it. */
export interface UwsRequest {
  getUrl(): string;
  getQuery(): string | undefined;
  getCaseSensitiveMethod(): string;
  getHeader(lowerCaseName: string): string;
  forEach(callback: (lowerCaseName: string, value: string) => void): void;
}

/** Valid until it is answered or aborted; throws after that. */
export interface UwsResponse {
  onAborted(handler: () => void): unknown;
  cork(callback: () => void): unknown;
  writeStatus(status: string): unknown;
  writeHeader(name: string, value: string): unknown;
  end(body: string, closeConnection: boolean): unknown;
  endWithoutBody(contentLength: number, closeConnection: boolean): unknown;
  close(): unknown;
  getRemoteAddress(): ArrayBuffer;
  upgrade(
    userData: object,
    key: string,
    protocol: string,
    extensions: string,
    context: unknown,
  ): unknown;
}

/** One WebSocket, valid until its `close` handler is called; throws after that. */
export interface UwsWebSocket {
  /** 1: sent; 0: the kernel took part of it, the rest is buffered. */
  send(message: string | Uint8Array, isBinary: boolean, compress: boolean): number;
  cork(callback: () => void): unknown;
  subscribe(topic: string): unknown;
  unsubscribe(topic: string): unknown;
  getBufferedAmount(): number;
  end(code: number, reason: string): void;
  close(): void;
}

/** What a WebSocket sends. */
export type OutboundMessage = string | ArrayBufferLike | ArrayBufferView;

/** What arrives, with the `binaryType` that the client sets. */
export type InboundMessage = string | Uint8Array | ArrayBuffer;

/** The part of the WHATWG WebSocket interface that a connection uses; `ws` and browsers both offer it. */
export interface WebSocketLike {
  readonly readyState: number;
  binaryType: string;
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  /** `options` are understood by `ws` only; browsers ignore a second argument. */
  send(data: OutboundMessage, options?: object): void;
  close(code?: number, reason?: string): void;
  readonly bytesReceived?: number;
  /** Bytes that were sent and not yet given to the network. */
  readonly bufferedAmount?: number;
}

/** Where the page was loaded from: default endpoint of the socket. Pages have it as `location`. */
export interface PageLocation {
  /** Empty when there is no host, as in pages that are files. */
  readonly hostname: string;
  /** Empty when the URL names no port. */
  readonly port: string;
  /** With a colon: `https:` makes `secure` the default. */
  readonly protocol: string;
}

/** Key-value storage of strings; every member may throw (quota, privacy mode). */
export interface StringStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** The options that say where and how a connection opens. */
export interface EndpointOptions {
  readonly hostname: string;
  readonly port: number | string;
  readonly secure: boolean;
  readonly protocolScheme?: string | null | undefined;
  readonly socketPath?: string | null | undefined;
  readonly wsOptions: object;
  readonly rejectUnauthorized?: boolean | undefined;
}

/**
 * Everything the client takes from its surroundings. Each member is looked up when it is used,
 * so that tests can replace time, randomness and sockets through the `platform` option.
 */
export interface Platform {
  /** What the URL of a connection has before its path: `scheme://host[:port]`, without the scheme's own port. */
  address(options: EndpointOptions): string;
  /** Opens a WebSocket. May throw for an unusable address; that counts as close 1006. */
  createWebSocket(uri: string, options: EndpointOptions): WebSocketLike;
  /** Monotonic milliseconds; wall clock jumps must not show here. */
  now(): number;
  /** Milliseconds of the wall clock. Unlike `now()` it goes on while the machine sleeps. */
  wallNow(): number;
  /** Uniform in [0, 1): spreads reconnections. */
  random(): number;
  setTimeout(callback: () => void, delayMs: number): unknown;
  /** `handle` is what `setTimeout` returned, or undefined. */
  clearTimeout(handle: unknown): void;
  /** A new random identifier (UUID v4). */
  randomId(): string;
  /** Address of the page, or undefined outside browsers. */
  location(): PageLocation | undefined;
  /** Persistent storage for tokens, or undefined where there is none. May throw. */
  storage(): StringStorage | undefined;
  /** Reports changes other tabs made to `storage`; returns the function that stops it. */
  watchStorage(listener: (key: string | null, value: string | null) => void): () => void;
  /** Reports signs that the device is back (online, visible or resumed again, back from the page cache); returns
   *  the function that stops it. */
  watchWakeUp(listener: () => void): () => void;
  /** Reports that the page goes to the page cache; returns the function that stops it. */
  watchPageHide(listener: () => void): () => void;
}

import WebSocket from 'ws';
import { commonPlatform } from './common.js';
import type { Platform, StringStorage, WebSocketLike } from './platform.js';

const nothingToWatch = () => () => {};

/**
 * The `localStorage` that the application put on `globalThis`, as in Electron and in tests, or Node's own one if
 * it has a file. Without a file, reading Node's own one warns or throws, depending on the version, and what it
 * returns stores nothing. The two look the same until they are read, because Node keeps what is assigned behind
 * its own accessor; that is why the warning is suppressed.
 */
function localStorageOfApplication(): StringStorage | undefined {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    const { localStorage } = globalThis as { localStorage?: Partial<StringStorage> };
    return typeof localStorage?.getItem === 'function'
      ? (localStorage as StringStorage)
      : undefined;
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** How long a server may take to answer the close frame before the TCP connection is cut, in ms. */
const CLOSE_TIMEOUT_MS = 5_000;

/** `ws` says only in words which HTTP status an upgrade was answered with. */
function addStatus(error: Error & { status?: number }): void {
  const [, digits] = /^Unexpected server response: (\d+)/.exec(error.message) ?? [];
  if (digits !== undefined) {
    error.status = Number(digits);
  }
}

/** Node: sockets from `ws`, over TCP or a unix socket; no page. */
export const platform: Platform = {
  ...commonPlatform,
  location: () => undefined,
  storage: localStorageOfApplication,
  watchStorage: nothingToWatch,
  watchWakeUp: nothingToWatch,
  watchPageHide: nothingToWatch,
  address(options) {
    const { protocolScheme, socketPath } = options;
    const [scheme, host] = commonPlatform.address(options).split('://');
    return `${protocolScheme ?? scheme}://${socketPath ? `${socketPath}:` : host}`;
  },
  createWebSocket(uri, { wsOptions, rejectUnauthorized }) {
    const shorthand = rejectUnauthorized !== undefined && { rejectUnauthorized };
    const settings = { closeTimeout: CLOSE_TIMEOUT_MS, ...wsOptions, ...shorthand };
    const webSocket = new WebSocket(uri, settings);
    webSocket.on('error', addStatus);
    return webSocket as unknown as WebSocketLike;
  },
};

import WebSocket from 'ws';
import { commonPlatform } from './common.js';
import type { Platform, WebSocketLike } from './platform.js';

const nothingToWatch = () => () => {};

/** Node: sockets from `ws`, over TCP or a unix socket; no page, tokens in memory. */
export const platform: Platform = {
  ...commonPlatform,
  location: () => undefined,
  storage: () => undefined,
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
    return new WebSocket(uri, { ...wsOptions, ...shorthand }) as unknown as WebSocketLike;
  },
};

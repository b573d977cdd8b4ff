import WebSocket from 'ws';
import { commonPlatform } from './common.js';
import type { Platform, WebSocketLike } from './platform.js';

const nothingToWatch = () => () => {};

/** Node: sockets from `ws`, no page, tokens in memory. */
export const platform: Platform = {
  ...commonPlatform,
  location: () => undefined,
  storage: () => undefined,
  watchStorage: nothingToWatch,
  watchWakeUp: nothingToWatch,
  watchPageHide: nothingToWatch,
  createWebSocket: (uri, wsOptions) => new WebSocket(uri, wsOptions) as unknown as WebSocketLike,
};

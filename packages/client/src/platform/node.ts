import WebSocket from 'ws';
import { commonPlatform } from './common.js';
import type { Platform, WebSocketLike } from './platform.js';

/** Node: sockets from `ws`, no page, tokens in memory. */
export const platform: Platform = {
  ...commonPlatform,
  createWebSocket: (uri, wsOptions) => new WebSocket(uri, wsOptions) as unknown as WebSocketLike,
};

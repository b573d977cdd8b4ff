import { type AGClientSocket, create } from '@asyngular/client';
import type { ClientApi } from '@asyngular/contract';
import type { chat } from '../shared/chat-contract.js';
import { createTabSession } from './tab-session.js';

export type ChatApi = ClientApi<typeof chat>;

export type ChatSocket = AGClientSocket<ChatApi>;

/** Connects to the server that the page came from, and again whenever the connection is lost. */
export function createChatSocket(): ChatSocket {
  return create<ChatApi>({
    authEngine: createTabSession(),
    autoReconnectOptions: {
      initialDelay: 500,
      randomness: 1000,
      multiplier: 1.5,
      maxDelay: 15_000,
    },
  });
}

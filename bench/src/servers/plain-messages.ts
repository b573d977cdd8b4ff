import { createVerifier } from 'fast-jwt';
import { authKey } from '../payload.js';

/** What the hand-written servers understand: one JSON object per WebSocket message. */
export type PlainMessage =
  | { type: 'subscribe'; channel: string; id: number }
  | { type: 'publish'; channel: string; data: unknown }
  | { type: 'call'; id: number; data: unknown }
  | { type: 'flood'; data: unknown }
  | { type: 'authenticate'; token: string };

/** A connection of a hand-written server. */
export interface PlainConnection {
  reply(text: string): void;
  subscribe(channel: string): void;
}

/** The application of the hand-written servers, apart from how they write. */
export class PlainApplication {
  received = 0;
  readonly #verify = createVerifier({ key: authKey, algorithms: ['HS256'] });
  readonly #broadcast: (channel: string, text: string) => void;

  constructor(broadcast: (channel: string, text: string) => void) {
    this.#broadcast = broadcast;
  }

  handle(connection: PlainConnection, text: string): void {
    const message = JSON.parse(text) as PlainMessage;
    switch (message.type) {
      case 'publish':
        this.#broadcast(message.channel, JSON.stringify(message));
        break;
      case 'call':
        connection.reply(JSON.stringify({ type: 'reply', id: message.id, data: message.data }));
        break;
      case 'flood':
        this.received += 1;
        break;
      case 'subscribe':
        connection.subscribe(message.channel);
        connection.reply(JSON.stringify({ type: 'reply', id: message.id }));
        break;
      case 'authenticate':
        this.#verify(message.token);
        connection.reply(JSON.stringify({ type: 'authenticated' }));
        break;
    }
  }
}

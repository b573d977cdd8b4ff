import { ChatRuleError } from '../shared/rules.js';
import type { ChatSocket } from './chat-socket.js';

/** Messages that may wait in the page; beyond this, `post` throws. */
const MAX_WAITING = 50;

export interface WaitingMessage {
  readonly id: string;
  readonly room: string;
  readonly text: string;
}

export interface OutboxView {
  showSent(message: WaitingMessage): void;
  showRefused(message: WaitingMessage, error: unknown): void;
}

/**
 * Keeps what was written until the server has it, in order: without a connection a message waits for the room to be
 * joined again. One whose answer got lost is sent again; the channel takes an id once.
 */
export class Outbox {
  readonly #socket: ChatSocket;
  readonly #view: OutboxView;
  readonly #sending = new Set<string>();
  #waiting: readonly WaitingMessage[] = [];

  constructor(socket: ChatSocket, view: OutboxView) {
    this.#socket = socket;
    this.#view = view;
    void this.#sendAfterJoining();
  }

  /** The rooms that messages wait for. */
  rooms(): ReadonlySet<string> {
    return new Set(this.#waiting.map(({ room }) => room));
  }

  waitingIn(room: string): readonly WaitingMessage[] {
    return this.#waiting.filter((message) => message.room === room);
  }

  /** Returns the message that is now on its way, or throws `ChatRuleError` when too many are waiting. */
  post(room: string, text: string): WaitingMessage {
    if (this.#waiting.length >= MAX_WAITING) {
      throw new ChatRuleError(`${MAX_WAITING} messages wait for the connection. Please wait, too.`);
    }
    const message = { id: createId(), room, text };
    this.#waiting = [...this.#waiting, message];
    void this.#send(room);
    return message;
  }

  /** Forgets everything: what one person wrote is not sent under the name of the next. */
  clear(): void {
    this.#waiting = [];
  }

  #remove(message: WaitingMessage): void {
    this.#waiting = this.#waiting.filter((other) => other !== message);
  }

  async #sendAfterJoining(): Promise<void> {
    for await (const { channel } of this.#socket.listener('subscribe')) {
      const [, room] = /^room:(.+)/.exec(channel) ?? [];
      if (room !== undefined) void this.#send(room);
    }
  }

  /** One message at a time, so that none overtakes another. */
  async #send(room: string): Promise<void> {
    if (this.#sending.has(room)) return;
    this.#sending.add(room);
    const channel: `room:${string}` = `room:${room}`;
    try {
      for (;;) {
        const [message] = this.waitingIn(room);
        const isJoined = this.#socket.state === 'open' && this.#socket.isSubscribed(channel);
        if (!message || !isJoined) return;
        const { id, text } = message;
        try {
          await this.#socket.invokePublish(channel, { id, text }, { id });
          this.#remove(message);
          this.#view.showSent(message);
        } catch (error) {
          if (isAnswerMissing(error)) continue;
          this.#remove(message);
          this.#view.showRefused(message, error);
        }
      }
    } finally {
      this.#sending.delete(room);
    }
  }
}

/** Whether it is unknown whether the server has the message. */
function isAnswerMissing(error: unknown): boolean {
  return (
    error instanceof Error && (error.name === 'TimeoutError' || error.name === 'BadConnectionError')
  );
}

/** An id in the form of a UUID. `crypto.randomUUID` exists on https and localhost only; this also works for a page in the home network. */
function createId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

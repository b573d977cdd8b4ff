import type { PresencePlace } from '../../src/presence/types.js';
import type { ModelServer } from './model-server.js';

/** Somebody who may be on one server at a time. */
export class ModelClient {
  readonly key: string;
  readonly channels: readonly string[];
  readonly #name: string;
  server: ModelServer | undefined;
  /** When it lost its connection, unless it is connected or has left. */
  lostAt: number | undefined;
  state: unknown = 0;
  #connection = 0;
  #places: PresencePlace[] = [];

  constructor(name: string, key: string, channels: readonly string[]) {
    this.#name = name;
    this.key = key;
    this.channels = channels;
  }

  get isConnected(): boolean {
    return this.server !== undefined;
  }

  connect(server: ModelServer): void {
    const last = `${this.#name} ${this.#connection}`;
    this.#connection++;
    this.#places = this.channels.map((channel) =>
      server.presence.enter({
        channel,
        key: this.key,
        userId: this.key,
        state: this.state,
        connection: `${this.#name} ${this.#connection}`,
        ...(this.lostAt !== undefined && { replaces: last }),
      }),
    );
    this.server = server;
    this.lostAt = undefined;
  }

  update(state: unknown): void {
    if (this.server === undefined) return;
    this.state = state;
    for (const place of this.#places) place.update(state);
  }

  /** Says that it leaves. */
  leave(): void {
    for (const place of this.#places) place.leave();
    this.server = undefined;
    this.lostAt = undefined;
  }

  /** Loses its connection. What is returned lets the server notice. */
  lose(now: number): () => void {
    const places = this.#places;
    if (this.server !== undefined) this.lostAt = now;
    this.server = undefined;
    return () => {
      for (const place of places) place.lose();
    };
  }
}

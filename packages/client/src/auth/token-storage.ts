import type { Platform, StringStorage } from '../platform/platform.js';

/**
 * Keeps the signed token between connections. Every method may return a promise; what it does not answer within
 * `ackTimeout` is an `error` event. One socket makes one change at a time.
 */
export interface AuthEngine {
  /** Stores `token`; resolves to the token. */
  saveToken(name: string, token: string, options?: object): string | Promise<string>;
  /** Forgets the token; resolves to the removed one, or null. */
  removeToken(name: string): string | null | Promise<string | null>;
  /** The stored token, or null. Called before handshakes and removals. A rejection fails the handshake (close 4003). */
  loadToken(name: string): string | null | Promise<string | null>;
}

/**
 * The built-in engine: `localStorage` where it works, else memory. Storage may start to fail at any
 * time (quota, privacy settings, a blocked third-party frame), so each call falls back on its own:
 * what could not be stored is remembered for the life of this engine.
 * Any script of the page can read `localStorage`; keep tokens short-lived, or bring an `authEngine`.
 */
export class TokenStorage implements AuthEngine {
  readonly #platform: Platform;
  readonly #memory = new Map<string, string>();

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  saveToken(name: string, token: string): string {
    this.#memory.set(name, token);
    this.#attempt((storage) => {
      storage.setItem(name, token);
      this.#memory.delete(name);
    });
    return token;
  }

  removeToken(name: string): string | null {
    const token = this.loadToken(name);
    this.#memory.delete(name);
    this.#attempt((storage) => storage.removeItem(name));
    return token;
  }

  loadToken(name: string): string | null {
    // A token in memory is newer than a stored one: it is there because storing it failed.
    return this.#memory.get(name) ?? this.#attempt((storage) => storage.getItem(name)) ?? null;
  }

  #attempt<T>(use: (storage: StringStorage) => T): T | undefined {
    try {
      const storage = this.#platform.storage();
      return storage && use(storage);
    } catch {
      return undefined;
    }
  }
}

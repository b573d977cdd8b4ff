import type { LuaScript } from './lua-script.js';

/** Scripts that a connection has been given. */
export class LoadedScripts {
  /** By script, why Redis refused to load it. */
  readonly #refusals = new Map<LuaScript, Error | undefined>();

  /** Calls `load` unless that has been done. What is sent behind it needs not wait for its answer. */
  ensure(script: LuaScript, load: () => Promise<unknown>): void {
    if (this.#refusals.has(script) && !this.#refusals.get(script)) return;
    this.#refusals.set(script, undefined);
    load().catch((error: Error) => {
      if (this.#refusals.has(script)) this.#refusals.set(script, error);
    });
  }

  /**
   * What a call of the script failed for. If Redis refused to load it, that is the reason, which another connection
   * would not change, of all calls that were under way; the next one tries it again.
   */
  reasonOf(script: LuaScript, error: unknown): unknown {
    const refusal = this.#refusals.get(script);
    if (!refusal || !(error as Error).message.startsWith('NOSCRIPT')) return error;
    return refusal;
  }

  /** They are gone, or the connection is. */
  clear(): void {
    this.#refusals.clear();
  }
}

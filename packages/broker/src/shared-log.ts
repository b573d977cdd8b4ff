import type { LiveEntry } from './log.js';
import type { LogStore } from './log-store.js';

/** How often expired logs are looked for, in ms. */
const SWEEP_MS = 10_000;

/** A broker as the logs know it. */
export interface LogNode {
  receive(channel: string, entry: LiveEntry): void;
}

/** The logs of the memory brokers that hear each other: one store, and who follows which channel. */
export class SharedLog {
  /** Where the logs are kept. */
  readonly store: LogStore;
  readonly #followers = new Map<string, Set<LogNode>>();
  readonly #nodes = new Set<LogNode>();
  /** What was published by those who were being told of another publication; its turn comes after that. */
  readonly #waiting: { channel: string; entry: LiveEntry }[] = [];
  #isAnnouncing = false;
  /** What `store.open()` returned; undefined while no node uses the store. */
  #opening: { readonly done: void | Promise<void> } | undefined;
  #sweepTimer: ReturnType<typeof setInterval> | undefined;

  constructor(store: LogStore) {
    this.store = store;
  }

  /** A node begins to use the logs; the first one opens the store. */
  join(node: LogNode): void | Promise<void> {
    this.#nodes.add(node);
    this.#opening ??= { done: this.#open() };
    return this.#opening.done;
  }

  /** A node is done with the logs; the last one closes the store. */
  leave(node: LogNode): void | Promise<void> {
    for (const channel of this.#followers.keys()) this.unfollow(channel, node);
    if (!this.#nodes.delete(node) || this.#nodes.size > 0 || !this.#opening) return;
    this.#opening = undefined;
    this.#stopSweeping();
    return this.store.close();
  }

  #open(): void | Promise<void> {
    const done = this.store.open((channel, entry) => this.#announce(channel, entry));
    if (!done) return;
    // A store that takes time to open has kept something from before.
    this.keepSwept();
    return done.catch((error: unknown) => {
      // Nothing is open that the last node would have to close.
      this.#opening = undefined;
      this.#stopSweeping();
      throw error;
    });
  }

  /** The node receives what is published on the channel from now on. */
  follow(channel: string, node: LogNode): void {
    const nodes = this.#followers.get(channel);
    if (nodes) nodes.add(node);
    else this.#followers.set(channel, new Set([node]));
  }

  /** The node receives nothing of the channel any more. */
  unfollow(channel: string, node: LogNode): void {
    const nodes = this.#followers.get(channel);
    if (nodes?.delete(node) && nodes.size === 0) this.#followers.delete(channel);
  }

  /** From now on expired logs are looked for, as long as there may be any. */
  keepSwept(): void {
    this.#sweepTimer ??= setInterval(() => {
      if (!this.store.sweep()) this.#stopSweeping();
    }, SWEEP_MS).unref();
  }

  #stopSweeping(): void {
    clearInterval(this.#sweepTimer);
    this.#sweepTimer = undefined;
  }

  /**
   * Hands an entry to all who follow. One that is published meanwhile, by one of them, waits until all have this
   * one: otherwise those who come later would get the two in the wrong order.
   */
  #announce(channel: string, entry: LiveEntry): void {
    if (this.#isAnnouncing) {
      this.#waiting.push({ channel, entry });
      return;
    }
    this.#isAnnouncing = true;
    try {
      this.#deliver(channel, entry);
      for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
        this.#deliver(next.channel, next.entry);
      }
    } finally {
      this.#isAnnouncing = false;
    }
  }

  #deliver(channel: string, entry: LiveEntry): void {
    const nodes = this.#followers.get(channel);
    if (nodes) for (const node of nodes) node.receive(channel, entry);
  }
}

import { createFrames, type Frames } from './frames.js';
import { once } from './once.js';
import type { Store } from './store.js';
import type { Timing } from './timing.js';
import { isSame } from './values.js';

/** After the last user has left, ms: less than anybody would call a stay, and more than a change of pages takes. */
const LINGER_MS = 1_000;

/** What feeds a store while it is used. */
export interface Source<Snapshot> {
  /** What is known now; called at most once per frame. */
  read(): Snapshot;
  /** Somebody else begins to use it. */
  onUser?(): void;
  stop(): void;
}

/** Makes the source; it calls `changed` whenever there is something else to read. */
export type Start<Snapshot, Fed extends Source<Snapshot>> = (changed: () => void) => Fed;

/** A store whose source all stores of the same key share. */
export interface SharedStore<Snapshot, Fed extends Source<Snapshot>> extends Store<Snapshot> {
  /** Has the source run, until `release` is called. */
  hold(): { readonly source: Fed; readonly release: () => void };
  /** What runs now, if anything does. */
  source(): Fed | undefined;
}

interface Running {
  readonly source: Source<object>;
  readonly listeners: Set<() => void>;
  snapshot: object;
  /** What the listeners know: older than `snapshot` when somebody has come since the last frame. */
  told: object;
  users: number;
  cancelStop?: (() => void) | undefined;
}

/**
 * The stores of one socket. Making one costs nothing and leaves nothing behind, so that a component can do it while it
 * renders, and never be shown; what runs is counted here, by key, and goes a second after its last user.
 */
export class SharedStores {
  readonly #running = new Map<string, Running>();
  readonly #frames: Frames;
  readonly #timing: Timing;

  constructor(timing: Timing) {
    this.#timing = timing;
    this.#frames = createFrames(timing);
  }

  open<Snapshot extends object, Fed extends Source<Snapshot>>(
    key: string,
    initial: Snapshot,
    start: Start<Snapshot, Fed>,
  ): SharedStore<Snapshot, Fed> {
    const hold = () => {
      const known = this.#running.get(key);
      const running = known ?? this.#begin(key, initial, start);
      running.users++;
      if (known) {
        this.#onUser(known);
      }
      return { running, release: once(() => this.#release(key, running)) };
    };
    const current = () => this.#running.get(key);
    return {
      // Of one key there are sources of one type.
      hold() {
        const { running, release } = hold();
        return { source: running.source as Fed, release };
      },
      source: () => current()?.source as Fed | undefined,
      subscribe(listener) {
        const { running, release } = hold();
        const call = () => listener();
        running.listeners.add(call);
        return once(() => {
          running.listeners.delete(call);
          release();
        });
      },
      getSnapshot: () => (current()?.snapshot ?? initial) as Snapshot,
      getServerSnapshot: () => initial,
    };
  }

  #begin<Snapshot extends object>(
    key: string,
    initial: Snapshot,
    start: Start<Snapshot, Source<Snapshot>>,
  ): Running {
    const flush = () => {
      if (this.#running.get(key) !== running) {
        return;
      }
      running.snapshot = newer(running.source.read(), running.snapshot);
      if (running.told !== running.snapshot) {
        running.told = running.snapshot;
        for (const listener of [...running.listeners]) {
          listener();
        }
      }
    };
    const changed = () => this.#frames.request(flush);
    const source = start(changed);
    const running: Running = {
      source,
      listeners: new Set(),
      snapshot: initial,
      told: initial,
      users: 0,
    };
    this.#running.set(key, running);
    changed();
    return running;
  }

  /** What is known then is known at once, so that a refusal that is asked about again is not shown once more. */
  #onUser(running: Running): void {
    running.cancelStop?.();
    running.cancelStop = undefined;
    if (running.source.onUser) {
      running.source.onUser();
      running.snapshot = newer(running.source.read(), running.snapshot);
    }
  }

  #release(key: string, running: Running): void {
    running.users--;
    if (running.users > 0) {
      return;
    }
    running.cancelStop = this.#timing.delay(() => {
      this.#running.delete(key);
      running.source.stop();
    }, LINGER_MS);
  }
}

/** What is known now, as the object that is known already unless it differs. */
function newer(now: object, before: object): object {
  return isSame(now, before) ? before : now;
}

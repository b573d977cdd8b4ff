import type { AGClientSocket, StreamOptions } from '@asyngular/client';
import type { Needs } from '../needs.js';
import { doNothing, idleStore } from '../shared/idle-store.js';
import { limitOf } from '../shared/limit.js';
import type { Source } from '../shared/shared-stores.js';
import type { Store } from '../shared/store.js';
import { keyOf } from '../shared/values.js';

const DEFAULT_LIMIT = 10_000;

/** Options of a stream of results: the client's, and how many items are kept. */
export interface StreamStoreOptions<Data = any, Item = any>
  extends Pick<StreamOptions<Data, Item>, 'timeout' | 'highWaterMark' | 'resume'> {
  /** Items kept, the newest ones; 1 or more. Default 10,000. */
  limit?: number;
}

/** How a stream of results stands: `connecting` until the first item. */
export type StreamStatus = 'idle' | 'connecting' | 'streaming' | 'done' | 'error';

/** What a stream of results has brought so far. */
export interface StreamSnapshot<Item = any> {
  readonly status: StreamStatus;
  /** The items, the oldest one first. */
  readonly data: readonly Item[];
  /** What the procedure has thrown, or a lost connection; null otherwise. */
  readonly error: Error | null;
}

const initialStream: StreamSnapshot = { status: 'connecting', data: [], error: null };
const idleStream: StreamSnapshot = { ...initialStream, status: 'idle' };

/** One call of a procedure that answers with a stream; ended when nobody reads it any more. */
class StreamSource implements Source<StreamSnapshot> {
  readonly #run: (signal: AbortSignal) => AsyncIterable<unknown>;
  readonly #limit: number;
  readonly #changed: () => void;
  #controller = new AbortController();
  #status: StreamStatus = 'connecting';
  #error: Error | null = null;
  #items: unknown[] = [];
  /** Copy of the items; undefined when there are others. */
  #data: readonly unknown[] | undefined;

  constructor(
    socket: AGClientSocket,
    name: string,
    data: unknown,
    limit: number,
    options: StreamStoreOptions,
    changed: () => void,
  ) {
    this.#run = (signal) => socket.stream(name, data, { ...options, signal });
    this.#limit = limit;
    this.#changed = changed;
    this.restart();
  }

  read(): StreamSnapshot {
    this.#data ??= this.#items.slice(-this.#limit);
    return { status: this.#status, data: this.#data, error: this.#error };
  }

  /** Calls the procedure anew, and begins with nothing. */
  restart(): void {
    this.#controller.abort();
    this.#controller = new AbortController();
    this.#items = [];
    this.#data = undefined;
    this.#set('connecting', null);
    this.#consume(this.#controller.signal);
  }

  /** Ends the call; what has arrived stays. */
  cancel(): void {
    if (!this.#controller.signal.aborted) {
      this.#controller.abort();
      if (this.#status !== 'error') this.#set('done', null);
    }
  }

  stop(): void {
    this.#controller.abort();
  }

  async #consume(signal: AbortSignal): Promise<void> {
    try {
      for await (const item of this.#run(signal)) {
        if (signal.aborted) return;
        this.#add(item);
      }
      if (!signal.aborted) this.#set('done', null);
    } catch (error) {
      if (!signal.aborted) this.#set('error', error as Error);
    }
  }

  #add(item: unknown): void {
    this.#items.push(item);
    this.#data = undefined;
    // Twice the limit, so that the oldest ones are not cut off one by one.
    if (this.#items.length > 2 * this.#limit) {
      this.#items = this.#items.slice(-this.#limit);
    }
    this.#set('streaming', null);
  }

  #set(status: StreamStatus, error: Error | null): void {
    this.#status = status;
    this.#error = error;
    this.#changed();
  }
}

/** Of a stream of results. */
export interface StreamStore<Item = any> extends Store<StreamSnapshot<Item>> {
  /** Calls the procedure anew, and begins with nothing. */
  readonly restart: () => void;
  /** Ends the call; what has arrived stays. */
  readonly cancel: () => void;
}

export function openStream(
  { socket, shared }: Needs,
  name: string | null,
  data: unknown,
  { limit: given, ...options }: StreamStoreOptions,
): StreamStore {
  const limit = limitOf('stream()', given, DEFAULT_LIMIT);
  if (name === null) {
    return { ...idleStore(idleStream), restart: doNothing, cancel: doNothing };
  }
  const store = shared.open(
    `stream ${keyOf([name, data, limit, options])}`,
    initialStream,
    (changed) => new StreamSource(socket, name, data, limit, options, changed),
  );
  return {
    ...store,
    restart: () => store.source()?.restart(),
    cancel: () => store.source()?.cancel(),
  };
}

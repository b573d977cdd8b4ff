import { isDevelopment } from '@asyngular/errors/internal';
import type { Backlog } from './backlog.js';
import type { Consumer } from './consumer.js';
import { StreamNode, type TreeRoot } from './stream-node.js';
import type { StreamFamily, StreamOptions } from './stream-options.js';
import { watchReading } from './unread-consumers.js';

/** What spares a search through all names. Each is made by the first question for it, since most never come. */
interface Indexes<T> {
  /** Every registered consumer. */
  byId?: Map<number, Consumer<T>>;
  /** The counted backlogs that may not be empty: also those that got a packet since the last question. */
  lagging?: Set<Backlog<unknown>>;
}

/** The top of a tree of streams, with what its consumers share. */
export class StreamRoot<T> extends StreamNode<T> implements TreeRoot<T> {
  readonly #options: StreamOptions | undefined;
  readonly #family: StreamFamily | undefined;
  #lastId = 0;
  #indexes: Indexes<T> | undefined;

  constructor(options?: StreamOptions, family?: StreamFamily) {
    super();
    this.#options = options;
    this.#family = family;
  }

  override get root(): this {
    return this;
  }

  /** Ids count from 1 over all names. */
  nextId(): number {
    return ++this.#lastId;
  }

  override find(id: number): Consumer<T> | undefined {
    this.#indexes ??= {};
    this.#indexes.byId ??= new Map(this.consumers().map((consumer) => [consumer.id, consumer]));
    return this.#indexes.byId.get(id);
  }

  override getBackpressure(): number {
    this.#indexes ??= {};
    this.#indexes.lagging ??= new Set(this.consumers().map((consumer) => consumer.backlog));
    const { lagging } = this.#indexes;
    let max = 0;
    for (const backlog of lagging) {
      const { length } = backlog;
      if (length === 0) lagging.delete(backlog);
      max = Math.max(max, length);
    }
    return max;
  }

  onPacketIn(size: number, backlog: Backlog<unknown>): void {
    this.#options?.meter?.add(size, backlog.reader);
    this.#indexes?.lagging?.add(backlog);
  }

  onPacketOut(size: number, backlog: Backlog<unknown>): void {
    this.#options?.meter?.remove(size, backlog.reader);
  }

  onBacklogLeft(backlog: Backlog<unknown>): void {
    this.#indexes?.lagging?.delete(backlog);
  }

  onBacklogGrown(consumer: Consumer<T>): void {
    if (isDevelopment) watchReading(consumer, this.#options, this.#family);
  }

  get reportError(): ((error: unknown) => void) | undefined {
    const options = this.#options;
    return options?.onCallbackError?.bind(options);
  }

  onMoved(consumer: Consumer<T>): void {
    if (consumer.isAlive) this.#indexes?.byId?.set(consumer.id, consumer);
    else this.#indexes?.byId?.delete(consumer.id);
  }
}

import type { Consumer } from './consumer.js';
import type { PacketQueue } from './packet-queue.js';
import { afterMacrotask } from './platform.js';

// Removes the entry of a timed-out consumer that was collected, so that its name can be forgotten too.
// Some engines (older React Native) lack the registry, or weak references as well: without it entries go
// at the next write, without both a timed-out consumer collects nothing.
const collected =
  typeof FinalizationRegistry === 'undefined'
    ? undefined
    : new FinalizationRegistry<() => void>((bury) => bury());

/** Consumers that left the lists of their stream and still collect packets: those that ended in the
 *  running macrotask, and those that timed out and are still referenced by somebody else. They are not
 *  counted anywhere, and a timed-out one is not kept alive from here.
 *  Invariant: a consumer is in at most one of the two groups. */
export class AwayConsumers<T> {
  /** Those that ended, each with whether it was killed. */
  readonly #lingering = new Map<Consumer<T>, boolean>();
  /** Of those, the ones that may be adopted: they took an end marker with packets queued behind it. */
  readonly #parked = new Set<Consumer<T>>();
  readonly #asleep = new Map<number, WeakRef<Consumer<T>>>();
  readonly #onEmpty: () => void;

  /** `onEmpty` runs when the last consumer went. */
  constructor(onEmpty: () => void) {
    this.#onEmpty = onEmpty;
  }

  get isEmpty(): boolean {
    return this.#lingering.size === 0 && this.#asleep.size === 0;
  }

  /** Lets `consumer` collect until the end of this macrotask. */
  linger(consumer: Consumer<T>, isKilled: boolean): void {
    if (this.#lingering.size === 0) afterMacrotask(() => this.#release());
    this.#lingering.set(consumer, isKilled);
    if (!isKilled && consumer.queue.length !== 0) this.#parked.add(consumer);
  }

  /** Lets `consumer` collect for as long as it is referenced elsewhere. */
  sleep(consumer: Consumer<T>): void {
    if (typeof WeakRef === 'undefined') return;
    const { id } = consumer;
    const reference = new WeakRef(consumer);
    this.#asleep.set(id, reference);
    collected?.register(consumer, () => this.#bury(id, reference), reference);
  }

  /** `consumer` registered again, or is to collect nothing more. */
  remove(consumer: Consumer<T>): void {
    this.#lingering.delete(consumer);
    this.#parked.delete(consumer);
    const reference = this.#asleep.get(consumer.id);
    if (reference === undefined) return;
    this.#asleep.delete(consumer.id);
    collected?.unregister(reference);
  }

  /** The oldest parked backlog, which is thereby taken: nobody else gets it from here. */
  adoptOldest(): PacketQueue | undefined {
    for (const consumer of this.#parked) {
      this.#parked.delete(consumer);
      return consumer.queue;
    }
    return undefined;
  }

  /** A kill of the stream: nothing stays parked, and what was collected before it goes. */
  kill(): void {
    this.#parked.clear();
    for (const consumer of this) consumer.discardCollected();
  }

  /** All of them. */
  *[Symbol.iterator](): Iterator<Consumer<T>> {
    yield* this.#lingering.keys();
    for (const [id, reference] of this.#asleep) {
      const consumer = reference.deref();
      if (consumer === undefined) this.#bury(id, reference);
      else yield consumer;
    }
  }

  #release(): void {
    for (const [consumer, isKilled] of this.#lingering) {
      // What waits behind an end marker is the consumer's own: it reads on there whenever it is read
      // again, and goes with it otherwise. A kill leaves no position to keep.
      if (isKilled) consumer.discardCollected();
    }
    this.#lingering.clear();
    this.#parked.clear();
    if (this.isEmpty) this.#onEmpty();
  }

  #bury(id: number, reference: WeakRef<Consumer<T>>): void {
    if (this.#asleep.get(id) !== reference) return;
    this.#asleep.delete(id);
    if (this.isEmpty) this.#onEmpty();
  }
}

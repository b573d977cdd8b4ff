import { Consumer, type ConsumerStats } from './consumer.js';
import { parseConsumerOptions, type TimeoutOrOptions } from './options.js';
import { afterMacrotask } from './platform.js';
import type { StreamRoot } from './stream-root.js';

/** What is below a node: more nodes, or the consumers of one stream. They refer to themselves; one that
 *  timed out is referred to weakly. */
interface Kid<T> {
  readonly id: string | number | undefined;
  deref(): StreamNode<T> | Consumer<T> | undefined;
  consumers?(): Consumer<T>[];
  getConsumerCount?(): number;
}

// Removes the entry of a timed-out consumer that was collected, so that its name can be forgotten too.
// Some engines (older React Native) lack the registry, or weak references as well: without it entries go
// at the next write, without both a timed-out consumer collects nothing.
const collected =
  typeof FinalizationRegistry === 'undefined'
    ? undefined
    : new FinalizationRegistry<[StreamNode, number]>(([node, id]) => node.home().forget(id));

/** A point of a tree of streams: at the root all that one owner has, below it a name or a group of names,
 *  at the bottom one stream with its consumers. Whatever can be asked of a stream can be asked of each.
 *  A node is in the tree only while there are consumers below it: writing to a name that nobody reads is a
 *  look-up. Any string is a name. */
export class StreamNode<T = any> {
  /** The name, by which its parent knows it; `undefined` at the root. */
  readonly id: string | undefined;
  #parent: StreamNode<T> | undefined;
  // In the order in which they came, also those that left and still collect. One needs no table: a server
  // has several nodes with a single kid for each idle socket.
  #kids: Kid<T> | Map<Kid<T>['id'], Kid<T>> | undefined;

  // Of those, the ones whose position the next loops may take over, oldest first.
  #parked: Set<Consumer<T>> | undefined;

  constructor(id?: string, parent?: StreamNode<T>) {
    this.id = id;
    this.#parent = parent;
  }

  /** Not a field: what holds streams stays printable as JSON. */
  get root(): StreamRoot<T> {
    return (this.#parent as StreamNode<T>).root;
  }

  /** What statistics call the stream: the names from the root on. */
  get label(): string | undefined {
    const above = this.#parent?.label;
    return above === undefined ? this.id : `${above}/${this.id}`;
  }

  /** The node of that name, if it has consumers. */
  get(name: Kid<T>['id']): StreamNode<T> | undefined {
    const kids = this.#kids;
    const kid = kids instanceof Map ? kids.get(name) : kids?.id === name ? kids : undefined;
    return kid as StreamNode<T> | undefined;
  }

  /** The node of that name; a new one enters the tree with its first consumer (it may be aborted already). */
  child(name: string): StreamNode<T> {
    const home = this.home();
    return home.get(name) ?? new StreamNode(name, home);
  }

  /** Appends a value, or with `done` an end marker, for every consumer. `size` is passed to the meter. */
  write(value: T, size = 0, done = false): void {
    const kids = this.#kids;
    if (kids instanceof Map) for (const kid of kids.values()) this.#hand(kid, value, size, done);
    else if (kids) this.#hand(kids, value, size, done);
  }

  /** Appends an end marker: every current consumer reads its backlog, then ends with `value`. Later
   *  consumers and later writes are not affected. */
  close(value?: any): void {
    this.write(value, 0, true);
  }

  /** Drops all backlogs and ends every current consumer at once with `value`. */
  kill(value?: any): void {
    for (const kid of this.#list()) kid.deref()?.kill(value);
  }

  /** All registered consumers; one that came back is last. */
  consumers(): Consumer<T>[] {
    return this.#list().flatMap((kid) => kid.consumers?.() ?? []);
  }

  /** The consumer with that id, if it is here. */
  find(id: number): Consumer<T> | undefined {
    const consumer = this.root.index().get(id);
    let node = consumer?.node;
    while (node && node !== this) node = node.#parent;
    return node && consumer;
  }

  /** Longest backlog of any consumer, in packets; 0 when there is none. */
  getBackpressure(): number {
    return longestBacklog(this.consumers());
  }

  /** Backlog of consumer `id` in packets; 0 when unknown. */
  getConsumerBackpressure(id: number): number {
    return this.find(id)?.getBackpressure() ?? 0;
  }

  /** Whether consumer `id` is registered here. */
  hasConsumer(id: number): boolean {
    return this.find(id) !== undefined;
  }

  /** Ends consumer `id` at once. An unknown id has no effect. */
  killConsumer(id: number, value?: any): void {
    this.find(id)?.kill(value);
  }

  /** Statistics of consumer `id`; `undefined` when unknown. */
  getConsumerStats(id: number): ConsumerStats | undefined {
    return this.find(id)?.getStats();
  }

  /** Statistics of all consumers, in order of creation. */
  getConsumerStatsList(): ConsumerStats[] {
    const list = this.consumers().map((consumer) => consumer.getStats());
    return list.sort((a, b) => a.id - b.id);
  }

  /** Number of consumers. */
  getConsumerCount(): number {
    const kids = this.#kids;
    // Without arrays: it is asked for every message of a socket.
    if (!(kids instanceof Map)) return kids?.getConsumerCount?.() ?? 0;
    let count = 0;
    for (const kid of kids.values()) count += kid.getConsumerCount?.() ?? 0;
    return count;
  }

  /** A new cursor that buffers from now on. */
  createConsumer(timeoutOrOptions?: TimeoutOrOptions): Consumer<T> {
    return new Consumer<T>(this, parseConsumerOptions(timeoutOrOptions));
  }

  /** A new cursor without timeout. When a loop ended in this macrotask at an end marker that had packets
   *  queued behind it, the new one goes on there: restarting a loop after a close misses nothing. */
  createIterator(): AsyncIterator<T, any, undefined> {
    for (const parked of this.#parked ?? []) {
      this.#parked?.delete(parked);
      // Else a kill came first.
      if (parked.state === 'parked')
        return new Consumer<T>(this, undefined, parked)[Symbol.asyncIterator]();
    }
    return this.createConsumer()[Symbol.asyncIterator]();
  }

  /** Puts `consumer` where it belongs in its present state; returns the node that it belongs to. */
  place(consumer: Consumer<T>): StreamNode<T> {
    const home = this.home();
    const { id, state } = consumer;
    home.#parked?.delete(consumer);
    if (state === 'alive') home.root.byId?.set(id, consumer);
    else home.root.byId?.delete(id);
    if (state === 'asleep' && typeof WeakRef !== 'undefined') {
      home.add(Object.assign(new WeakRef(consumer), { id }));
      collected?.unregister(consumer);
      collected?.register(consumer, [home, id], consumer);
    } else if (state === 'asleep' || state === 'gone') home.forget(id);
    else {
      home.add(consumer);
      if (state === 'parked') {
        home.#parked ??= new Set();
        home.#parked.add(consumer);
      }
      if (state !== 'alive') home.#linger(consumer);
    }
    return home;
  }

  /** Itself; see `Kid`. */
  deref(): this {
    return this;
  }

  /** The node that has this name now. A consumer may come back after its stream was forgotten: it goes
   *  where the name lives, which is here if it lives nowhere. */
  home(): StreamNode<T> {
    if (!this.#parent) return this;
    this.#parent = this.#parent.home();
    return this.#parent.get(this.id) ?? this;
  }

  /** Puts `kid` into the tree, or to the end of its row. */
  add(kid: Kid<T>): void {
    const kids = this.#kids;
    if (kids instanceof Map) {
      kids.delete(kid.id);
      kids.set(kid.id, kid);
    } else if (!kids || kids.id === kid.id) this.#kids = kid;
    else this.#kids = new Map([kids, kid].map((each) => [each.id, each]));
    if (this.#parent?.get(this.id) !== this) this.#parent?.add(this);
  }

  /** Takes the kid of that id out of the tree, and with the last one this node. */
  forget(id: Kid<T>['id']): void {
    const kids = this.#kids;
    if (kids instanceof Map) kids.delete(id);
    if (kids instanceof Map ? kids.size === 0 : kids?.id === id) this.#kids = undefined;
    if (!this.#kids && this.#parent?.get(this.id) === this) this.#parent.forget(this.id);
  }

  #hand(kid: Kid<T>, value: T, size: number, done: boolean): void {
    const receiver = kid.deref();
    if (receiver) receiver.write(value, size, done);
    else this.forget(kid.id);
  }

  /** Lets a consumer collect until the end of this macrotask. What waits behind an end marker is its own: it
   *  reads on there whenever it is read again. A kill leaves no position to keep. */
  #linger(consumer: Consumer<T>): void {
    afterMacrotask(() => {
      this.#parked?.delete(consumer);
      if (consumer.isAlive || (this.get(consumer.id) as unknown) !== consumer) return;
      if (consumer.state === 'killed') consumer.discard();
      this.forget(consumer.id);
    });
  }

  #list(): Kid<T>[] {
    const kids = this.#kids;
    if (kids instanceof Map) return [...kids.values()];
    return kids ? [kids] : [];
  }
}

/** Longest backlog of `consumers`, in packets; 0 when none waits. */
export function longestBacklog(consumers: Iterable<Consumer>): number {
  let max = 0;
  for (const consumer of consumers) max = Math.max(max, consumer.getBackpressure());
  return max;
}

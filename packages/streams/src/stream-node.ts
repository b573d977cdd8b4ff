import { Consumer, type ConsumerState, type ConsumerStats, State } from './consumer.js';
import { parseConsumerOptions, type TimeoutOrOptions } from './options.js';
import type { StreamRoot } from './stream-root.js';
import { weaken } from './weak-kid.js';

/** What is below a node: more nodes, or the consumers of one stream. They are there themselves; one that
 *  timed out has a stand-in. */
export interface Kid<T> {
  readonly id: string | number | undefined;
  /** Shows all consumers here to `visit`, also those that left and still collect. */
  each(visit: (consumer: Consumer<T>) => void): void;
}

/** A point of a tree of streams: at the root all that one owner has, below it a name or a group of names,
 *  at the bottom one stream with its consumers. Whatever can be asked of a stream can be asked of each.
 *  A node is in the tree only while there are consumers below it: writing to a name that nobody reads is a
 *  look-up. Any string is a name. */
export class StreamNode<T = any> {
  /** The name, by which its parent knows it; `undefined` at the root. */
  readonly id: string | undefined;
  #parent: StreamNode<T> | undefined;
  // One needs no table: a server has several nodes with a single kid for each idle socket.
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

  /** A node of that name outside the tree; its consumers go where the name lives, see `home`. */
  child(name: string): StreamNode<T> {
    return new StreamNode(name, this);
  }

  /** See `Kid`. */
  each(visit: (consumer: Consumer<T>) => void): void {
    const kids = this.#kids;
    if (kids instanceof Map) for (const kid of kids.values()) kid.each(visit);
    else kids?.each(visit);
  }

  /** Appends a value, or with `end` an end marker, for every consumer. `size` is passed to the meter. */
  write(value: T, size = 0, end?: ConsumerState): void {
    this.each((consumer) => consumer.write(value, size, end));
  }

  /** Appends an end marker: every current consumer reads its backlog, then ends with `value`. Later
   *  consumers and later writes are not affected. */
  close(value?: any): void {
    this.write(value, 0, State.ended);
  }

  /** Drops all backlogs and ends every current consumer at once with `value`. */
  kill(value?: any): void {
    this.each((consumer) => consumer.kill(value));
  }

  /** All registered consumers. */
  consumers(): Consumer<T>[] {
    const list: Consumer<T>[] = [];
    this.each((consumer) => {
      if (consumer.isAlive) list.push(consumer);
    });
    return list;
  }

  /** The registered consumer with that id, if it is here. */
  find(id: number): Consumer<T> | undefined {
    return this.consumers().find((consumer) => consumer.id === id);
  }

  /** Longest backlog of any consumer, in packets; 0 when there is none. */
  getBackpressure(): number {
    let max = 0;
    this.each((consumer) => {
      max = Math.max(max, consumer.getBackpressure());
    });
    return max;
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
    // Without a list: it is asked for every message of a socket.
    let count = 0;
    this.each((consumer) => {
      if (consumer.isAlive) count++;
    });
    return count;
  }

  /** A new cursor that buffers from now on. */
  createConsumer(timeoutOrOptions?: TimeoutOrOptions): Consumer<T> {
    return new Consumer<T>(this, parseConsumerOptions(timeoutOrOptions));
  }

  /** A new cursor without timeout. When a loop ended in this macrotask at an end marker that had packets
   *  queued behind it, the new one goes on there: restarting a loop after a close misses nothing. */
  createIterator(): AsyncIterator<T, any, undefined> {
    const consumer = this.createConsumer();
    const home = this.home();
    const [parked] = home.#parked ?? [];
    home.#parked?.delete(parked as Consumer<T>);
    for (let packet = parked?.rest; packet; packet = packet.rest) {
      consumer.write(packet.value, packet.size, packet.end);
    }
    return consumer as any;
  }

  /** Puts `consumer` where it belongs in `state`; returns the node that it belongs to. */
  place(consumer: Consumer<T>, state: ConsumerState): StreamNode<T> {
    const home = this.home();
    home.#parked?.delete(consumer);
    if (state === State.ended && consumer.rest) {
      home.#parked ??= new Set();
      home.#parked.add(consumer);
    }
    if (state === State.gone) home.forget(consumer.id);
    else home.add(state === State.asleep ? weaken(consumer, home) : consumer);
    return home;
  }

  /** The node that has this name now. A consumer may come back after its stream was forgotten: it goes
   *  where the name lives, which is here if it lives nowhere. */
  home(): StreamNode<T> {
    if (!this.#parent) return this;
    this.#parent = this.#parent.home();
    return this.#parent.get(this.id) ?? this;
  }

  /** Puts `kid` into the tree, and with the first one this node. */
  add(kid: Kid<T>): void {
    const kids = this.#kids;
    if (kids instanceof Map) kids.set(kid.id, kid);
    else if (!kids || kids.id === kid.id) this.#kids = kid;
    else this.#kids = new Map([[kids.id, kids]]).set(kid.id, kid);
    if (!kids) this.#parent?.add(this);
  }

  /** Takes the kid of that id out of the tree, and with the last one this node. */
  forget(id: Kid<T>['id']): void {
    const kids = this.#kids;
    if (kids instanceof Map ? kids.delete(id) && kids.size === 0 : kids?.id === id) {
      this.#kids = undefined;
      this.#parent?.forget(this.id);
    }
  }
}

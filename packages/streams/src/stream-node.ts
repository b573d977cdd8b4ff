import type { BacklogCounter } from './backlog.js';
import {
  addChild,
  type Child,
  type ChildId,
  type Children,
  findChild,
  removeChild,
} from './children.js';
import { Consumer, type ConsumerState } from './consumer.js';
import { ConsumerGroup } from './consumer-group.js';
import { parseConsumerOptions, type TimeoutOrOptions } from './options.js';
import { park, takeParked, unpark } from './parked-consumers.js';
import { standInFor } from './weak-consumer.js';

/** What the consumers of a whole tree share. */
export interface TreeRoot<T> extends BacklogCounter {
  /** An unused id for a consumer. */
  nextId(): number;
  /** `consumer` was registered, or is registered no longer. */
  onMoved(consumer: Consumer<T>): void;
  /** The backlog of `consumer` is long, and became longer. */
  onBacklogGrown(consumer: Consumer<T>): void;
  /** Takes the errors of callbacks; `undefined` when the owner of the streams does not. */
  readonly reportError: ((error: unknown) => void) | undefined;
}

/** A point of a tree of streams: at the root everything that one owner has, below it a name or a group of
 *  names, at the bottom one stream with its consumers. Whatever can be asked of a stream can be asked of
 *  every node. A node is in the tree only while there are consumers below it, so that writing to a name which
 *  nobody reads is one look-up. Any string is a name. */
export class StreamNode<T> extends ConsumerGroup<T> implements Child<T> {
  /** The name by which its parent knows it; `undefined` at the root. */
  readonly id: string | undefined;
  #parent: StreamNode<T> | undefined;
  #children: Children<T>;

  constructor(id?: string, parent?: StreamNode<T>) {
    super();
    this.id = id;
    this.#parent = parent;
  }

  /** The top of the tree. Not a field, so that an object which holds streams can be printed as JSON. */
  get root(): TreeRoot<T> {
    // Only the root has no parent, and it answers for itself.
    return (this.#parent as StreamNode<T>).root;
  }

  /** What statistics call the stream: the names from the root on. */
  get label(): string | undefined {
    const above = this.#parent?.label;
    return above === undefined ? this.id : `${above}/${this.id}`;
  }

  /** The node of that name, if there are consumers below it. */
  get(name: string): StreamNode<T> | undefined {
    // Only nodes have names; the ids of consumers are numbers.
    return this.childWith(name) as StreamNode<T> | undefined;
  }

  protected childWith(id: ChildId): Child<T> | undefined {
    return findChild(this.#children, id);
  }

  /** A node of that name which is not in the tree. Its consumers go to the node that is, see `attached`. */
  child(name: string): StreamNode<T> {
    return new StreamNode(name, this);
  }

  override forEachConsumer(visit: (consumer: Consumer<T>) => void): void {
    const children = this.#children;
    if (children instanceof Map)
      for (const child of children.values()) child.forEachConsumer(visit);
    else children?.forEachConsumer(visit);
  }

  /** A new cursor that buffers from now on. */
  createConsumer(timeoutOrOptions?: TimeoutOrOptions): Consumer<T> {
    return new Consumer<T>(this, parseConsumerOptions(timeoutOrOptions));
  }

  /** A new cursor without timeout. When a loop ended in this macrotask at an end marker that had packets
   *  queued behind it, the new one continues there, so restarting a loop after a close misses nothing. */
  createIterator(): AsyncIterator<T, any, undefined> {
    const consumer = this.createConsumer();
    const parked = takeParked<T>(this.attached());
    if (parked) consumer.resumeAt(parked);
    return consumer[Symbol.asyncIterator]();
  }

  /** Puts `consumer` where it belongs in its new state, and returns the node that it belongs to. */
  move(consumer: Consumer<T>, from: ConsumerState, to: ConsumerState): StreamNode<T> {
    const node = this.attached();
    if (from === 'ended') unpark(node, consumer);
    if (to === 'ended' && consumer.backlog.length > 0) park(node, consumer);
    if (to === 'gone') node.remove(consumer.id);
    else node.add(to === 'asleep' ? standInFor(consumer, node) : consumer);
    return node;
  }

  /** The node of this name that is in the tree, or this one if there is none. A consumer may come back after
   *  its stream left the tree and another took its place. */
  attached(): StreamNode<T> {
    if (this.id === undefined || !this.#parent) return this;
    this.#parent = this.#parent.attached();
    return this.#parent.get(this.id) ?? this;
  }

  /** Puts `child` below this node, and with the first one this node into the tree. */
  add(child: Child<T>): void {
    const wasEmpty = !this.#children;
    this.#children = addChild(this.#children, child);
    if (wasEmpty) this.#parent?.add(this);
  }

  /** Takes away the child of that id, and with the last one this node from the tree. */
  remove(id: ChildId): void {
    if (!this.#children) return;
    this.#children = removeChild(this.#children, id);
    if (!this.#children) this.#parent?.remove(this.id);
  }
}

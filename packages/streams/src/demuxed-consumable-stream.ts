import { ConsumableStream } from './consumable-stream.js';
import type { Consumer } from './consumer.js';
import type { TimeoutOrOptions } from './options.js';
import type { StreamNode } from './stream-node.js';

/** A readable handle for one name of a demux. Holding it buffers nothing. Only the owner of the demux can write,
 *  close and kill. */
export class DemuxedConsumableStream<T = any> extends ConsumableStream<T> {
  /** The name inside the demux. */
  readonly name: string;
  readonly #node: StreamNode<T>;

  /** @internal Use `demux.stream(name)`. */
  constructor(parent: StreamNode<T>, name: string) {
    super();
    this.#node = parent.child(name);
    this.name = name;
  }

  /** @internal */
  override get reportError(): ((error: unknown) => void) | undefined {
    return this.#node.root.reportError;
  }

  /** A new cursor that buffers from now on. `timeoutOrOptions`: ms, or `ConsumerOptions`. */
  override createConsumer(timeoutOrOptions?: TimeoutOrOptions): Consumer<T> {
    return this.#node.createConsumer(timeoutOrOptions);
  }

  /** A new cursor without timeout. It continues where a loop of this macrotask ended at a close, see
   *  `WritableConsumableStream`. */
  override [Symbol.asyncIterator](): AsyncIterator<T, any, undefined> {
    return this.#node.createIterator();
  }
}

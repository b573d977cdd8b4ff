import { BroadcastStream, inOrder } from './broadcast-stream.js';
import type { Consumer, ConsumerStats } from './consumer.js';

export type { WritableConsumableStreamOptions } from './broadcast-stream.js';

/** A stream with both ends: what is written reaches every consumer that exists at that moment, in order.
 *  Nothing is kept for nobody. Writing is synchronous, never throws and never runs reading code. */
export class WritableConsumableStream<T = any> extends BroadcastStream<T> {
  /** Appends a value for consumer `id` only. An unknown id has no effect. */
  writeToConsumer(id: number, value: T, size = 0): void {
    this.consumers.get(id)?.write(value, size);
  }

  /** `close` for consumer `id` only. An unknown id has no effect. */
  closeConsumer(id: number, value?: any): void {
    this.consumers.get(id)?.close(value);
  }

  /** `kill` for consumer `id` only. An unknown id has no effect. */
  killConsumer(id: number, value?: any): void {
    this.consumers.get(id)?.kill(value);
  }

  /** Backlog of consumer `id` in packets; 0 when unknown. */
  getConsumerBackpressure(id: number): number {
    return this.consumers.get(id)?.getBackpressure() ?? 0;
  }

  /** Statistics of consumer `id`; `undefined` when unknown. */
  getConsumerStats(id: number): ConsumerStats | undefined {
    return this.consumers.get(id)?.getStats();
  }

  /** All consumers, in order of creation (of their ids). */
  getConsumerList(): Consumer<T>[] {
    return inOrder(this.consumers);
  }

  /** Detaches consumer `id` as its `return()` does. `false` when it is unknown. */
  removeConsumer(id: number): boolean {
    const consumer = this.consumers.get(id);
    if (consumer === undefined) return false;
    consumer.return();
    return true;
  }
}

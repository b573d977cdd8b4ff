import { TimeoutError } from '@asyngular/errors';
import { Consumer } from './consumer.js';
import { parseConsumerOptions, type TimeoutOrOptions } from './options.js';
import { StreamRoot } from './stream-root.js';

/** A stream that can be read: every `for await` loop over it is an independent cursor that sees what is
 *  written after it began. Base of all streams; a subclass says how a cursor is created. */
export abstract class ConsumableStream<T = any> implements AsyncIterable<T> {
  /** A new cursor that buffers from now on. `timeoutOrOptions`: ms, or `ConsumerOptions`. */
  abstract createConsumer(timeoutOrOptions?: TimeoutOrOptions): Consumer<T>;

  /** @internal Takes what callbacks over this stream throw; `undefined` when it has no owner for that. */
  get reportError(): ((error: unknown) => void) | undefined {
    return undefined;
  }

  /** The same as `createConsumer`: a consumer is iterable itself. Kept for code written for version 6. */
  createConsumable(timeoutOrOptions?: TimeoutOrOptions): Consumer<T> {
    return this.createConsumer(timeoutOrOptions);
  }

  /** A new cursor without timeout, buffering from now on. */
  [Symbol.asyncIterator](): AsyncIterator<T, any, undefined> {
    // Not its own iterator: a subclass may create cursors that are not iterable. As to the type, see there.
    return this.createConsumer() as unknown as AsyncIterator<T, any, undefined>;
  }

  /** Waits for one packet, end packets included (`{ value, done: true }`), and detaches.
   *  Rejects with a `TimeoutError` when the timeout elapses. */
  async next(timeoutOrOptions?: TimeoutOrOptions): Promise<IteratorResult<T, any>> {
    const consumer = this.createConsumer(timeoutOrOptions);
    try {
      return await consumer.next();
    } finally {
      consumer.return();
    }
  }

  /** Waits for one value and detaches. When the stream ends first: with a timeout it rejects at once with a
   *  `TimeoutError`; without one it never settles (and keeps nothing alive), unless its signal aborts. */
  async once(timeoutOrOptions?: TimeoutOrOptions): Promise<T> {
    const packet = await this.next(timeoutOrOptions);
    if (!packet.done) return packet.value;
    const limits = parseConsumerOptions(timeoutOrOptions);
    if (limits?.timeout !== undefined) {
      throw new TimeoutError('Stream consumer operation timed out early because stream ended');
    }
    // Goes on waiting, at a stream that nobody writes to.
    const never = await new Consumer<never>(new StreamRoot(), limits).next();
    return never.value;
  }
}

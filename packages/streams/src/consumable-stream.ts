import type { Consumer } from './consumer.js';
import { createTimeoutError } from './errors.js';
import type { ConsumerOptions, TimeoutOrOptions } from './options.js';

/** A stream that can be read: every `for await` loop over it is an independent cursor that sees what is
 *  written after it began. Base of all streams; subclasses override `createConsumer`. */
export abstract class ConsumableStream<T = any> implements AsyncIterable<T, any, undefined> {
  /** A new cursor that buffers from now on. `timeoutOrOptions`: ms, or `ConsumerOptions`.
   *  Must be overridden: here it throws a `TypeError`. */
  createConsumer(_timeoutOrOptions?: TimeoutOrOptions): Consumer<T> {
    throw new TypeError('Method must be overriden by subclass');
  }

  /** The same as `createConsumer`: a consumer is iterable itself. Kept for code written for version 6. */
  createConsumable(timeoutOrOptions?: TimeoutOrOptions): Consumer<T> {
    return this.createConsumer(timeoutOrOptions);
  }

  /** A new cursor without timeout, buffering from now on. */
  [Symbol.asyncIterator](): AsyncIterator<T, any, undefined> {
    return this.createConsumer()[Symbol.asyncIterator]();
  }

  /** Waits for one packet, end packets included (`{ value, done: true }`), and detaches.
   *  Rejects with a `TimeoutError` when the timeout elapses. */
  next(timeoutOrOptions?: TimeoutOrOptions): Promise<IteratorResult<T, any>> {
    return readOne(this, timeoutOrOptions, false);
  }

  /** Waits for one value and detaches. When the stream ends first: with a timeout it rejects at once with a
   *  `TimeoutError`; without one it never settles (and keeps nothing alive), unless its signal aborts. */
  once(timeoutOrOptions?: TimeoutOrOptions): Promise<T> {
    return readOne(this, timeoutOrOptions, true);
  }
}

async function readOne(
  stream: ConsumableStream,
  options: TimeoutOrOptions,
  isValueWanted: boolean,
): Promise<any> {
  const consumer = stream.createConsumer(options);
  let packet: IteratorResult<any, any>;
  try {
    packet = await consumer.next();
  } finally {
    consumer.return();
  }
  if (!isValueWanted) return packet;
  if (!packet.done) return packet.value;
  if (consumer.timeout !== undefined) {
    throw createTimeoutError('Stream consumer operation timed out early because stream ended');
  }
  const signal = (options as ConsumerOptions | undefined)?.signal;
  return new Promise((_resolve, reject) => {
    const onAbort = () => reject(signal?.reason);
    if (signal?.aborted) onAbort();
    signal?.addEventListener('abort', onAbort);
  });
}

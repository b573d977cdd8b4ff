import type { ConsumableStream } from './consumable-stream.js';
import type { ConsumerOptions } from './options.js';

/** Options of `consume`. */
export interface ConsumeOptions extends ConsumerOptions {
  /** Called when the callback threw or the consumer rejected (timeout, limit, abort); reading has ended then.
   *  Default: the error becomes an unhandled rejection, as it would in a loop of your own. */
  onError?: (error: unknown) => void;
}

/** Reads `stream` with a callback instead of a loop, one value at a time: if the callback returns a promise, it
 *  is awaited. Reading ends when the stream ends. The returned function stops it at once and drops what waits; it
 *  may be called twice. */
export function consume<T>(
  stream: ConsumableStream<T>,
  callback: (value: T) => unknown,
  options?: ConsumeOptions,
): () => void {
  const consumer = stream.createConsumer(options);
  (async () => {
    for await (const value of consumer) await callback(value);
  })().catch(options?.onError);
  return () => {
    consumer.return();
  };
}

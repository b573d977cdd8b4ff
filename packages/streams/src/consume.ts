import type { ConsumableStream } from './consumable-stream.js';
import type { ConsumerOptions } from './options.js';

/** Options of `consume`. */
export interface ConsumeOptions extends ConsumerOptions {
  /** Told when the callback threw or the consumer rejected (timeout, limit, abort); the reading has ended
   *  then. Default: the error surfaces as an unhandled rejection, as it would from a loop of your own. */
  onError?: (error: unknown) => void;
}

/** Reads `stream` with a callback, for code that prefers that to a loop. One value at a time: a promise
 *  the callback returns is awaited. Ends when the stream ends. Returns a function that stops the reading
 *  at once, drops what waits, and may be called twice. */
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

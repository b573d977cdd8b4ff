import type { ConsumableStream } from './consumable-stream.js';
import type { ConsumerOptions } from './options.js';

/** Options of `consume`. */
export interface ConsumeOptions extends ConsumerOptions {
  /** Called when the callback threw, after which reading goes on, and when the consumer rejected (timeout, limit,
   *  abort), which ends it. Default: the owner of the stream reports the error, a socket as `error` and a server
   *  as `warning`. A stream of your own has no owner: there the error ends reading and is an unhandled
   *  rejection, as it would be in a loop. */
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
  const onError = options?.onError ?? stream.reportError;
  const run = async (value: T): Promise<void> => {
    await callback(value);
  };
  (async () => {
    for await (const value of consumer) await run(value).catch(onError);
  })().catch(onError);
  return () => {
    consumer.return();
  };
}

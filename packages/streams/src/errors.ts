/** A plain `Error` named `TimeoutError`: what every waiting operation of a stream rejects with when its
 *  timeout elapses. Recognise it by `error.name === 'TimeoutError'`. */
export type StreamTimeoutError = Error & { name: 'TimeoutError' };

/** A plain `Error` named `BacklogLimitError`: what a loop rejects with when its consumer was created with
 *  `overflow: 'error'` and a packet arrived while `highWaterMark` packets were waiting. */
export type BacklogLimitError = Error & { name: 'BacklogLimitError'; highWaterMark: number };

/** @internal A plain `Error` that is recognised by its name. */
export function createError<Name extends string, Details extends object>(
  name: Name,
  message: string,
  details?: Details,
): Error & { name: Name } & Details {
  return Object.assign(new Error(message), { name, ...details }) as any;
}

/** A plain `Error` named `TimeoutError`: what every waiting operation of a stream rejects with when its
 *  timeout elapses. Recognise it by `error.name === 'TimeoutError'`. */
export type StreamTimeoutError = Error & { name: 'TimeoutError' };

/** A plain `Error` named `BacklogLimitError`: what a loop rejects with when its consumer was created with
 *  `overflow: 'error'` and a packet arrived while `highWaterMark` packets were waiting. */
export type BacklogLimitError = Error & { name: 'BacklogLimitError'; highWaterMark: number };

/** @internal */
export function createTimeoutError(message: string): StreamTimeoutError {
  return Object.assign(new Error(message), { name: 'TimeoutError' as const });
}

/** @internal */
export function createBacklogLimitError(highWaterMark: number): BacklogLimitError {
  const message = `The highWaterMark of ${highWaterMark} packets was exceeded; read faster or raise it`;
  return Object.assign(new Error(message), { name: 'BacklogLimitError' as const, highWaterMark });
}

/** A plain `Error` named `TimeoutError`: what every waiting operation of a stream rejects with when its
 *  timeout elapses. Recognise it by `error.name === 'TimeoutError'`. */
export type StreamTimeoutError = Error & { name: 'TimeoutError' };

/** A plain `Error` named `BacklogLimitError`: what a loop rejects with when its consumer was created with
 *  `overflow: 'error'` and a packet arrived while `highWaterMark` packets were waiting. */
export type BacklogLimitError = Error & { name: 'BacklogLimitError'; highWaterMark: number };

/** @internal */
export function createTimeoutError(message: string): StreamTimeoutError {
  const error = new Error(message);
  error.name = 'TimeoutError';
  return error as StreamTimeoutError;
}

/** @internal */
export function createBacklogLimitError(highWaterMark: number): BacklogLimitError {
  const error = new Error(
    `The backlog of the stream consumer reached its highWaterMark of ${highWaterMark} packets and a ` +
      'packet was refused. Read faster, raise highWaterMark, or choose another overflow policy.',
  );
  error.name = 'BacklogLimitError';
  return Object.assign(error, { highWaterMark }) as BacklogLimitError;
}

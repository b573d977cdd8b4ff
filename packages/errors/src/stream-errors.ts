import { AsyngularError } from './asyngular-error.js';

/**
 * A consumer with `overflow: 'error'` fell too far behind: a packet arrived while `highWaterMark` packets
 * were waiting. What had been queued is delivered before the loop rejects.
 */
export class BacklogLimitError extends AsyngularError {
  override name = 'BacklogLimitError' as const;
  readonly code = 'ERR_BACKLOG_LIMIT';
  /** Packets that may wait, as the consumer was created. */
  readonly highWaterMark: number;

  constructor(message: string | undefined, highWaterMark: number, options?: ErrorOptions) {
    super(message, options);
    this.highWaterMark = highWaterMark;
  }
}

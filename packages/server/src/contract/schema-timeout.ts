import { TimeoutError } from '@asyngular/protocol';
import type { AwaitCheck } from '@asyngular/protocol/internal';
import { deadlines } from '../turns/deadlines.js';

/**
 * Lets an asynchronous schema take `timeoutMs` (0: for ever). What comes behind it waits for it, so that one that never
 * answered would end a socket's or a channel's messages without a word; after the time it has failed, as one that throws.
 */
export function schemaTimeout(timeoutMs: number, onTimeout: () => void): AwaitCheck {
  if (timeoutMs === 0) return (checked) => checked;
  return (checked, what) =>
    new Promise((resolve, reject) => {
      const giveUp = () => {
        onTimeout();
        reject(
          new TimeoutError(
            `${what} could not be checked: its schema did not answer within ${timeoutMs} ms (middlewareTimeout)`,
          ),
        );
      };
      const deadline = deadlines.add(timeoutMs, giveUp, undefined);
      const settled = () => deadlines.cancel(deadline);
      checked.then(resolve, reject);
      checked.then(settled, settled);
    });
}

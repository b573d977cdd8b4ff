import type { PublishOptions } from '@asyngular/client';
import { InvalidActionError } from '@asyngular/errors';
import type { Outbox, PublishResult } from './outbox.js';

/** What can be done about publications of this client. */
export interface Publishing<Args extends unknown[] = [data?: any, options?: PublishOptions]> {
  /**
   * Publishes. Without a connection the publication waits for one, in order; of up to 1,000 that wait or have failed,
   * the next one fails with a `QueueFullError`. Never rejects: it resolves with `{ error, data }`, where data has the
   * position on a channel with history. One that was sent when its connection broke is sent again where the channel
   * has history, which takes it once; elsewhere it has failed, since it may have been published.
   */
  readonly publish: (...args: Args) => Promise<PublishResult>;
  /** Publishes once more what has failed; `id` is that of the message. Does nothing for others. */
  readonly retry: (id: string) => void;
  /** Forgets what has failed. Does nothing for others. */
  readonly discard: (id: string) => void;
}

/** On no channel, a publication fails. */
export function publishingOn(outbox: Outbox, name: string | null): Publishing {
  return {
    publish: (data, options) =>
      name === null
        ? Promise.resolve({
            error: new InvalidActionError('There is no channel to publish on'),
            data: undefined,
          })
        : outbox.publish(name, data, options),
    retry: outbox.retry,
    discard: outbox.discard,
  };
}

import { AbortError, TimeoutError } from '@asyngular/errors';
import { isDevelopment } from '@asyngular/errors/internal';
import type { ConsumerOptions } from '@asyngular/streams';
import type { AGChannel } from './channel.js';

/**
 * Resolves once the channel is subscribed.
 * Rejects with the server's error, `AbortError` without a subscription, `TimeoutError`, or the signal's reason.
 */
export async function awaitSubscription(
  channel: AGChannel,
  { timeout, signal }: Pick<ConsumerOptions, 'timeout' | 'signal'>,
): Promise<void> {
  const refusals = channel.listener('subscribeFail').createConsumer();
  const changes = channel.listener('subscribeStateChange').createConsumer({ timeout, signal });
  try {
    while (channel.state === 'pending') {
      await changes.next();
    }
    // A refusal follows its change of state in the same step.
    if (refusals.getBackpressure() > 0) {
      throw (await refusals.next()).value.error;
    }
    if (channel.state !== 'subscribed') {
      throw new AbortError(
        isDevelopment ? `The channel ${channel.name} has no subscription` : channel.name,
      );
    }
  } catch (error) {
    throw isDevelopment && error instanceof TimeoutError
      ? new TimeoutError(`The channel ${channel.name} was not subscribed within ${timeout} ms`)
      : error;
  } finally {
    refusals.return();
    changes.return();
  }
}

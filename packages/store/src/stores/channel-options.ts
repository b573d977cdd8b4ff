import type { SubscribeOptions } from '@asyngular/client';

/**
 * How a channel is subscribed to, when it is not yet: of several users of one channel, the first one says it. See
 * `SubscribeOptions` of the client.
 */
export interface ChannelOptionsOfStores
  extends Pick<SubscribeOptions, 'waitForAuth' | 'priority' | 'data' | 'rewind'> {}

/** The options for the client; `since` takes the place of a rewind. */
export function subscribeOptions(
  { waitForAuth, priority, data, rewind }: ChannelOptionsOfStores,
  since?: string,
): SubscribeOptions {
  return since === undefined
    ? { waitForAuth, priority, data, rewind }
    : { waitForAuth, priority, data, since };
}

import type { ConsumerStats } from './consumer.js';
import { afterDelay } from './platform.js';
import type { StreamFamily, StreamOptions } from './stream-options.js';

const checkInterval = 1_024;
const patienceMs = 10_000;

/** What is watched of a consumer. */
interface Watched {
  readonly isAlive: boolean;
  readonly backlog: { readonly oldest: object | undefined };
  getStats(): ConsumerStats;
}

// Those that are being watched, or were reported. Nothing here keeps a consumer or its packets in memory.
const watched = /* @__PURE__ */ new WeakSet<Watched>();

/** Whether a backlog is looked at when its length has become `length`: at every multiple of 1,024 packets. */
export function isWatchedLength(length: number): boolean {
  // Cheaper than a remainder, since this happens at every write.
  return (length & (checkInterval - 1)) === 0;
}

/** Calls `onUnreadConsumer` after a while if `consumer` has read nothing until then; once for each consumer. */
export function watchReading(
  consumer: Watched,
  options: StreamOptions | undefined,
  family: StreamFamily | undefined,
): void {
  const { oldest } = consumer.backlog;
  if (!options?.onUnreadConsumer || !oldest || watched.has(consumer)) return;
  watched.add(consumer);
  const consumerThen = new WeakRef(consumer);
  const oldestThen = new WeakRef(oldest);
  afterDelay(patienceMs, () => {
    const consumerNow = consumerThen.deref();
    if (!consumerNow) return;
    const isUnread = consumerNow.backlog.oldest === oldestThen.deref();
    if (!consumerNow.isAlive || !isUnread) {
      watched.delete(consumerNow);
      return;
    }
    options.onUnreadConsumer?.({ ...consumerNow.getStats(), ...(family && { family }) });
  });
}

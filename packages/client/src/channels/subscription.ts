import type { ChannelOptions, ChannelState, SubscribeOptions } from '@asyngular/channels';
import { type Context, ownedData } from '../context.js';
import { defined } from '../defined.js';
import type { LogPlace } from './log-place.js';

/**
 * Shortest wait for an answer. A tiny `ackTimeout` means that calls may fail fast, not that the server should be asked
 * in a loop.
 */
export const MIN_WAIT_MS = 1_000;

/** A channel that the application wants. Unsubscribed channels have no subscription. */
export interface Subscription {
  readonly name: string;
  readonly state: ChannelState;
  readonly wish: ChannelOptions;
  readonly log: LogPlace;
  /** Forgets the request that the server has not answered yet; undefined when there is none. */
  readonly forget?: (() => void) | undefined;
  /** The server that the socket has moved to does not know of it yet. */
  readonly isMoving?: boolean;
}

/** The same for the part that keeps subscriptions. */
export interface MutableSubscription extends Subscription {
  state: ChannelState;
  wish: ChannelOptions;
  forget?: (() => void) | undefined;
  /** The application has not asked for it, so it ends with the connection. */
  isByServer?: boolean;
  isMoving?: boolean;
  /** The server was asked once, so that no answer of it can have got lost; and it knows logs. */
  isNew?: boolean;
}

/** The server has confirmed it, or is being asked: it handles what follows after that. */
export function isKnownToServer({ state, isMoving, forget }: Subscription): boolean {
  return forget !== undefined || (state === 'subscribed' && !isMoving);
}

/** Known members only, so that a hostile `__proto__` in parsed JSON stays behind. */
export function copyOptions(context: Context, options?: SubscribeOptions | null): ChannelOptions {
  const { waitForAuth, priority, data, orThrow, rewind, since, mode } = options ?? {};
  return ownedData(
    context,
    defined({
      waitForAuth: Boolean(waitForAuth),
      priority,
      data,
      orThrow: orThrow || undefined,
      rewind,
      since,
      mode,
    }),
  );
}

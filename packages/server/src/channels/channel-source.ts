import type { ChannelEvents } from '@asyngular/channels';
import type { Publication } from '../outbound/publication.js';

/** What an `#interruption` says; `position` on channels with a log. */
export type InterruptionDetails = ChannelEvents['interruption'] & { readonly channel?: string };

/** A socket, as the hub sees it. */
export interface Subscriber {
  /** The application's side of it. */
  readonly socket?: object;
  /** Delivers one publication; the fast path of fan-out. */
  deliver(publication: Publication): void;
  /** Its unsent bytes are above the high-water mark. */
  readonly isSlow: boolean;
  /** Closes it with 4011: it cannot take what it would have to get. */
  closeSlow(): void;
  /** Tells the client that publications may be missing; see docs/protocol.md P12.6 and P14.11. */
  interrupted(details: InterruptionDetails): void;
}

/** Where the publications of other servers come from; a broker is one. */
export interface ChannelSource {
  subscribe(channel: string): void | Promise<void>;
  unsubscribe(channel: string): void | Promise<void>;
  /** A socket is not subscribed to the channel any more. */
  left?(channel: string, subscriber: Subscriber): void;
}

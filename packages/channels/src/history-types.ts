/**
 * Options of a publication. `id` and `retry` have an effect on recoverable channels only, those for which the server keeps
 * history (its option `channels`).
 */
export interface PublishOptions {
  /**
   * Who does not get the publication although subscribed, neither now nor when missed publications are delivered: `'self'`,
   * on a client, is the client that publishes, over all its connections; on the exchange it is a socket of the server.
   * `history()` has it. A client whose server does not know this sends nothing: `NotSupportedError`.
   */
  except?: 'self' | { readonly id: string };
  /**
   * 1 to 64 characters. A second publication with the same id on the channel is not published within the server's
   * `idempotencyWindow` (120 s), and is answered like the first. Refused where the channel has no history. Default:
   * the client makes one, so that it can publish again what had no answer.
   */
  id?: string;
  /**
   * Publish again on the next connection what had no answer on the last one, until `ackTimeout`. Without a meaning
   * on the exchange, which waits for its broker anyway. Default `true`.
   */
  retry?: boolean;
}

/** What became of a publication on a recoverable channel. */
export interface Published {
  /** Where it stands in the channel's log, or where the first publication with its id stands. */
  position: string;
  /** A publication with the same id was there already, and this one was not published. */
  duplicate: boolean;
}

/** One publication with its place in the channel's log. */
export interface PastPublication<Data = any> {
  data: Data;
  /** Text to compare with `===` and to store; what it says is the server's business. At most 128 characters. */
  position: string;
}

/** Which piece of a channel's log to read; at most one of `before` and `after`. Neither: the newest publications. */
export interface HistoryOptions {
  /** Publications, 1 or more; the page may be shorter. Default 100. */
  limit?: number;
  /** The newest ones before this position. */
  before?: string;
  /** The first ones after this position. */
  after?: string;
  /** Which one of the page comes first in the list. Default `'newest'`. */
  order?: 'newest' | 'oldest';
}

/** A piece of a channel's log, without a hole. */
export interface ChannelHistory<Data = any> {
  /** In the order that was asked for. */
  publications: readonly PastPublication<Data>[];
  /** Where the log ends, also when it is empty. */
  position: string;
  /** There is more beyond the page: older publications, or newer ones with `after`. */
  hasMore: boolean;
}

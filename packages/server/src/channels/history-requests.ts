import type { LogPosition, PublishOrigin } from '@asyngular/broker';

/** How a subscription to a recoverable channel begins. */
export interface SubscribeRequest {
  /** The last position that the subscriber has; `null`: one that this library did not write. */
  readonly recover?: LogPosition | null | undefined;
  /** For how long it has been away, in ms. */
  readonly awayMs?: number | undefined;
  /** Publications to begin with, if it does not recover; at most, and by default, the pattern's. */
  readonly rewind?: number | undefined;
  /** A position that cannot be reached refuses the subscription. */
  readonly isStrict?: boolean | undefined;
}

/** A subscription that is about to begin. */
export interface Subscribed {
  /** Where the log ends. */
  readonly position: string;
  /** Whether everything after the position asked for follows; `undefined` when none was. */
  readonly recovered: boolean | undefined;
  /** Publications that follow although they are older; 0 when it recovers. */
  readonly rewind: number;
  /**
   * Lets publications come: those that are older, then those that are new. Called once the answer has been
   * sent, so that nothing overtakes it; later than in the same turn does no harm.
   */
  begin(): void;
}

/** What a publication may have beside its data. */
export interface PublishRequest {
  /** 1 to 64 characters. */
  readonly id?: string | undefined;
  /** Whose publication it is; once it has left, what waits for the broker is dropped. */
  readonly origin?: PublishOrigin | undefined;
}

/** Which piece of a log to read. At most one of `before` and `after`. */
export interface HistoryQuery {
  readonly limit: number;
  readonly before?: LogPosition | null | undefined;
  readonly after?: LogPosition | null | undefined;
  /** Which publication of the page comes first. */
  readonly order: 'newest' | 'oldest';
  /** Bytes of the publications together, about; one comes in any case. Default 256 KiB. */
  readonly maxBytes?: number | undefined;
}

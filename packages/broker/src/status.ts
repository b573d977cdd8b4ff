/**
 * - `idle`: not started.
 * - `connecting`: not usable, trying; also while reconnecting. Publishes and subscribes wait.
 * - `connected`: usable, all subscriptions in place.
 * - `closed`: ended by `close()`; for good.
 */
export type BrokerStatus = 'idle' | 'connecting' | 'connected' | 'closed';

/** Why messages may have been missed. More may be added. */
export type InterruptionReason =
  /** The connection to the broker was lost and is back (cut, restart, slow consumer, lame duck). */
  | 'reconnected'
  /** A publisher's sequence shows that messages of a channel did not arrive. */
  | 'sequence-gap'
  /** Another node could not be heard for a while, though both were connected. */
  | 'node-unheard'
  | (string & {});

/** The broker became usable or stopped being so. */
export interface BrokerStatusEvent {
  readonly type: 'status';
  readonly from: BrokerStatus;
  readonly to: BrokerStatus;
  /** What caused it, in words, and the error behind it if there was one. */
  readonly reason: string;
  readonly error?: Error;
}

/**
 * Messages may have been missed. Announced when the loss is over, so that listeners can fetch
 * what it lacks now. A message lost outside any announced interruption is a bug in the broker.
 */
export interface BrokerInterruptionEvent {
  readonly type: 'interruption';
  /** The channel concerned; `undefined` means every subscribed channel. */
  readonly channel: string | undefined;
  /** Publisher whose messages are missing; `undefined` means any. */
  readonly node: string | undefined;
  /**
   * The broker accepted the missing messages between these times, in ms of this node's `Date.now()`. Wide
   * rather than narrow: `since` reaches back to where everything is known to have arrived.
   */
  readonly since: number;
  readonly until: number;
  readonly reason: InterruptionReason;
}

/** Something failed in the background, such as one attempt to connect. The broker carries on. */
export interface BrokerWarningEvent {
  readonly type: 'warning';
  readonly error: Error;
}

/** What a broker reports beside messages; told apart by `type`. */
export type BrokerEvent = BrokerStatusEvent | BrokerInterruptionEvent | BrokerWarningEvent;

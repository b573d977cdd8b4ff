/** A channel's name, or `null` for the control lane on which the nodes of a fleet hear each other. */
export type Lane = string | null;

/** What a transport reports to the broker built on it. None of them throws. */
export interface TransportEvents {
  /** Connected, for the first time or again. `subscribe()` with every lane follows. */
  onConnected(): void;
  /**
   * The connection is gone and the transport is trying to get it back. `lossy`: messages for this node
   * may be lost from now on (false when only the publishing side is affected). Repeats are harmless.
   */
  onDisconnected(reason: string, lossy: boolean, error?: Error): void;
  onMessage(lane: Lane, data: Uint8Array): void;
  /** An attempt failed, or the service complained; the transport carries on. */
  onWarning(error: Error): void;
}

/**
 * The part of a broker that knows a wire: moves envelopes, reconnects, and says when it was away. All
 * else (queue, order, sequences, gaps, probing) is `FleetBroker`'s.
 */
export interface BrokerTransport {
  readonly name: string;
  /** Starts connecting and keeps at it until `close()`. */
  open(events: TransportEvents): void;
  /**
   * Writes at once, so that calls keep their order. Resolves when the service accepted the data, rejects
   * with `ConnectionLostError` or with the service's refusal. Only called while connected.
   */
  send(lane: Lane, data: Uint8Array): Promise<void>;
  /**
   * Resolves when the service has confirmed every lane. After each `onConnected` it is called with all
   * of them, otherwise with new ones; lanes already in place are no error.
   */
  subscribe(lanes: readonly Lane[]): Promise<void>;
  unsubscribe(lane: Lane): Promise<void>;
  /** A round trip on every connection, behind everything already on its way to this node. */
  probe(): Promise<void>;
  /** Drops connections that do not answer any more and connects again. */
  reset(): void;
  /** Flushes what was sent, then frees what the transport opened. Never rejects. */
  close(): Promise<void>;
}

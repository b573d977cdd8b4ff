/** Options of `transmit`. */
export interface TransmitOptions {
  /**
   * Give up after this many ms if the message is still unsent, with a `transmitDropped` event. Default: wait
   * for the next connection.
   */
  ackTimeout?: number | null | undefined;
}

/** Options of `invoke`. */
export interface InvokeOptions {
  /**
   * Reject with `TimeoutError` after this many ms, counted from the call. Default: the socket's; null and
   * `Infinity` mean no limit.
   */
  ackTimeout?: number | null | undefined;
  /**
   * Wait for a connection as long as `ackTimeout` allows, over attempts that fail. Default: the socket's
   * `waitForConnection`. What is sent already fails with its connection in any case.
   */
  wait?: boolean | undefined;
  /** Aborting rejects with the signal's reason; what the server already does goes on. */
  signal?: AbortSignal | undefined;
}

/** What `transmitPublish` and `invokePublish` add to a message. */
export interface PublicationOptions {
  readonly publicationId?: string | undefined;
  readonly repeats?: boolean | undefined;
  /** Comes to all subscribers but this client. */
  readonly exceptsSelf?: boolean | undefined;
}

import type { CallMessage } from './message.js';

/** Options of `transmit`. */
export interface TransmitOptions {
  /**
   * Give up after this many ms if the message is still unsent, with a `transmitDropped` event. Default: wait
   * for the next connection.
   */
  ackTimeout?: number | null | undefined;
}

/** Options of `invoke`. */
export interface InvokeOptions<Item = any> {
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
  /**
   * Aborting rejects with the signal's reason, and the server's handler hears of it. With the signal of a handler of
   * Asyngular the call has the deadline of that handler's call, too.
   */
  signal?: AbortSignal | undefined;
  /** Sent along, item by item, as the server reads it. Ends with the answer. */
  body?: AsyncIterable<Item> | undefined;
}

/** Options of `stream`; `ackTimeout` counts until the stream opens. */
export interface StreamOptions<Data = any, Item = any, BodyItem = any>
  extends InvokeOptions<BodyItem> {
  /** End the loop with `TimeoutError` after this many ms altogether. Default: no limit. */
  timeout?: number | null | undefined;
  /** Items that may wait to be read; the server stops there. Default: the socket's `streamHighWaterMark`. */
  highWaterMark?: number | undefined;
  /**
   * When the connection is lost, goes on after the reconnect with a call whose data are what this makes of the last
   * item, `undefined` if there was none. Default: the loop ends with `BadConnectionError`. Without an effect beside
   * `body`.
   */
  resume?: ((last: Item | undefined) => Data) | undefined;
}

/** What `transmitPublish` and `invokePublish` add to a message. */
export interface PublicationOptions {
  readonly publicationId?: string | undefined;
  readonly repeats?: boolean | undefined;
  /** Comes to all subscribers but this client. */
  readonly exceptsSelf?: boolean | undefined;
}

/** What a stream adds to its call. */
export type StreamCall = Pick<CallMessage, 'reader' | 'credit' | 'restart'>;

import type { ResponsePacket } from '@asyngular/protocol';
import type { StreamProducer } from '@asyngular/protocol/internal';
import type { ConnectionState } from '../connection/connection-state.js';
import type { Link } from '../connection/link.js';
import type { Serving } from './client-calls.js';
import type { Caller, CallMessage, ErrorOf, Message, TransmitMessage } from './message.js';
import type { Outlet } from './outlet.js';
import type { Pressure } from './pressure.js';
import type {
  InvokeOptions,
  PublicationOptions,
  StreamCall,
  TransmitOptions,
} from './request-options.js';

/**
 * What the application sends: a FIFO buffer while there is no connection or a full one, and the calls in
 * flight. The buffer is empty whenever the connection is ready, so order is never lost. Calls take callbacks
 * rather than promises, because replies to `#handshake`, `#subscribe` and `#authenticate` must take
 * effect before the next packet of the same batch.
 */
export interface Requests {
  /** Messages and calls that wait for a connection, or for a full one to drain. */
  readonly unsent: { readonly size: number };

  /** The application's own calls that have no answer yet, sent or not. */
  waitingCalls(): readonly object[];

  /** One-way message. Never throws: what cannot be sent is reported by `transmitDropped` or `error`. */
  transmit(
    event: string,
    data?: unknown,
    options?: TransmitOptions,
    publication?: PublicationOptions,
  ): void;

  /**
   * Remote call.
   * @throws InvalidArgumentsError for a name that is no string or an option that cannot work, and what
   *   cloning the data throws
   */
  call(
    event: string,
    data: unknown,
    options: InvokeOptions | undefined,
    caller: Caller,
    extra?: PublicationOptions | StreamCall,
  ): CallMessage | undefined;

  /** Whether the call was sent, and has no answer yet. */
  isInFlight(message: CallMessage): boolean;

  /** Nobody waits for the answer any more; the server hears of it. */
  withdraw(message: CallMessage, error: unknown): void;

  /** What sends the body of a call of ours. */
  producerOf(id: number): StreamProducer | undefined;

  /**
   * Sends a call at once, past the buffer: handshake and subscriptions; on `link` instead of the connection in use, if
   * given. Returns the function that forgets it, after which `caller` is not called any more.
   */
  callNow(event: string, data: unknown, timeoutMs: number, caller: Caller, link?: Link): () => void;

  /** The message will not be sent, or the call not be answered. */
  giveUp(message: TransmitMessage | CallMessage, error: unknown): void;

  /** The connection was already closing when these were to be written. */
  onUnwritten(messages: readonly Message[]): void;

  /** A reply arrived; one that is late or made up is ignored. */
  settle(response: ResponsePacket): void;

  /** Sends what waits, in the order of the calls, as far as the connection takes it. */
  flush(): void;

  /** The connection is gone: the calls in flight on it fail, and what is batched if it was in use. */
  onConnectionLost(loss: ErrorOf, link: Link): void;

  /**
   * The socket goes on with another connection than `old`. What it has asked there of its own accord it asks again, and
   * a login; the application's calls end where they were made.
   */
  onMoved(old: Link): void;

  /** Whether calls wait for answers that come over the connection. */
  isAwaiting(link: Link): boolean;

  /**
   * Decides on what is unsent after a connection ended: transmits, and calls that wait for a connection, wait for
   * the next one if it will be tried; all others fail, or are dropped and reported.
   */
  onAttemptEnded(loss: ErrorOf, willRetry: boolean): void;

  /** The application discarded a batch. */
  onBatchCancelled(messages: Message[]): void;
}

/** What else of the socket requests use. */
export interface RequestsNeeds {
  readonly connection: ConnectionState;
  readonly outlet: Outlet;
  readonly pressure: Pick<Pressure, 'isFull'>;
  readonly serving: Serving;
  /** Comes before each message of the application: it may have to connect first. */
  prepareToSend(): void;
}

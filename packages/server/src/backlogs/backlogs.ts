import type { BacklogLimitError } from '@asyngular/errors';
import type { MeteredConsumer, StreamOptions, UnreadConsumer } from '@asyngular/streams';
import { BacklogAccount } from './backlog-account.js';
import { BacklogGate } from './backlog-gate.js';
import { lagWarning, stuckWarning, unreadWarning } from './unread-warning.js';

/** The bounds of what waits in streams; docs/security.md. */
export interface BacklogLimits {
  readonly maxBacklogBytesTotal: number;
  readonly exchangeHighWaterMark: number;
  readonly exchangeHighWaterMarkBytes: number;
  readonly eventHighWaterMark: number;
}

/** The bounds that are counted when they are reached. */
type CountedLimit = Exclude<keyof BacklogLimits, 'exchangeHighWaterMarkBytes'>;

/** What reports that a bound was reached. */
export interface BacklogReporter {
  readonly limits: { add(limit: CountedLimit): void };
  emitWarning(warning: unknown): void;
}

/** The connection of a client that causes events of the server. */
export interface EventCause {
  readonly isClosed: boolean;
  readonly signal: AbortSignal;
  readonly inbound: { delay(until: Promise<void>): Promise<void> };
}

/** A loop over events that has read nothing for so long, in ms, holds nobody up any more. */
const EVENT_PATIENCE_MS = 10_000;

/** What every client causes, however it behaves. */
const clientEvents = ['handshake', 'connection', 'disconnection', 'connectionAbort', 'closure'];

/** Pause between warnings of loops that lag, in ms. */
const WARNING_PAUSE_MS = 60_000;

/**
 * The streams of a server that a client's traffic can fill although they are not its own: how much waits in
 * them, and who is held up by it.
 */
export class Backlogs {
  /** What waits in all streams, those of sockets included. */
  readonly account: BacklogAccount;
  /** The channels of the exchange: clients wait with what they publish. */
  readonly exchange: BacklogGate;
  /** Events of the server: the clients that cause them wait. */
  readonly events: BacklogGate;
  /** Events of the broker engine: the clients that publish wait. */
  readonly brokerEvents: BacklogGate;
  /** Set as soon as there is a server. */
  reporter: BacklogReporter | undefined;
  #lagWarningAt = 0;

  constructor(limits: BacklogLimits) {
    this.account = new BacklogAccount(limits.maxBacklogBytesTotal, (error) => this.#onShed(error));
    this.exchange = new BacklogGate({
      account: this.account,
      kind: 'a loop over the exchange channel',
      maxMessages: limits.exchangeHighWaterMark,
      maxBytes: limits.exchangeHighWaterMarkBytes,
      patienceMs: Number.POSITIVE_INFINITY,
      onLag: (consumer) => this.#onLag('exchangeHighWaterMark', 'exchange channel', consumer),
    });
    const events = {
      account: this.account,
      maxMessages: limits.eventHighWaterMark,
      maxBytes: limits.maxBacklogBytesTotal / 8,
      patienceMs: EVENT_PATIENCE_MS,
    };
    this.events = new BacklogGate({
      ...events,
      kind: 'a loop over the server event',
      onLag: (consumer) => this.#onLag('eventHighWaterMark', 'server event', consumer),
    });
    this.brokerEvents = new BacklogGate({
      ...events,
      kind: 'a loop over the broker event',
      onLag: (consumer) => this.#onLag('eventHighWaterMark', 'broker event', consumer),
    });
  }

  /** Settles when a client may publish on `channel` again, or is gone; `undefined`: it may do so now. */
  roomToPublish(
    channel: string,
    client: { readonly signal: AbortSignal },
  ): Promise<void> | undefined {
    const { exchange, brokerEvents } = this;
    if (exchange.isHigh(channel)) return exchange.whenLow(channel, client.signal);
    if (brokerEvents.isHigh('publish')) return brokerEvents.whenLow('publish', client.signal);
    return undefined;
  }

  /** A client has caused an event of the server: while a loop over it lags, nothing more is taken from it. */
  slowDown(client: EventCause, event: string): void {
    if (!this.events.isHigh(event) || client.isClosed) return;
    void client.inbound.delay(this.events.whenLow(event, client.signal));
  }

  /** Whether a loop over clients that come or go lags: each new one would cause more of these events. */
  get isBehindWithClients(): boolean {
    return clientEvents.some((event) => this.events.isHigh(event));
  }

  /** Options of streams that nobody can be held up for: what waits there counts in the account only. */
  counted(kind: string): StreamOptions {
    const { account } = this;
    return {
      meter: {
        add: (size, consumer) => account.add(size, consumer, kind),
        remove: (size, consumer) => account.remove(size, consumer),
      },
      onUnreadConsumer: (consumer) => this.reportUnread(consumer, kind),
      onCallbackError: (error) => this.#reportError(error),
    };
  }

  /** Options of streams that `gate` guards. */
  guarded(gate: BacklogGate, owner: string): StreamOptions {
    return {
      meter: gate,
      onUnreadConsumer: (consumer) => this.reportUnread(consumer, owner),
      onCallbackError: (error) => this.#reportError(error),
    };
  }

  #reportError(error: unknown): void {
    this.reporter?.emitWarning(error);
  }

  /** A consumer was not read for long while much waits for it. */
  reportUnread(consumer: UnreadConsumer, owner: string): void {
    this.reporter?.emitWarning(unreadWarning(consumer, owner));
  }

  /** A socket is not read from, and its application consumes nothing of what waits. */
  reportStuck(socketId: string, messages: number): void {
    this.reporter?.emitWarning(stuckWarning(socketId, messages));
  }

  #onShed(error: BacklogLimitError): void {
    this.reporter?.limits.add('maxBacklogBytesTotal');
    this.reporter?.emitWarning(error);
  }

  #onLag(limit: CountedLimit, kind: string, consumer: MeteredConsumer): void {
    this.reporter?.limits.add(limit);
    const now = performance.now();
    if (now < this.#lagWarningAt) return;
    this.#lagWarningAt = now + WARNING_PAUSE_MS;
    // Not from within the write that made it lag.
    queueMicrotask(() => this.reporter?.emitWarning(lagWarning(limit, kind, consumer)));
  }
}

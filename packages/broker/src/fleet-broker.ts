import { BrokerStateError, BrokerUnavailableError, ConnectionLostError } from '@asyngular/errors';
import type { Broker, BrokerPayload, BrokerSink, BrokerStats } from './broker.js';
import type { BrokerTransport, TransportEvents } from './broker-transport.js';
import { encodeEnvelope, envelopeKinds } from './envelope.js';
import { FleetReceiver } from './fleet-receiver.js';
import { createNodeId } from './node-id.js';
import type { FleetOptions } from './options.js';
import {
  FORGET_AFTER_MS,
  MAX_LEDGER_CHANNELS,
  MAX_TAILS_PER_BEAT,
  resolveFleetOptions,
  TRANSIT_MARGIN_MS,
} from './options.js';
import { PublishLedger } from './publish-ledger.js';
import { type PendingPublish, PublishQueue } from './publish-queue.js';
import type { BrokerEvent, BrokerStatus } from './status.js';
import { type Subscription, SubscriptionTable } from './subscription-table.js';
import { withTimeout } from './with-timeout.js';

/** Restoring subscriptions may take so many probe timeouts: there can be 100,000 of them. */
const RESTORE_PATIENCE = 6;

/**
 * A broker between processes, over any `BrokerTransport`: queues and numbers what goes out, restores
 * subscriptions after a reconnect, and announces whatever may have been missed.
 *
 * ```
 * idle ─start()─▶ connecting ─onConnected, all lanes subscribed─▶ connected ─close()─▶ closed
 *                     ▲────────────── onDisconnected ─────────────────┘
 * ```
 */
export class FleetBroker implements Broker {
  /** The transport's name. */
  readonly name: string;
  /** Id of this node, new for every instance. */
  readonly node = createNodeId();
  readonly #transport: BrokerTransport;
  readonly #options: Required<FleetOptions>;
  readonly #queue: PublishQueue;
  readonly #ledger = new PublishLedger(MAX_LEDGER_CHANNELS);
  readonly #subscriptions: SubscriptionTable;
  readonly #receiver: FleetReceiver;
  #sink: BrokerSink | undefined;
  #status: BrokerStatus = 'idle';
  #closing: Promise<void> | undefined;
  #firstConnection: { resolve: () => void; reject: (error: Error) => void } | undefined;
  /** Counts connections and losses; answers that belong to an older one are ignored. */
  #generation = 0;
  #wasConnected = false;
  /** Everything accepted by the service before this time (monotonic) has arrived here. */
  #provenAt = 0;
  /** Set while messages may be getting lost: the begin of the interruption to announce. */
  #lossSince: number | undefined;
  #isProbing = false;
  #beatTimer: ReturnType<typeof setInterval> | undefined;
  #published = 0;

  /** Throws `InvalidOptionsError` for impossible options. Does not connect yet. */
  constructor(transport: BrokerTransport, options: FleetOptions = {}) {
    this.name = transport.name;
    this.#transport = transport;
    this.#options = resolveFleetOptions(options);
    this.#queue = new PublishQueue(this.#options);
    this.#subscriptions = new SubscriptionTable(this.#options.timeoutMs, (channel) =>
      this.#giveBack(channel),
    );
    this.#receiver = new FleetReceiver(this.node, this.#subscriptions);
  }

  /** See `BrokerStatus`; every change is also an event. */
  get status(): BrokerStatus {
    return this.#status;
  }

  /** Opens the transport; see `Broker.start()`. */
  start(sink: BrokerSink): Promise<void> {
    if (this.#status !== 'idle' || this.#closing) {
      throw new BrokerStateError(
        `This broker is ${this.#closing ? 'closed' : this.#status} and cannot be started again; give every server its own broker`,
      );
    }
    this.#sink = sink;
    this.#receiver.sink = sink;
    const connected = new Promise<void>((resolve, reject) => {
      this.#firstConnection = { resolve, reject };
    });
    this.#setStatus('connecting', 'started');
    this.#transport.open({
      onConnected: () => void this.#restore(),
      onDisconnected: (reason, lossy, error) => this.#onDisconnected(reason, lossy, error),
      onMessage: (lane, data) => this.#receiver.receive(lane, data),
      onWarning: (error) => this.#emit({ type: 'warning', error }),
    } satisfies TransportEvents);
    return connected;
  }

  /** Queues a message until the service has accepted it; see `Broker.publish()`. */
  publish(channel: string, payload: BrokerPayload): Promise<void> {
    const refusal = this.#refusal('publish');
    if (refusal) return Promise.reject(refusal);
    return this.#queue.add(channel, payload, (entry) => {
      if (this.#status === 'connected') this.#transmit(entry);
    });
  }

  /** Settles when the service has confirmed the channel; see `Broker.subscribe()`. */
  subscribe(channel: string): void | Promise<void> {
    const refusal = this.#refusal('subscribe');
    if (refusal) return Promise.reject(refusal);
    const existing = this.#subscriptions.get(channel);
    if (existing) return existing.waiter?.promise;
    const subscription = this.#subscriptions.add(channel);
    if (this.#status === 'connected') this.#confirm(subscription);
    return subscription.waiter?.promise;
  }

  /** Gives a channel back; see `Broker.unsubscribe()`. */
  unsubscribe(channel: string): void | Promise<void> {
    if (this.#subscriptions.remove(channel)) return this.#giveBack(channel);
  }

  /** Counters since `start()`. */
  stats(): BrokerStats {
    return {
      queuedMessages: this.#queue.size,
      queuedBytes: this.#queue.bytes,
      subscriptions: this.#subscriptions.size,
      published: this.#published,
      received: this.#receiver.received,
      duplicates: this.#receiver.duplicates,
      interruptions: this.#receiver.interruptions,
    };
  }

  /** See `Broker.close()`. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#status !== 'idle') {
      await this.#queue.drained();
      clearInterval(this.#beatTimer);
      if (this.#status === 'connected') this.#sendControl(envelopeKinds.bye);
      await this.#transport.close();
    }
    this.#generation++;
    const error = new BrokerUnavailableError('The broker was closed', 'closed');
    for (const channel of this.#subscriptions.channels()) {
      const subscription = this.#subscriptions.get(channel);
      if (subscription) this.#subscriptions.fail(subscription, error);
    }
    this.#firstConnection?.reject(error);
    this.#setStatus('closed', 'close() was called');
  }

  // Connection -----------------------------------------------------------------------------------

  async #restore(): Promise<void> {
    const generation = ++this.#generation;
    const subscriptions = [...this.#subscriptions.values()];
    try {
      await withTimeout(
        this.#transport.subscribe([null, ...subscriptions.map(({ channel }) => channel)]),
        this.#options.probeTimeoutMs * RESTORE_PATIENCE,
        'restoring the subscriptions',
      );
    } catch (error) {
      if (generation !== this.#generation) return;
      this.#emit({ type: 'warning', error: error as Error });
      this.#transport.reset();
      return;
    }
    if (generation !== this.#generation || this.#status === 'closed') return;
    for (const subscription of subscriptions) this.#subscriptions.confirm(subscription);
    this.#onRestored();
    // Asked for while the others were being restored.
    for (const subscription of [...this.#subscriptions.values()]) {
      if (!subscription.isConfirmed) this.#confirm(subscription);
    }
    this.#beat();
  }

  #onRestored(): void {
    const now = performance.now();
    this.#provenAt = now;
    this.#receiver.listeningSince ??= now;
    const lossSince = this.#lossSince;
    this.#lossSince = undefined;
    const wasConnected = this.#wasConnected;
    this.#wasConnected = true;
    this.#beatTimer ??= setInterval(() => this.#beat(), this.#options.heartbeatMs);
    const from = this.#status;
    this.#status = 'connected';
    // Before the events: a listener that publishes must not overtake what waits.
    for (const entry of [...this.#queue]) if (!entry.isInFlight) this.#transmit(entry);
    const reason = wasConnected ? 'reconnected' : 'connected';
    this.#emit({ type: 'status', from, to: 'connected', reason });
    if (lossSince !== undefined) this.#receiver.announceAll(lossSince, now);
    this.#firstConnection?.resolve();
    this.#firstConnection = undefined;
  }

  #onDisconnected(reason: string, lossy: boolean, error?: Error): void {
    if (this.#status === 'closed') return;
    this.#generation++;
    if (lossy && this.#wasConnected) {
      // One heartbeat further back than strictly needed, so that the heartbeats of others that were
      // lost with the connection fall inside and are not announced once more.
      this.#lossSince ??= this.#provenAt - this.#options.heartbeatMs - this.#receiver.marginMs;
    }
    for (const entry of this.#queue) entry.isInFlight = false;
    if (this.#status === 'connected') this.#setStatus('connecting', reason, error);
  }

  #setStatus(to: BrokerStatus, reason: string, error?: Error): void {
    const from = this.#status;
    if (from === to) return;
    this.#status = to;
    this.#emit(
      error ? { type: 'status', from, to, reason, error } : { type: 'status', from, to, reason },
    );
  }

  #emit(event: BrokerEvent): void {
    this.#sink?.onEvent(event);
  }

  #refusal(action: string): BrokerUnavailableError | undefined {
    if (this.#status !== 'idle' && !this.#closing) return undefined;
    const state = this.#closing ? 'closed' : 'not started';
    return new BrokerUnavailableError(`Cannot ${action}: the broker is ${state}`, 'closed');
  }

  // Outgoing -------------------------------------------------------------------------------------

  #transmit(entry: PendingPublish): void {
    // Numbered when first sent: a publish that never left must not look like a lost one.
    entry.envelope ??= encodeEnvelope(
      typeof entry.payload === 'string' ? envelopeKinds.text : envelopeKinds.binary,
      this.node,
      this.#ledger.next(entry.channel, performance.now()),
      entry.payload,
    );
    entry.isInFlight = true;
    this.#transport.send(entry.channel, entry.envelope).then(
      () => {
        if (this.#queue.accept(entry)) this.#published++;
      },
      (cause: unknown) => {
        // A lost connection leaves the entry queued; it is sent again, unchanged, on the next one.
        if (cause instanceof ConnectionLostError) return;
        this.#queue.fail(
          entry,
          new BrokerUnavailableError(
            `The broker refused a message on channel ${JSON.stringify(entry.channel)}: ${(cause as Error).message}`,
            'refused',
            { cause },
          ),
        );
      },
    );
  }

  /** Once per heartbeat: tell the others we are here, settle quiet channels, prove the connection. */
  #beat(): void {
    if (this.#status !== 'connected') return;
    const now = performance.now();
    this.#sendControl(envelopeKinds.tail);
    const { heartbeatMs } = this.#options;
    for (const channel of this.#ledger.quietChannels(now, heartbeatMs, MAX_TAILS_PER_BEAT)) {
      this.#sendTail(channel, now);
    }
    let excess = this.#ledger.excessChannel();
    while (excess !== undefined) {
      this.#sendTail(excess, now);
      this.#ledger.forget(excess);
      excess = this.#ledger.excessChannel();
    }
    this.#ledger.forgetOlderThan(now - FORGET_AFTER_MS);
    this.#receiver.forgetSilent(now - FORGET_AFTER_MS);
    void this.#probe(now);
  }

  #sendTail(channel: string, now: number): void {
    const link = this.#ledger.next(channel, now, true);
    const data = encodeEnvelope(envelopeKinds.tail, this.node, link, '');
    this.#transport.send(channel, data).catch(() => this.#ledger.unsettle(channel));
  }

  #sendControl(kind: typeof envelopeKinds.tail | typeof envelopeKinds.bye): void {
    const link = this.#ledger.next(null, performance.now());
    // Nobody waits for it, and a lost one is what it is there to show.
    this.#transport.send(null, encodeEnvelope(kind, this.node, link, '')).catch(() => {});
  }

  async #probe(sentAt: number): Promise<void> {
    if (this.#isProbing) return;
    this.#isProbing = true;
    const generation = this.#generation;
    try {
      await withTimeout(this.#transport.probe(), this.#options.probeTimeoutMs, 'a probe');
      if (generation !== this.#generation) return;
      this.#provenAt = sentAt;
      this.#receiver.marginMs = TRANSIT_MARGIN_MS + (performance.now() - sentAt);
    } catch (error) {
      if (generation !== this.#generation || this.#closing) return;
      this.#emit({ type: 'warning', error: error as Error });
      this.#transport.reset();
    } finally {
      this.#isProbing = false;
    }
  }

  // Subscriptions --------------------------------------------------------------------------------

  #confirm(subscription: Subscription): void {
    this.#transport.subscribe([subscription.channel]).then(
      () => this.#subscriptions.confirm(subscription),
      (cause: unknown) => {
        // After a lost connection it is restored with all others.
        if (cause instanceof ConnectionLostError) return;
        this.#subscriptions.fail(
          subscription,
          new BrokerUnavailableError(
            `The broker refused the subscription to channel ${JSON.stringify(subscription.channel)}: ${(cause as Error).message}`,
            'refused',
            { cause },
          ),
        );
      },
    );
  }

  #giveBack(channel: string): Promise<void> {
    // Failing is harmless: a lost connection has no interests, and what still arrives is not delivered.
    return this.#transport.unsubscribe(channel).catch((error: unknown) => {
      if (!(error instanceof ConnectionLostError)) {
        this.#emit({ type: 'warning', error: error as Error });
      }
    });
  }
}

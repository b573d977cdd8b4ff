import {
  BrokerError,
  BrokerStateError,
  BrokerUnavailableError,
  ConnectionLostError,
} from '@asyngular/errors';
import type {
  Broker,
  BrokerCloseOptions,
  BrokerPayload,
  BrokerSink,
  BrokerStats,
  PublishOrigin,
} from './broker.js';
import type { BrokerTransport, TransportEvents } from './broker-transport.js';
import { envelopeKinds } from './envelope.js';
import { FleetLog } from './fleet-log.js';
import { FleetReceiver } from './fleet-receiver.js';
import { FleetSender } from './fleet-sender.js';
import { Interests } from './interests.js';
import type { ChannelLog } from './log.js';
import { createNodeId } from './node-id.js';
import {
  type FleetOptions,
  FORGET_AFTER_MS,
  RESTORE_RETRY_MS,
  type ResolvedFleetOptions,
  resolveFleetOptions,
  TRANSIT_MARGIN_MS,
} from './options.js';
import { OutageReports } from './outage-reports.js';
import type { BrokerEvent, BrokerStatus } from './status.js';
import { NoAnswerError, Waits } from './waits.js';
import { within } from './within.js';

/** The part of the time to close that waiting publishes get; the rest is for the transport. */
const DRAIN_SHARE = 0.75;
/** How much longer than it was given a transport may take to close before it is left behind, in ms. */
const CLOSE_SLACK_MS = 250;

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
  /** The transport's address. */
  readonly address: string;
  /** Id of this node, new for every instance. */
  readonly node: string = createNodeId();
  /** Logs of channels, if the transport keeps any. */
  readonly log?: ChannelLog;
  readonly #log: FleetLog | undefined;
  readonly #transport: BrokerTransport;
  readonly #options: ResolvedFleetOptions;
  readonly #sender: FleetSender;
  readonly #interests: Interests;
  readonly #receiver: FleetReceiver;
  readonly #waits = new Waits();
  readonly #outage = new OutageReports();
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
  #catchingUp: Promise<void> | undefined;
  #beatTimer: ReturnType<typeof setInterval> | undefined;
  #restoreTimer: ReturnType<typeof setTimeout> | undefined;

  /** Throws `InvalidOptionsError` for impossible options. Does not connect yet. */
  constructor(transport: BrokerTransport, options: FleetOptions = {}) {
    this.name = transport.name;
    this.address = transport.address;
    this.#transport = transport;
    this.#options = resolveFleetOptions(options);
    this.#sender = new FleetSender(this.node, transport, this.#options);
    this.#interests = new Interests(this.#options.timeoutMs, {
      ask: (channels) => transport.subscribe(channels),
      giveBack: (channel) => {
        this.#receiver.forgetChannel(channel);
        return transport.unsubscribe(channel);
      },
      onWarning: (error) => this.#onWarning(error),
    });
    this.#receiver = new FleetReceiver(this.node, this.#interests.table);
    if (!transport.log) return;
    this.#log = new FleetLog(transport.log, this.#options, {
      node: this.node,
      refusal: (action) => this.#refusal(action),
      onWarning: (error) => this.#onWarning(error),
    });
    this.log = this.#log;
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
    this.#log?.start(sink);
    const connected = new Promise<void>((resolve, reject) => {
      this.#firstConnection = { resolve, reject };
    });
    this.#setStatus('connecting', 'started');
    this.#transport.open({
      onConnected: () => void this.#restore(),
      onDisconnected: (reason, lossy, error) => this.#onDisconnected(reason, lossy, error),
      onMessage: (lane, data) => this.#receiver.receive(lane, data),
      onEntry: (channel, entry) => this.#log?.receive(channel, entry),
      onAttemptFailed: (error) => this.#onAttemptFailed(error),
      onWarning: (error) => this.#onWarning(error),
    } satisfies TransportEvents);
    return connected;
  }

  /** Queues a message until the service has accepted it; see `Broker.publish()`. */
  publish(channel: string, payload: BrokerPayload, origin?: PublishOrigin): Promise<void> {
    const refusal = this.#refusal('publish');
    return refusal ? Promise.reject(refusal) : this.#sender.publish(channel, payload, origin);
  }

  /** Settles when the service has confirmed the channel; see `Broker.subscribe()`. */
  subscribe(channel: string): void | Promise<void> {
    const refusal = this.#refusal('subscribe');
    if (refusal) return Promise.reject(refusal);
    return this.#interests.want(channel);
  }

  /** Gives a channel back; see `Broker.unsubscribe()`. */
  unsubscribe(channel: string): void | Promise<void> {
    return this.#interests.release(channel);
  }

  /** How far this node is on a channel; see `Broker.heard()`. */
  heard(channel: string): ReadonlyMap<string, number> | undefined {
    if (this.#status !== 'connected') return undefined;
    const heard = this.#receiver.lastOn(channel);
    const own = this.#sender.lastOn(channel);
    if (own !== undefined) heard.set(this.node, own);
    return heard;
  }

  /** Settles behind what the service had accepted before; see `Broker.caughtUp()`. */
  caughtUp(): Promise<void> {
    const refusal = this.#refusal('catch up');
    if (refusal) return Promise.reject(refusal);
    this.#catchingUp ??= this.#catchUp();
    return this.#catchingUp;
  }

  /** Counters since `start()`. */
  stats(): BrokerStats {
    return {
      queuedMessages: this.#sender.queuedMessages + (this.#log?.queuedMessages ?? 0),
      queuedBytes: this.#sender.queuedBytes + (this.#log?.queuedBytes ?? 0),
      subscriptions: this.#interests.table.size,
      published: this.#sender.published,
      received: this.#receiver.received,
      duplicates: this.#receiver.duplicates,
      interruptions: this.#receiver.interruptions,
    };
  }

  /** See `Broker.close()`. */
  close({ timeoutMs }: BrokerCloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(timeoutMs ?? this.#options.closeTimeoutMs);
    return this.#closing;
  }

  async #close(timeoutMs: number): Promise<void> {
    if (this.#status !== 'idle') {
      const endMs = performance.now() + timeoutMs;
      this.#sender.dropAbandoned();
      const drained = Promise.all([this.#sender.drained(), this.#log?.drain()]);
      await within(drained, timeoutMs * DRAIN_SHARE);
      this.#sender.failAll('The broker was closed');
      this.#log?.failAppends('The broker was closed');
      clearInterval(this.#beatTimer);
      clearTimeout(this.#restoreTimer);
      if (this.#status === 'connected') this.#sender.sendControl(envelopeKinds.bye);
      const graceMs = Math.max(0, endMs - performance.now());
      if (!(await within(this.#transport.close(graceMs), graceMs + CLOSE_SLACK_MS))) {
        const message = `The ${this.name} broker at ${this.address} did not close within ${timeoutMs} ms; connections of it may be left`;
        this.#emit({ type: 'warning', error: new Error(message) });
      }
    }
    this.#generation++;
    const error = new BrokerUnavailableError('The broker was closed', 'closed');
    this.#waits.endAll(error);
    this.#interests.table.failAll(error);
    this.#log?.failAll(error);
    this.#firstConnection?.reject(error);
    this.#setStatus('closed', 'close() was called');
  }

  // Connection -----------------------------------------------------------------------------------

  async #restore(): Promise<void> {
    const generation = ++this.#generation;
    const limit = async (answer: Promise<void>, what = 'the restoring of subscriptions') => {
      await this.#waits.limit(answer, this.#options.probeTimeoutMs, what);
      if (generation !== this.#generation) throw new ConnectionLostError('It was lost meanwhile');
    };
    try {
      await limit(this.#transport.subscribe([null]));
      const confirm = await this.#interests.restore(limit);
      const confirmLogs = await this.#log?.restore(limit);
      // Otherwise a node that can hear nobody would be connected again until its next probe.
      if (this.#transport.echoes) await limit(this.#echo(), 'with our own heartbeat');
      confirm();
      confirmLogs?.();
    } catch (error) {
      if (generation === this.#generation) this.#onRestoreFailed(error as Error);
      return;
    }
    this.#onRestored();
    this.#beat();
  }

  #onRestoreFailed(error: Error): void {
    this.#onAttemptFailed(error);
    if (error instanceof NoAnswerError) {
      this.#transport.reset(error.message);
      return;
    }
    const generation = this.#generation;
    // A service that refuses would otherwise be asked again at once, for ever.
    this.#restoreTimer = setTimeout(() => {
      if (generation === this.#generation) this.#transport.reset(error.message);
    }, RESTORE_RETRY_MS);
  }

  #onRestored(): void {
    const now = performance.now();
    this.#provenAt = now;
    this.#receiver.listeningSince ??= now;
    const lossSince = this.#lossSince;
    this.#lossSince = undefined;
    const wasConnected = this.#wasConnected;
    this.#wasConnected = true;
    this.#outage.end();
    this.#beatTimer ??= setInterval(() => this.#beat(), this.#options.heartbeatMs);
    const from = this.#status;
    this.#status = 'connected';
    // Before the events: a listener that publishes must not overtake what waits.
    this.#sender.connected();
    this.#log?.connected();
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
    this.#sender.disconnected();
    this.#receiver.forgetEchoes();
    this.#interests.disconnected();
    this.#log?.disconnected();
    if (this.#status !== 'connected') return;
    this.#outage.begin();
    this.#setStatus('connecting', reason, error);
  }

  #onAttemptFailed(error: Error): void {
    if (this.#closing || !this.#outage.isNews(error)) return;
    const message = `The ${this.name} broker at ${this.address} cannot be used (${error.message}). It is tried again until it can; further failures of this kind are not reported`;
    this.#emit({ type: 'warning', error: new BrokerError(message, { cause: error }) });
  }

  #onWarning(error: Error): void {
    if (this.#status !== 'connected' && !this.#outage.isNews(error)) return;
    this.#emit({ type: 'warning', error });
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

  // Heartbeat ------------------------------------------------------------------------------------

  /** Tells the others we are here, settles quiet channels, proves the connection. */
  #beat(): void {
    if (this.#status !== 'connected') return;
    const now = performance.now();
    const sequence = this.#sender.sendControl(envelopeKinds.tail);
    this.#sender.settle(now, now - FORGET_AFTER_MS);
    this.#receiver.forgetSilentSince(now - FORGET_AFTER_MS);
    if (!this.#isProbing) void this.#probe(now, sequence);
  }

  /** Those who ask in the same turn wait for the same answer. */
  async #catchUp(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#catchingUp = undefined;
    // Both come behind what the service had sent us before.
    const answer = this.#transport.echoes ? this.#echo() : this.#transport.probe();
    await this.#waits.limit(
      answer,
      this.#options.probeTimeoutMs,
      'a question whether that was all',
    );
  }

  #echo(): Promise<void> {
    return this.#receiver.echoOf(this.#sender.sendControl(envelopeKinds.tail));
  }

  async #probe(sentAt: number, sequence: number): Promise<void> {
    this.#isProbing = true;
    const generation = this.#generation;
    const { probeTimeoutMs } = this.#options;
    try {
      const answers = [this.#transport.probe()];
      if (this.#transport.echoes) answers.push(this.#receiver.echoOf(sequence));
      await this.#waits.limit(Promise.all(answers), probeTimeoutMs, 'a probe');
      if (generation !== this.#generation) return;
      this.#provenAt = sentAt;
      this.#receiver.marginMs = TRANSIT_MARGIN_MS + (performance.now() - sentAt);
    } catch (error) {
      if (generation !== this.#generation || this.#closing) return;
      this.#transport.reset((error as Error).message);
    } finally {
      this.#isProbing = false;
    }
  }
}

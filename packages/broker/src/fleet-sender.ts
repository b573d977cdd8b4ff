import { ConnectionLostError } from '@asyngular/errors';
import type { BrokerPayload, PublishOrigin } from './broker.js';
import type { BrokerTransport } from './broker-transport.js';
import { encodeEnvelope, envelopeKinds } from './envelope.js';
import { MAX_LEDGER_CHANNELS, MAX_TAILS_PER_BEAT, type ResolvedFleetOptions } from './options.js';
import { PublishLedger } from './publish-ledger.js';
import { type PendingPublish, PublishQueue } from './publish-queue.js';

/** The outgoing half of a `FleetBroker`: queues, numbers and sends, in order, also across reconnects. */
export class FleetSender {
  readonly #node: string;
  readonly #transport: BrokerTransport;
  readonly #heartbeatMs: number;
  readonly #queue: PublishQueue;
  readonly #ledger = new PublishLedger(MAX_LEDGER_CHANNELS);
  #isConnected = false;
  /** Messages that the service has accepted. */
  published = 0;

  constructor(node: string, transport: BrokerTransport, options: ResolvedFleetOptions) {
    this.#node = node;
    this.#transport = transport;
    this.#heartbeatMs = options.heartbeatMs;
    this.#queue = new PublishQueue(options);
  }

  get queuedMessages(): number {
    return this.#queue.size;
  }

  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  publish(channel: string, payload: BrokerPayload, origin?: PublishOrigin): Promise<void> {
    return this.#queue.add({ channel, payload, origin }, (entry) => {
      if (this.#isConnected) this.#transmit(entry);
    });
  }

  /** The connection can be used: what waits goes out first. */
  connected(): void {
    this.#isConnected = true;
    for (const entry of [...this.#queue]) if (!entry.isInFlight) this.#transmit(entry);
  }

  /** What was under way waits for the next connection. */
  disconnected(): void {
    this.#isConnected = false;
    this.#queue.returnInFlight();
  }

  /** Resolves when nothing waits any more. */
  drained(): Promise<void> {
    return this.#queue.drained();
  }

  /** Fails what waits and was published by somebody who has left. */
  dropAbandoned(): void {
    this.#queue.dropAbandoned();
  }

  /** Fails everything that waits. */
  failAll(reason: string): void {
    this.#queue.failAll(reason);
  }

  /** Sends a heartbeat or a farewell to the other nodes, and returns its sequence. */
  sendControl(kind: typeof envelopeKinds.tail | typeof envelopeKinds.bye): number {
    const link = this.#ledger.next(null, performance.now());
    // Nobody waits for it, and a lost one is what it is there to show.
    this.#transport.send(null, encodeEnvelope(kind, this.#node, link, '')).catch(() => {});
    return link.sequence;
  }

  /** The number of the last message that was sent on a channel. */
  lastOn(channel: string): number | undefined {
    return this.#ledger.lastOn(channel);
  }

  /** Once per heartbeat: marks the ends of channels that fell silent, and forgets old ones. */
  settle(now: number, forgetLimit: number): void {
    for (const channel of this.#ledger.quietChannels(now, this.#heartbeatMs, MAX_TAILS_PER_BEAT)) {
      this.#sendTail(channel, now);
    }
    let excess = this.#ledger.excessChannel();
    while (excess !== undefined) {
      this.#sendTail(excess, now);
      this.#ledger.forget(excess);
      excess = this.#ledger.excessChannel();
    }
    this.#ledger.forgetOlderThan(forgetLimit);
  }

  #transmit(entry: PendingPublish): void {
    if (entry.origin?.isClosed) {
      this.#queue.abandon(entry);
      return;
    }
    // Numbered when first sent: a publish that never left must not look like a lost one.
    entry.envelope ??= encodeEnvelope(
      typeof entry.payload === 'string' ? envelopeKinds.text : envelopeKinds.binary,
      this.#node,
      this.#ledger.next(entry.channel, performance.now()),
      entry.payload,
      entry.origin?.except,
    );
    entry.isInFlight = true;
    this.#transport.send(entry.channel, entry.envelope).then(
      () => {
        if (this.#queue.accept(entry, undefined)) this.published++;
      },
      (cause: unknown) => {
        // A lost connection leaves the entry queued; it is sent again, unchanged, on the next one.
        if (cause instanceof ConnectionLostError) return;
        this.#queue.refuse(entry, cause as Error);
      },
    );
  }

  #sendTail(channel: string, now: number): void {
    const link = this.#ledger.next(channel, now, true);
    const data = encodeEnvelope(envelopeKinds.tail, this.#node, link, '');
    this.#transport.send(channel, data).catch(() => this.#ledger.unsettle(channel));
  }
}

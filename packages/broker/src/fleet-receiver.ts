import type { BrokerSink } from './broker.js';
import type { Lane } from './broker-transport.js';
import { decodeEnvelope, type Envelope, envelopeKinds } from './envelope.js';
import { GapDetector } from './gap-detector.js';
import { TRANSIT_MARGIN_MS } from './options.js';
import type { InterruptionReason } from './status.js';
import type { SubscriptionTable } from './subscription-table.js';

/** The incoming half of a `FleetBroker`: judges every envelope, delivers it, announces what is missing. */
export class FleetReceiver {
  readonly #node: string;
  readonly #subscriptions: SubscriptionTable;
  /** Heartbeats of the other nodes: a gap there means that a node could not be heard for a while. */
  readonly #control = new GapDetector();
  /** The last interruption of everything, in monotonic ms: losses inside it are not told again. */
  #covered = { since: 0, until: Number.NEGATIVE_INFINITY };
  #hasWarnedUnreadable = false;
  sink: BrokerSink | undefined;
  /** How long a message may have been under way. */
  marginMs = TRANSIT_MARGIN_MS;
  received = 0;
  duplicates = 0;
  interruptions = 0;

  constructor(node: string, subscriptions: SubscriptionTable) {
    this.#node = node;
    this.#subscriptions = subscriptions;
  }

  get listeningSince(): number | undefined {
    return this.#control.listeningSince;
  }

  /** Since when the control lane has been heard. */
  set listeningSince(time: number | undefined) {
    this.#control.listeningSince = time;
  }

  receive(lane: Lane, data: Uint8Array): void {
    const envelope = decodeEnvelope(data);
    if (!envelope) {
      this.#warnUnreadable(lane);
      return;
    }
    if (envelope.node === this.#node) return;
    if (lane === null) this.#receiveControl(envelope);
    else this.#receiveMessage(lane, envelope);
  }

  /** Announces that anything published between two monotonic times may be missing. */
  announceAll(since: number, until: number): void {
    this.#covered = { since, until };
    this.#announce(undefined, undefined, since, until, 'reconnected');
  }

  forgetSilent(limit: number): void {
    for (const node of this.#control.silentSince(limit)) this.#forget(node);
  }

  #receiveControl(envelope: Envelope): void {
    if (envelope.kind === envelopeKinds.bye) {
      this.#forget(envelope.node);
      return;
    }
    const now = performance.now();
    const verdict = this.#control.judge(
      envelope.node,
      envelope,
      now,
      this.marginMs,
      this.#isCovered,
    );
    if (verdict.type === 'gap') {
      this.#announce(undefined, envelope.node, verdict.since, now, 'node-unheard');
    }
  }

  #receiveMessage(channel: string, envelope: Envelope): void {
    const subscription = this.#subscriptions.get(channel);
    if (!subscription) return;
    const { node, sequence, payload, kind } = envelope;
    const now = performance.now();
    const verdict = subscription.gaps.judge(node, envelope, now, this.marginMs, this.#isCovered);
    if (verdict.type === 'repeat') {
      this.duplicates++;
      return;
    }
    if (verdict.type === 'gap') this.#announce(channel, node, verdict.since, now, 'sequence-gap');
    if (kind === envelopeKinds.tail) return;
    this.received++;
    try {
      this.sink?.onMessage(channel, { payload, node, sequence });
    } catch (cause) {
      // It would otherwise surface in the client library and could end its reader.
      const error = new Error('onMessage must not throw', { cause });
      this.sink?.onEvent({ type: 'warning', error });
    }
  }

  #announce(
    channel: string | undefined,
    node: string | undefined,
    since: number,
    until: number,
    reason: InterruptionReason,
  ): void {
    this.interruptions++;
    // Monotonic times become wall-clock times as late as possible: the wall clock may have been set.
    const offset = Date.now() - performance.now();
    this.sink?.onEvent({
      type: 'interruption',
      channel,
      node,
      since: Math.floor(since + offset),
      // `Date.now()` cuts off up to one ms.
      until: Math.ceil(until + offset) + 1,
      reason,
    });
  }

  readonly #isCovered = (since: number, until: number): boolean =>
    since >= this.#covered.since && until <= this.#covered.until;

  #forget(node: string): void {
    this.#control.forget(node);
    for (const { gaps } of this.#subscriptions.values()) gaps.forget(node);
  }

  #warnUnreadable(lane: Lane): void {
    if (this.#hasWarnedUnreadable) return;
    this.#hasWarnedUnreadable = true;
    const where = lane === null ? 'the control lane' : `channel ${JSON.stringify(lane)}`;
    const error = new Error(
      `Received something on ${where} that is not a message of this version; do other programs publish under the same prefix? Further ones are dropped silently`,
    );
    this.sink?.onEvent({ type: 'warning', error });
  }
}

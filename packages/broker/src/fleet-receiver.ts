import type { BrokerSink } from './broker.js';
import type { Lane } from './broker-transport.js';
import { decodeEnvelope, type Envelope, envelopeKinds } from './envelope.js';
import { beginChain, type Hearing, judgeFirst, judgeNext, type Verdict } from './gap-detector.js';
import { HeardNodes } from './heard-nodes.js';
import { FORGET_AFTER_MS, TRANSIT_MARGIN_MS } from './options.js';
import type { InterruptionReason } from './status.js';
import type { SubscriptionTable } from './subscription-table.js';

/**
 * How long a node that has said goodbye is remembered, in ms: other nodes may still be asked what of its last messages
 * they have had, while clients move from one to another.
 */
const REMEMBER_MS = 30_000;

/** The incoming half of a `FleetBroker`: judges every envelope, delivers it, announces what is missing. */
export class FleetReceiver {
  readonly #node: string;
  readonly #subscriptions: SubscriptionTable;
  readonly #nodes = new HeardNodes();
  /** The last interruption of everything, in monotonic ms: losses inside it are not announced again. */
  #covered = { since: 0, until: Number.NEGATIVE_INFINITY };
  #hasWarnedUnreadable = false;
  /** Who waits for heartbeats of this node to come back, oldest first. */
  #echoes: { readonly sequence: number; readonly resolve: () => void }[] = [];
  sink: BrokerSink | undefined;
  /** Since when the control lane has been heard. */
  listeningSince: number | undefined;
  /** How long a message may have been under way. */
  marginMs = TRANSIT_MARGIN_MS;
  received = 0;
  duplicates = 0;
  interruptions = 0;

  constructor(node: string, subscriptions: SubscriptionTable) {
    this.#node = node;
    this.#subscriptions = subscriptions;
  }

  receive(lane: Lane, data: Uint8Array): void {
    const envelope = decodeEnvelope(data);
    if (!envelope) this.#warnUnreadable(lane);
    else if (envelope.node === this.#node) this.#receiveOwn(lane, envelope);
    else if (lane === null) this.#receiveControl(envelope);
    else this.#receiveMessage(lane, envelope);
  }

  /** Resolves when this node's heartbeat of that sequence, or a later one, has come back. */
  echoOf(sequence: number): Promise<void> {
    return new Promise((resolve) => {
      this.#echoes.push({ sequence, resolve });
    });
  }

  /** The connection is lost: what was to come back will not. */
  forgetEchoes(): void {
    this.#echoes = [];
  }

  /** The number of the last message of each other node on a channel. */
  lastOn(channel: string): Map<string, number> {
    return this.#nodes.lastOn(channel);
  }

  /** Announces that anything published between two monotonic times may be missing. */
  announceAll(since: number, until: number): void {
    this.#covered = { since, until };
    this.#announce(undefined, undefined, since, until, 'reconnected');
  }

  forgetSilentSince(limit: number): void {
    this.#nodes.forgetSilentSince(limit);
  }

  /** The channel is not listened to any more. */
  forgetChannel(channel: string): void {
    this.#nodes.forgetLane(channel);
  }

  #receiveOwn(lane: Lane, { sequence }: Envelope): void {
    if (lane !== null) return;
    while (this.#echoes.length > 0 && this.#echoes[0]!.sequence <= sequence) {
      this.#echoes.shift()!.resolve();
    }
  }

  #receiveControl(envelope: Envelope): void {
    const { node, kind } = envelope;
    if (kind === envelopeKinds.bye) {
      this.#nodes.leave(node, performance.now() - FORGET_AFTER_MS + REMEMBER_MS);
      return;
    }
    const now = performance.now();
    const verdict = this.#judge(null, envelope, now, this.listeningSince);
    if (verdict.type === 'gap') {
      this.#announce(undefined, node, verdict.since, now, 'node-unheard');
    }
  }

  #receiveMessage(channel: string, envelope: Envelope): void {
    const subscription = this.#subscriptions.get(channel);
    if (!subscription) return;
    const { node, sequence, payload, kind, except } = envelope;
    const now = performance.now();
    const verdict = this.#judge(channel, envelope, now, subscription.listeningSince);
    if (verdict.type === 'repeat') {
      this.duplicates++;
      return;
    }
    if (verdict.type === 'gap') this.#announce(channel, node, verdict.since, now, 'sequence-gap');
    if (kind !== envelopeKinds.text && kind !== envelopeKinds.binary) return;
    this.received++;
    try {
      this.sink?.onMessage(channel, { payload, node, sequence, except });
    } catch (cause) {
      // It would otherwise surface in the client library and could end its reader.
      const error = new Error('onMessage must not throw', { cause });
      this.sink?.onEvent({ type: 'warning', error });
    }
  }

  #judge(lane: Lane, envelope: Envelope, now: number, listeningSince: number | undefined): Verdict {
    const { chains } = this.#nodes.hear(envelope.node, now);
    const { marginMs } = this;
    const hearing: Hearing = { now, listeningSince, marginMs, isCovered: this.#isCovered };
    const chain = chains.get(lane);
    if (chain) return judgeNext(chain, envelope, hearing);
    chains.set(lane, beginChain(envelope, now));
    return judgeFirst(envelope, hearing);
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

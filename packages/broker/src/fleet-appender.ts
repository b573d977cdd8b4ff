import { ConnectionLostError } from '@asyngular/errors';
import { AppendLane } from './append-lane.js';
import type { BrokerPayload } from './broker.js';
import { encodeEnvelope, envelopeKinds } from './envelope.js';
import type { Appended, AppendOptions, LogPolicy } from './log.js';
import type { LogTransport } from './log-transport.js';
import { PublishQueue, type PublishQueueLimits } from './publish-queue.js';
import { type AnswerEvents, type Lane, type PendingAppend, SentAppend } from './sent-append.js';

/** Pauses, in ms, before what a service did not take for the time being is sent again. */
const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 400;

/**
 * The appending half of a `FleetLog`: queues, numbers and sends, also across reconnects. As many appends of a
 * channel are under way together as the transport allows, so that they share writes and answers.
 */
export class FleetAppender {
  readonly #node: string;
  readonly #transport: LogTransport;
  readonly #policyOf: (channel: string) => LogPolicy | undefined;
  readonly #queue: PublishQueue<Appended>;
  readonly #lanes = new Map<string, Lane>();
  readonly #events: AnswerEvents = {
    onStored: (sent, appended) => this.#onStored(sent, appended),
    onFailed: (sent, error) => this.#onFailed(sent, error),
  };
  #isConnected = false;
  /** Counts connections: what an older one answers does not move the channel on. */
  #generation = 0;
  #sequence = 0;
  appended = 0;
  duplicates = 0;

  constructor(
    node: string,
    transport: LogTransport,
    limits: PublishQueueLimits,
    policyOf: (channel: string) => LogPolicy | undefined,
  ) {
    this.#node = node;
    this.#transport = transport;
    this.#policyOf = policyOf;
    this.#queue = new PublishQueue(limits);
  }

  get queuedMessages(): number {
    return this.#queue.size;
  }

  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  append(
    channel: string,
    payload: BrokerPayload,
    { id, origin }: AppendOptions,
  ): Promise<Appended> {
    return this.#queue.add({ channel, payload, id, origin }, (entry) => {
      if (this.#isConnected) this.#send(entry);
    });
  }

  /** The connection can be used: what waits goes out, the oldest of each channel first. */
  connected(): void {
    this.#isConnected = true;
    for (const entry of [...this.#queue]) this.#send(entry);
  }

  /** What was under way waits for the next connection. */
  disconnected(): void {
    this.#isConnected = false;
    this.#generation++;
    for (const lane of this.#lanes.values()) this.#refuseOvertaken(lane);
    this.#lanes.clear();
    this.#queue.returnInFlight();
  }

  drained(): Promise<void> {
    return this.#queue.drained();
  }

  dropAbandoned(): void {
    this.#queue.dropAbandoned();
  }

  failAll(reason: string): void {
    this.#queue.failAll(reason);
  }

  #send(entry: PendingAppend): void {
    let lane = this.#lanes.get(entry.channel);
    if (!lane) {
      lane = new AppendLane<PendingAppend>();
      this.#lanes.set(entry.channel, lane);
    }
    lane.add(entry);
    this.#advance(entry.channel, lane);
  }

  #advance(channel: string, lane: Lane): void {
    if (lane.isWaiting) this.#sendWaiting(channel, lane);
    if (lane.isEmpty) this.#lanes.delete(channel);
  }

  #sendWaiting(channel: string, lane: Lane): void {
    const policy = this.#policyOf(channel);
    const maxInFlight = (policy && this.#transport.maxInFlight?.(policy)) ?? 1;
    for (;;) {
      const entry = lane.next(maxInFlight, (it) => this.#queue.has(it));
      if (!entry) return;
      if (entry.origin?.isClosed) this.#queue.abandon(entry);
      else if (policy) this.#transmit(lane, entry, policy);
      else this.#queue.refuse(entry, new Error('the server keeps no history of it'));
    }
  }

  #transmit(lane: Lane, entry: PendingAppend, policy: LogPolicy): void {
    const isRepeat = entry.envelope !== undefined;
    const data = entry.envelope ?? this.#encode(entry);
    entry.envelope = data;
    entry.isInFlight = true;
    lane.sent(entry);
    const generation = this.#generation;
    const oldest = lane.oldest?.envelope ?? data;
    this.#transport.append(
      new SentAppend(this.#events, { entry, data, policy, oldest, lane, generation, isRepeat }),
    );
  }

  #encode({ payload, origin }: PendingAppend): Buffer {
    return encodeEnvelope(
      typeof payload === 'string' ? envelopeKinds.text : envelopeKinds.binary,
      this.#node,
      // The log itself links its entries.
      { sequence: ++this.#sequence, previous: 0, previousAgeMs: 0 },
      payload,
      origin?.except,
    );
  }

  #onStored({ entry, lane, generation }: SentAppend, appended: Appended): void {
    if (this.#queue.accept(entry, appended)) this.#count(appended);
    if (generation !== this.#generation) return;
    delete lane.pauseMs;
    lane.accepted(entry);
    this.#answered(entry.channel, lane);
  }

  #onFailed({ entry, lane, generation, isRepeat }: SentAppend, cause: Error): void {
    // It stays queued, and is sent again, unchanged, on the next connection.
    if (generation !== this.#generation || cause instanceof ConnectionLostError) return;
    if (this.#mayTryAgain(lane, entry, cause)) {
      lane.notTaken(entry);
    } else {
      lane.refused(entry);
      this.#queue.refuse(entry, cause, isRepeat);
    }
    this.#answered(entry.channel, lane);
  }

  #mayTryAgain({ pauseMs = FIRST_PAUSE_MS }: Lane, { deadline }: PendingAppend, cause: Error) {
    return this.#transport.isTemporary?.(cause) && performance.now() + pauseMs < deadline;
  }

  #answered(channel: string, lane: Lane): void {
    if (lane.isSettled) {
      this.#refuseOvertaken(lane);
      if (lane.isHalted) this.#restartLater(channel, lane);
    }
    this.#advance(channel, lane);
  }

  #restartLater(channel: string, lane: Lane): void {
    const generation = this.#generation;
    const { pauseMs = FIRST_PAUSE_MS } = lane;
    lane.pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    setTimeout(() => {
      if (generation !== this.#generation) return;
      lane.restart();
      this.#advance(channel, lane);
    }, pauseMs).unref();
  }

  /** Sent again, they would stand behind what was published after them. */
  #refuseOvertaken(lane: Lane): void {
    for (const entry of lane.overtaken) {
      lane.refused(entry);
      const cause = new Error('it got no answer, and a later publication is in the log already');
      this.#queue.refuse(entry, cause, true);
    }
  }

  #count({ duplicate }: Appended): void {
    if (duplicate) this.duplicates++;
    else this.appended++;
  }
}

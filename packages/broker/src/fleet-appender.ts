import { ConnectionLostError } from '@asyngular/errors';
import type { BrokerPayload } from './broker.js';
import { encodeEnvelope, envelopeKinds } from './envelope.js';
import type { Appended, AppendOptions, LogPolicy } from './log.js';
import type { LogTransport } from './log-transport.js';
import { type PendingPublish, PublishQueue, type PublishQueueLimits } from './publish-queue.js';

type PendingAppend = PendingPublish<Appended>;

/**
 * The appending half of a `FleetLog`: queues, numbers and sends, also across reconnects. A channel has one
 * append without an answer at most: a service that loses one of several, and keeps those behind it, would
 * change their order.
 */
export class FleetAppender {
  readonly #node: string;
  readonly #transport: LogTransport;
  readonly #policyOf: (channel: string) => LogPolicy | undefined;
  readonly #queue: PublishQueue<Appended>;
  /** Of channels with an append under way on this connection: those behind it, in the order of the calls. */
  readonly #waiting = new Map<string, PendingAppend[]>();
  #isConnected = false;
  /** Counts connections: an answer of an older one does not move the channel on. */
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
    this.#waiting.clear();
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
    const waiting = this.#waiting.get(entry.channel);
    if (waiting) {
      // Those that have failed meanwhile are in front: the list stays as short as the queue.
      while (waiting[0] && !this.#queue.has(waiting[0])) waiting.shift();
      waiting.push(entry);
    } else if (this.#isTransmitted(entry)) {
      this.#waiting.set(entry.channel, []);
    }
  }

  #sendNext(channel: string): void {
    const waiting = this.#waiting.get(channel);
    for (let entry = waiting?.shift(); entry; entry = waiting?.shift()) {
      if (this.#queue.has(entry) && this.#isTransmitted(entry)) return;
    }
    this.#waiting.delete(channel);
  }

  /** False: it has failed instead, and the next one may go. */
  #isTransmitted(entry: PendingAppend): boolean {
    const { channel, id } = entry;
    if (entry.origin?.isClosed) {
      this.#queue.abandon(entry);
      return false;
    }
    const policy = this.#policyOf(channel);
    if (!policy) {
      this.#queue.refuse(entry, new Error('the server keeps no history of it'));
      return false;
    }
    const isRepeat = entry.envelope !== undefined;
    entry.envelope ??= encodeEnvelope(
      typeof entry.payload === 'string' ? envelopeKinds.text : envelopeKinds.binary,
      this.#node,
      // The log itself links its entries.
      { sequence: ++this.#sequence, previous: 0, previousAgeMs: 0 },
      entry.payload,
    );
    entry.isInFlight = true;
    const generation = this.#generation;
    const next = () => {
      if (generation === this.#generation) this.#sendNext(channel);
    };
    this.#transport.append(channel, entry.envelope, { id, policy }).then(
      (appended) => {
        if (this.#queue.accept(entry, appended)) this.#count(appended);
        next();
      },
      (cause: unknown) => {
        // It stays queued, and is sent again, unchanged, on the next connection.
        if (cause instanceof ConnectionLostError) return;
        this.#queue.refuse(entry, cause as Error, isRepeat);
        next();
      },
    );
    return true;
  }

  #count({ duplicate }: Appended): void {
    if (duplicate) this.duplicates++;
    else this.appended++;
  }
}

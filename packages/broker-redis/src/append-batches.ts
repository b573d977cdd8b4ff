import type { LogPolicy } from '@asyngular/broker';
import { identifyEnvelope, type TransportAppend } from '@asyngular/broker/transport';
import type { LogKeys } from './log-keys.js';
import { type AppendArguments, appendOutcomes, appendScript } from './log-scripts.js';
import type { PublisherLink, ScriptArgument } from './redis-link.js';
import { parseStored, tagOf } from './stored-position.js';

/** How long a log is remembered at least after it was used last, and nothing of it but where it ended. */
const META_TTL_MS = 86_400_000;

/**
 * Envelopes of one script, in bytes; a larger one goes alone. Redis puts all of a message at once into what waits for
 * each subscriber, and cuts off those for whom more than 32 MiB wait.
 */
const MAX_BATCH_BYTES = 1_048_576;

/** What the appends need of the log. */
export interface AppendHost extends Pick<PublisherLink, 'evaluate' | 'atTurnEnd'> {
  readonly isSharded: boolean;
  keysOf(channel: string): LogKeys;
  newEpoch(): string;
  /** An entry is in the log, and nobody heard of it. */
  onUnannounced(channel: string, reason: string): void;
}

/** What is appended to one log by one script. */
interface Batch {
  readonly channel: string;
  readonly policy: LogPolicy;
  /** Of the first append: what those behind it could do without is only kept for longer. */
  readonly oldest: Uint8Array;
  readonly pending: TransportAppend[];
  bytes: number;
}

/** Appends that are called in one turn of the event loop: those of one log leave as few scripts. */
export class AppendBatches {
  readonly #host: AppendHost;
  /** Of this turn, in the order in which they leave. */
  #due: Batch[] = [];
  /** The last of each channel, which takes what has room in it. */
  #open = new Map<string, Batch>();

  constructor(host: AppendHost) {
    this.#host = host;
  }

  add(append: TransportAppend): void {
    const { channel, data, policy, oldest } = append;
    let batch = this.#open.get(channel);
    if (!batch || batch.bytes + data.byteLength > MAX_BATCH_BYTES) {
      batch = { channel, policy, oldest, pending: [], bytes: 0 };
      if (this.#due.push(batch) === 1) this.#host.atTurnEnd(this.#send);
      this.#open.set(channel, batch);
    }
    batch.bytes += data.byteLength;
    batch.pending.push(append);
  }

  readonly #send = (): void => {
    const due = this.#due;
    this.#due = [];
    // Cleared for ever, it would leave copies of itself behind, which hold what was in them.
    this.#open = new Map();
    for (const batch of due) void this.#sendBatch(batch);
  };

  async #sendBatch({ channel, policy, oldest, pending }: Batch): Promise<void> {
    const { isSharded } = this.#host;
    const keys = this.#host.keysOf(channel);
    const { node, sequence } = identifyEnvelope(oldest);
    const names = [keys.meta, keys.stream];
    const args: ScriptArgument[] = [
      `n:${node}`,
      sequence,
      isSharded ? 'SPUBLISH' : 'PUBLISH',
      keys.live,
      this.#host.newEpoch(),
      policy.size,
      policy.ttlMs,
      metaTtlMs(policy),
      policy.maxBytes,
      policy.idempotencyWindowMs,
    ];
    for (const { data, id } of pending) {
      const idKey = id === undefined ? 0 : names.push(keys.idOf(id));
      args.push(...argumentsOf(data, idKey));
    }
    let answers: unknown[];
    try {
      answers = (await this.#host.evaluate(appendScript, names, args)) as unknown[];
    } catch (error) {
      for (const append of pending) append.onFailed(error as Error);
      return;
    }
    for (const [index, append] of pending.entries()) this.#settle(append, answers[index]);
  }

  #settle(append: TransportAppend, answer: unknown): void {
    if (!Array.isArray(answer)) {
      append.onStored({ position: parseStored(String(answer)), duplicate: false });
      return;
    }
    const [outcome, position, reason] = answer as [number, Buffer, Buffer?];
    if (outcome === appendOutcomes.overtaken) {
      append.onFailed(new Error('a later publication of this server is in the log'));
      return;
    }
    if (outcome === appendOutcomes.unannounced)
      this.#host.onUnannounced(append.channel, String(reason));
    const duplicate = outcome === appendOutcomes.duplicate;
    append.onStored({ position: parseStored(String(position)), duplicate });
  }
}

function argumentsOf(data: Uint8Array, idKey: number): AppendArguments {
  const { node, sequence, payloadBytes } = identifyEnvelope(data);
  const envelope = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return [sequence, tagOf(node, sequence), payloadBytes, idKey, envelope];
}

/** How long a log's meta is kept. */
export function metaTtlMs({ ttlMs }: LogPolicy): number {
  return Math.max(META_TTL_MS, 2 * ttlMs);
}

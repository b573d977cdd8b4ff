import type { Msg } from '@nats-io/nats-core';
import type { JetStreamApi, StoredMessage } from './api.js';
import { MESSAGE_ID } from './places.js';
import type { Requests } from './requests.js';

/** Messages of one subject as they follow each other. */
export interface Messages {
  /** Oldest first. */
  readonly messages: readonly StoredMessage[];
  /** How many more there were behind them when they were read. */
  readonly pending: number;
}

/** What to read. */
export interface Range {
  readonly stream: string;
  readonly subject: string;
  /** The sequence from which on; 0 = the oldest there is. */
  readonly from: number;
  /** Messages at most, 1 or more, and bytes; the first message is read whatever its size. */
  readonly limit: number;
  readonly maxBytes: number;
}

interface PullRequest {
  readonly batch: number;
  readonly max_bytes?: number;
}

/** When a server gives up what it counted but does not have any more. */
const PULL_NANOS = 500_000_000;
/** A consumer that was left behind by a lost connection goes after this long. */
const CONSUMER_IDLE_NANOS = 5_000_000_000;
/** Batched direct gets exist from this version on. */
const BATCHES_SINCE: readonly [number, number] = [2, 11];

/** Reads pieces of a stream, by whichever way the server knows. */
export class StreamReader {
  readonly #requests: Requests;
  readonly #api: JetStreamApi;
  #hasBatches = false;

  constructor(requests: Requests, api: JetStreamApi) {
    this.#requests = requests;
    this.#api = api;
  }

  /** Which server this connection leads to, like `2.11.4`. */
  setVersion(version: string): void {
    const [major = 0, minor = 0] = version.split('.').map(Number);
    this.#hasBatches = major > BATCHES_SINCE[0] || (major === 2 && minor >= BATCHES_SINCE[1]);
  }

  async read(range: Range): Promise<Messages> {
    const batch = this.#hasBatches ? await this.#readBatch(range) : undefined;
    if (batch) return batch;
    // A server of a cluster that is being upgraded: some do not know batches yet.
    this.#hasBatches = false;
    return this.#readConsumer(range);
  }

  /** `undefined`: the server has no batches. */
  async #readBatch({
    stream,
    subject,
    from,
    limit,
    maxBytes,
  }: Range): Promise<Messages | undefined> {
    const query = { seq: Math.max(from, 1), next_by_subj: subject, batch: limit };
    const answers = await this.#requests.askForMany(
      `$JS.API.DIRECT.GET.${stream}`,
      JSON.stringify({ ...query, max_bytes: maxBytes }),
      (message) => isStatus(message) || !message.headers?.has('Nats-Num-Pending'),
    );
    const last = answers.at(-1)!;
    if (!isStatus(last)) return undefined;
    const status = last.headers?.code;
    if (status === 404) return { messages: [], pending: 0 };
    if (status !== 204) throw new Error(`JetStream refused to read: ${last.headers?.description}`);
    const messages = answers.slice(0, -1).map((message) => ({
      sequence: Number(message.headers?.get('Nats-Sequence')),
      ...contentOf(message, subject),
    }));
    return cut({ messages, pending: Number(last.headers?.get('Nats-Num-Pending')) }, maxBytes);
  }

  async #readConsumer({ stream, subject, from, limit, maxBytes }: Range): Promise<Messages> {
    const { name, num_pending: total } = await this.#api.createConsumer(stream, {
      filter_subject: subject,
      ...(from > 0 ? { deliver_policy: 'by_start_sequence', opt_start_seq: from } : {}),
      ack_policy: 'none',
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: CONSUMER_IDLE_NANOS,
    });
    try {
      if (total === 0) return { messages: [], pending: 0 };
      let messages = await this.#pull(stream, name, {
        batch: Math.min(limit, total),
        max_bytes: maxBytes,
      });
      // The server hands out nothing if the first one is too large.
      if (messages.length === 0) messages = await this.#pull(stream, name, { batch: 1 });
      const read = messages.map((message) => ({
        sequence: sequenceOf(message),
        ...contentOf(message, subject),
      }));
      return cut({ messages: read, pending: Math.max(0, total - read.length) }, maxBytes);
    } finally {
      this.#api.deleteConsumer(stream, name);
    }
  }

  async #pull(stream: string, consumer: string, request: PullRequest): Promise<Msg[]> {
    let count = 0;
    const answers = await this.#requests.askForMany(
      `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`,
      JSON.stringify({ ...request, expires: PULL_NANOS }),
      (message) => isStatus(message) || ++count === request.batch,
    );
    return answers.filter((message) => !isStatus(message));
  }
}

function contentOf({ headers, data }: Msg, subject: string): Omit<StoredMessage, 'sequence'> {
  return { subject, id: headers?.get(MESSAGE_ID) ?? '', data };
}

/** Says how reading ended, rather than being a message. */
function isStatus({ headers, data }: Msg): boolean {
  return data.length === 0 && headers !== undefined && headers.code !== 0;
}

/** `$JS.ACK.<stream>.<consumer>.<delivered>.<sequence>.…`; newer servers may put two tokens in between. */
function sequenceOf({ reply }: Msg): number {
  const tokens = reply?.split('.') ?? [];
  return Number(tokens.length >= 11 ? tokens[7] : tokens[5]);
}

/** Servers count bytes in ways of their own. */
function cut({ messages, pending }: Messages, maxBytes: number): Messages {
  let bytes = 0;
  let count = 0;
  for (const { data } of messages) {
    bytes += data.byteLength;
    if (count > 0 && bytes > maxBytes) break;
    count++;
  }
  return { messages: messages.slice(0, count), pending: pending + messages.length - count };
}

import type { Appended, LogPolicy } from '@asyngular/broker';
import { MsgHdrsImpl } from '@nats-io/nats-core/internal';
import { type JetStreamApi, JetStreamError, type PublishAnswer, readAnswer } from './api.js';
import { type Append, AppendBatches, type Batch } from './append-batches.js';
import { entriesOf, MESSAGE_ID, offsetOf, tagOf } from './places.js';
import { NoAnswerError, NoRespondersError, type Requests } from './requests.js';
import type { LogStream, LogStreams } from './streams.js';

/** What to append. */
export interface AppendRequest extends Pick<Append, 'data' | 'id'> {
  readonly channel: string;
  readonly policy: LogPolicy;
}

/** Puts publications into streams. */
export class LogAppender {
  readonly #requests: Requests;
  readonly #api: JetStreamApi;
  readonly #streams: LogStreams;
  readonly #batches = new AppendBatches();

  constructor(requests: Requests, api: JetStreamApi, streams: LogStreams) {
    this.#requests = requests;
    this.#api = api;
    this.#streams = streams;
  }

  /** How large a message the server takes, in bytes. */
  setMaxPayload(bytes: number): void {
    this.#batches.setMaxPayload(bytes);
  }

  /** Rejects with an error that `isTemporary` while the stream has no leader, is gone, or says nothing. */
  append(request: AppendRequest): Promise<Appended> {
    const ready = this.#streams.ready(request.policy);
    if (!(ready instanceof Promise)) return this.#add(ready, request);
    return ready.then(
      (stream) => this.#add(stream, request),
      (error) => {
        this.#doubt(request.policy, error);
        throw error;
      },
    );
  }

  #add(stream: LogStream, { channel, data, id, policy }: AppendRequest): Promise<Appended> {
    return new Promise((resolve, reject) => {
      const append = { data, id, resolve, reject };
      const batch = this.#batches.add(stream.subjectOf(channel), append);
      if (batch) void this.#send(stream, batch, policy);
    });
  }

  async #send(stream: LogStream, batch: Batch, policy: LogPolicy): Promise<void> {
    const { subject, messageId, appends } = batch;
    try {
      const message = () => this.#batches.close(batch);
      const answer = await this.#requests.ask(subject, message, new MessageIdHeader(messageId));
      const stored = readAnswer<PublishAnswer>(`refused a publication on ${subject}`, answer);
      if (stored.stream !== stream.name) {
        throw new Error(
          `Another JetStream stream, ${stored.stream}, stores ${subject} too; remove it, or set another subjectPrefix`,
        );
      }
      if (stored.duplicate) await this.#settleKnown(stream, batch, stored.seq);
      else settle(stream, batch, stored.seq, false);
    } catch (error) {
      this.#batches.failed(batch);
      this.#doubt(policy, error);
      for (const { reject } of appends) reject(error as Error);
    }
  }

  /** The stream has a message with this id: these ones, sent before, or what had the same id of the application. */
  async #settleKnown(stream: LogStream, batch: Batch, sequence: number): Promise<void> {
    const message = await this.#api.messageAt(stream.name, sequence);
    if (!message) {
      settle(stream, batch, sequence, true);
      return;
    }
    const entries = entriesOf(stream.epoch, message);
    for (const { data, id, resolve, reject } of batch.appends) {
      const own = entries.find((entry) => Buffer.compare(entry.data, data) === 0);
      if (own) resolve({ position: own.position, duplicate: false });
      else if (id !== undefined) resolve({ position: entries.at(-1)!.position, duplicate: true });
      else reject(new Error(`JetStream has another publication on ${batch.subject} with its id`));
    }
  }

  #doubt(policy: LogPolicy, error: unknown): void {
    if (isTemporary(error)) this.#streams.doubt(policy);
  }
}

function settle(
  { epoch }: LogStream,
  { messageId, appends }: Batch,
  sequence: number,
  duplicate: boolean,
): void {
  const first = offsetOf(sequence) - appends.length + 1;
  for (const [index, { resolve }] of appends.entries()) {
    const position = { epoch, offset: first + index, tag: tagOf(messageId, index) };
    resolve({ position, duplicate });
  }
}

/** The only header of a publication, of a name and a value that need no check. */
class MessageIdHeader extends MsgHdrsImpl {
  readonly #id: string;

  constructor(id: string) {
    super();
    this.#id = id;
  }

  override encode(): Uint8Array {
    return Buffer.from(`NATS/1.0\r\n${MESSAGE_ID}: ${this.#id}\r\n\r\n`, 'latin1');
  }
}

/** Whether the same append may succeed in a moment. */
export function isTemporary(error: unknown): boolean {
  if (error instanceof JetStreamError) return error.isTransient;
  return error instanceof NoRespondersError || error instanceof NoAnswerError;
}

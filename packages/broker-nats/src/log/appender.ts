import type { Appended, LogPolicy } from '@asyngular/broker';
import { ConnectionLostError } from '@asyngular/broker/transport';
import { MsgHdrsImpl } from '@nats-io/nats-core/internal';
import { type JetStreamApi, JetStreamError, type PublishAnswer, readAnswer } from './api.js';
import { type Append, AppendBatches, type AppendRequest, type Batch } from './append-batches.js';
import { entriesOf, MESSAGE_ID, offsetOf, tagOf } from './places.js';
import { NoAnswerError, NoRespondersError, type Requests } from './requests.js';
import type { LogStream, LogStreams } from './streams.js';

/** What a `LogAppender` is made of. */
export interface AppenderSetup {
  readonly requests: Requests;
  readonly api: JetStreamApi;
  readonly streams: LogStreams;
  /** Whether the messages of one subject are certain to be stored in the order in which they leave. */
  keepsOrder(stream: LogStream): boolean;
}

/** Puts publications into streams. */
export class LogAppender {
  readonly #setup: AppenderSetup;
  readonly #batches = new AppendBatches();
  /** What waits behind a message, by its subject, where the next one may not leave before its answer has come. */
  readonly #waiting = new Map<string, Append[]>();

  constructor(setup: AppenderSetup) {
    this.#setup = setup;
  }

  /** How large a message the server takes, in bytes. */
  setMaxPayload(bytes: number): void {
    this.#batches.setMaxPayload(bytes);
  }

  /** Rejects with an error that `isTemporary` while the stream has no leader, is gone, or says nothing. */
  append(request: AppendRequest): Promise<Appended> {
    return new Promise((resolve, reject) => this.#admit({ ...request, resolve, reject }));
  }

  #admit(append: Append): void {
    const { policy, reject } = append;
    const { streams } = this.#setup;
    const ready = streams.ready(policy);
    if (!(ready instanceof Promise)) {
      this.#add(ready, append);
      return;
    }
    ready.then(
      (stream) => this.#add(stream, append),
      (error: Error) => {
        if (isTemporary(error)) streams.doubt(policy);
        reject(error);
      },
    );
  }

  #add(stream: LogStream, append: Append): void {
    const subject = stream.subjectOf(append.channel);
    const waiting = this.#waiting.get(subject);
    if (!waiting?.length && this.#batches.join(subject, append)) return;
    if (waiting) {
      waiting.push(append);
      return;
    }
    if (!this.#setup.keepsOrder(stream)) this.#waiting.set(subject, []);
    void this.#send(stream, this.#batches.begin(subject, append), append.policy);
  }

  async #send(stream: LogStream, batch: Batch, policy: LogPolicy): Promise<void> {
    const { subject, messageId, appends } = batch;
    const { requests, streams } = this.#setup;
    try {
      const message = () => this.#batches.close(batch);
      const answer = await requests.ask(subject, message, new MessageIdHeader(messageId));
      const stored = readAnswer<PublishAnswer>(`refused a publication on ${subject}`, answer);
      if (stored.stream !== stream.name) {
        throw new Error(
          `Another JetStream stream, ${stored.stream}, stores ${subject} too; remove it, or set another subjectPrefix`,
        );
      }
      if (stored.duplicate) await this.#settleKnown(stream, batch, stored.seq);
      else settle(stream, batch, stored.seq, false);
      this.#goOn(subject);
    } catch (error) {
      this.#batches.failed(batch);
      if (isTemporary(error)) streams.doubt(policy);
      for (const { reject } of appends) reject(error as Error);
      this.#goOn(subject, error);
    }
  }

  /** What comes again has to come before what waits behind it. */
  #goOn(subject: string, error?: unknown): void {
    const waiting = this.#waiting.get(subject) ?? [];
    this.#waiting.delete(subject);
    const isLost = isTemporary(error) || error instanceof ConnectionLostError;
    for (const append of waiting) {
      if (isLost) append.reject(error as Error);
      else this.#admit(append);
    }
  }

  /** The stream has a message with this id: these ones, sent before, or what had the same id of the application. */
  async #settleKnown(stream: LogStream, batch: Batch, sequence: number): Promise<void> {
    const message = await this.#setup.api.messageAt(stream.name, sequence);
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

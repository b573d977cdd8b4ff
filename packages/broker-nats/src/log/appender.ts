import { ConnectionLostError, type TransportAppend } from '@asyngular/broker/transport';
import { MsgHdrsImpl } from '@nats-io/nats-core/internal';
import { type JetStreamApi, type PublishAnswer, readAnswer, type StoredMessage } from './api.js';
import { AppendBatches, type Batch } from './append-batches.js';
import { entriesOf, MESSAGE_ID, positionsOf } from './places.js';
import type { Requests } from './requests.js';
import type { LogStream, LogStreams } from './streams.js';
import { isTemporary } from './temporary.js';

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
  /** What waits behind a message, by its channel, where the next one may not leave before its answer has come. */
  readonly #waiting = new Map<string, TransportAppend[]>();

  constructor(setup: AppenderSetup) {
    this.#setup = setup;
  }

  /** How large a message the server takes, in bytes. */
  setMaxPayload(bytes: number): void {
    this.#batches.setMaxPayload(bytes);
  }

  /** Fails with an error that `isTemporary` while the stream has no leader, is gone, or says nothing. */
  append(append: TransportAppend): void {
    const { policy } = append;
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
        append.onFailed(error);
      },
    );
  }

  #add(stream: LogStream, append: TransportAppend): void {
    const { channel } = append;
    const waiting = this.#waiting.get(channel);
    if (!waiting?.length && this.#batches.join(stream, append)) return;
    if (waiting) {
      waiting.push(append);
      return;
    }
    if (!this.#setup.keepsOrder(stream)) this.#waiting.set(channel, []);
    void this.#send(this.#batches.begin(stream, append));
  }

  async #send(batch: Batch): Promise<void> {
    const { channel, stream, subject, messageId, appends } = batch;
    const { requests, api, streams } = this.#setup;
    let stored: PublishAnswer;
    let known: StoredMessage | undefined;
    try {
      const message = () => this.#batches.close(batch);
      const answer = await requests.askInOrder(subject, message, new MessageIdHeader(messageId));
      stored = readAnswer<PublishAnswer>(`refused a publication on ${subject}`, answer);
      if (stored.stream !== stream.name) {
        throw new Error(
          `Another JetStream stream, ${stored.stream}, stores ${subject} too; remove it, or set another subjectPrefix`,
        );
      }
      if (stored.duplicate) known = await api.messageAt(stream.name, stored.seq);
    } catch (error) {
      this.#batches.failed(batch);
      if (isTemporary(error)) streams.doubt(appends[0]!.policy);
      for (const append of appends) append.onFailed(error as Error);
      this.#goOn(channel, error);
      return;
    }
    if (known) settleKnown(batch, known);
    else settle(batch, stored);
    this.#goOn(channel);
  }

  /** What comes again has to come before what waits behind it. */
  #goOn(channel: string, error?: unknown): void {
    const waiting = this.#waiting.get(channel) ?? [];
    this.#waiting.delete(channel);
    const isLost = isTemporary(error) || error instanceof ConnectionLostError;
    for (const append of waiting) {
      if (isLost) append.onFailed(error as Error);
      else this.append(append);
    }
  }
}

/** The stream has a message with this id: these ones, sent before, or what had the same id of the application. */
function settleKnown({ stream, subject, appends }: Batch, message: StoredMessage): void {
  const entries = entriesOf(stream.epoch, message);
  for (const append of appends) {
    const own = entries.find((entry) => Buffer.compare(entry.data, append.data) === 0);
    if (own) append.onStored({ position: own.position, duplicate: false });
    else if (append.id === undefined)
      append.onFailed(new Error(`JetStream has another publication on ${subject} with its id`));
    else append.onStored({ position: entries.at(-1)!.position, duplicate: true });
  }
}

/** The stream has the message, or had it. */
function settle(
  { stream, messageId, appends }: Batch,
  { seq: sequence, duplicate = false }: PublishAnswer,
): void {
  const positionAt = positionsOf(stream.epoch, { sequence, id: messageId }, appends.length);
  for (const [index, append] of appends.entries()) {
    append.onStored({ position: positionAt(index), duplicate });
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

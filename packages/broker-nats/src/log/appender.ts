import type { Appended, LogPolicy } from '@asyngular/broker';
import { MsgHdrsImpl } from '@nats-io/nats-core/internal';
import { type JetStreamApi, JetStreamError, type PublishAnswer, readAnswer } from './api.js';
import { identityOf, MESSAGE_ID, messageIdOf, tagOf } from './places.js';
import { NoAnswerError, NoRespondersError, type Requests } from './requests.js';
import type { LogStream, LogStreams } from './streams.js';

/** What to append. */
export interface AppendRequest {
  readonly channel: string;
  readonly data: Uint8Array;
  readonly id: string | undefined;
  readonly policy: LogPolicy;
}

/** Puts publications into streams. */
export class LogAppender {
  readonly #requests: Requests;
  readonly #api: JetStreamApi;
  readonly #streams: LogStreams;

  constructor(requests: Requests, api: JetStreamApi, streams: LogStreams) {
    this.#requests = requests;
    this.#api = api;
    this.#streams = streams;
  }

  /** Rejects with an error that `isTemporary` while the stream has no leader, is gone, or says nothing. */
  async append({ channel, data, id, policy }: AppendRequest): Promise<Appended> {
    try {
      const ready = this.#streams.ready(policy);
      const stream = ready instanceof Promise ? await ready : ready;
      const subject = stream.subjectOf(channel);
      const messageId = messageIdOf(subject, data, id);
      const answer = await this.#requests.ask(subject, data, new MessageIdHeader(messageId));
      const stored = readAnswer<PublishAnswer>(`refused a publication on ${subject}`, answer);
      if (stored.stream !== stream.name) {
        throw new Error(
          `Another JetStream stream, ${stored.stream}, stores ${subject} too; remove it, or set another subjectPrefix`,
        );
      }
      const position = { epoch: stream.epoch, offset: stored.seq, tag: tagOf(messageId) };
      const duplicate =
        stored.duplicate === true && (await this.#isAnother(stream, stored.seq, data));
      return { position, duplicate };
    } catch (error) {
      if (isTemporary(error)) this.#streams.doubt(policy);
      throw error;
    }
  }

  /** Whether the one with the same id is not this one, sent before the connection was lost. */
  async #isAnother(stream: LogStream, sequence: number, data: Uint8Array): Promise<boolean> {
    const first = await this.#api.messageAt(stream.name, sequence);
    return !first || identityOf(first.data) !== identityOf(data);
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

import type { Msg } from '@nats-io/nats-core';
import { MESSAGE_ID, type StoredBatch } from './places.js';
import type { Requests } from './requests.js';
import type { StreamConfig } from './stream-config.js';

/** Numbers of errors in JetStream's own table; every version of the server keeps them. */
export const errorCodes = {
  noPeers: 10005,
  clusterAway: 10008,
  notLeader: 10009,
  noMessage: 10037,
  notEnabledForAccount: 10039,
  nameInUse: 10058,
  noStream: 10059,
  subjectsInUse: 10065,
  notEnabled: 10076,
} as const;

const ABSENT: ReadonlySet<number> = new Set([errorCodes.noMessage, errorCodes.noStream]);
const TRANSIENT: ReadonlySet<number> = new Set([
  errorCodes.noPeers,
  errorCodes.clusterAway,
  errorCodes.notLeader,
]);

const REMEDIES: ReadonlyMap<number, string> = new Map([
  [10002, 'raise the limits of the account'],
  [errorCodes.noPeers, 'lower `replicas`, or start more servers with JetStream'],
  [10023, 'give JetStream more memory or storage'],
  [10027, 'raise the number of streams that the account may have'],
  [10028, 'raise `max_memory_store` of the NATS server, or set `storage` to "file"'],
  [errorCodes.notEnabledForAccount, 'enable JetStream for the account'],
  [10047, 'raise `max_file_store` of the NATS server, or keep less history'],
  [errorCodes.subjectsInUse, 'remove the other stream, or set another `subjectPrefix`'],
  [10074, 'set `replicas` to 1, or connect to a cluster'],
  [errorCodes.notEnabled, 'start the NATS server with -js'],
  [10077, 'raise `maxBytes`, or keep less history'],
  [10113, 'set `maxBytes`, which this account demands'],
  [10122, 'lower `maxBytes`'],
]);

/** JetStream said no. */
export class JetStreamError extends Error {
  override name = 'JetStreamError';
  readonly errorCode: number;
  /** It may say yes in a moment: a cluster elects a leader, or a server of it starts again. */
  readonly isTransient: boolean;

  constructor(what: string, { err_code: errorCode, description }: ApiError) {
    const remedy = REMEDIES.get(errorCode);
    super(`JetStream ${what}: ${description} (${errorCode})${remedy ? `; ${remedy}` : ''}`);
    this.errorCode = errorCode;
    this.isTransient = TRANSIENT.has(errorCode);
  }
}

const ID_LINE = new RegExp(`^${MESSAGE_ID}: *(.*?)\\r?$`, 'im');

interface ApiError {
  readonly err_code: number;
  readonly description: string;
}

/** What JetStream tells about a stream. */
export interface StreamInfo {
  readonly config: StreamConfig;
  /** RFC 3339, in nanoseconds. */
  readonly created: string;
  readonly state: { readonly last_seq: number; readonly messages: number };
}

/** What became of a publication. */
export interface PublishAnswer {
  readonly stream: string;
  readonly seq: number;
  readonly duplicate?: boolean;
}

/** A message as it stands in a stream. */
export interface StoredMessage extends StoredBatch {
  readonly subject: string;
}

/** The few calls of JetStream's API that a log needs. Every one may reject with `JetStreamError`. */
export class JetStreamApi {
  readonly #requests: Requests;

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  /** Resolves if this connection may use JetStream. */
  async checkAccount(): Promise<void> {
    await this.#call('does not answer for this account', 'INFO');
  }

  streamInfo(name: string): Promise<StreamInfo> {
    return this.#call(`knows nothing of stream ${name}`, `STREAM.INFO.${name}`);
  }

  createStream(config: StreamConfig): Promise<StreamInfo> {
    const what = `refused to create stream ${config.name}`;
    return this.#call(what, `STREAM.CREATE.${config.name}`, config);
  }

  updateStream(config: StreamConfig): Promise<StreamInfo> {
    const what = `refused to change stream ${config.name}`;
    return this.#call(what, `STREAM.UPDATE.${config.name}`, config);
  }

  /** The newest message of a subject, as the stream's leader has it. */
  lastMessage(stream: string, subject: string): Promise<StoredMessage | undefined> {
    return this.#message(stream, { last_by_subj: subject });
  }

  /** The message with a sequence, as the stream's leader has it. */
  messageAt(stream: string, sequence: number): Promise<StoredMessage | undefined> {
    return this.#message(stream, { seq: sequence });
  }

  async createConsumer(
    stream: string,
    config: object,
  ): Promise<{ readonly name: string; readonly num_pending: number }> {
    const what = `refused a consumer of stream ${stream}`;
    const request = { stream_name: stream, config };
    return this.#call(what, `CONSUMER.CREATE.${stream}`, request);
  }

  deleteConsumer(stream: string, consumer: string): void {
    this.#requests.send(`$JS.API.CONSUMER.DELETE.${stream}.${consumer}`);
  }

  async #message(stream: string, query: object): Promise<StoredMessage | undefined> {
    try {
      const what = `refused to read stream ${stream}`;
      const { message } = await this.#call<MessageAnswer>(what, `STREAM.MSG.GET.${stream}`, query);
      const { seq: sequence, subject } = message;
      const headers = Buffer.from(message.hdrs ?? '', 'base64').toString();
      const id = ID_LINE.exec(headers)?.[1] ?? '';
      return { sequence, subject, id, data: Buffer.from(message.data ?? '', 'base64') };
    } catch (error) {
      if (error instanceof JetStreamError && ABSENT.has(error.errorCode)) return;
      throw error;
    }
  }

  async #call<Answer>(what: string, name: string, request?: object): Promise<Answer> {
    const body = request ? JSON.stringify(request) : '';
    return readAnswer<Answer>(what, await this.#requests.ask(`$JS.API.${name}`, body));
  }
}

interface MessageAnswer {
  readonly message: {
    readonly seq: number;
    readonly subject: string;
    readonly hdrs?: string;
    readonly data?: string;
  };
}

/** The answer in JSON; throws the error that it may be. */
export function readAnswer<Answer>(what: string, { data }: Msg): Answer {
  const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString();
  const answer = JSON.parse(text) as Answer & { error?: ApiError };
  if (answer.error) throw new JetStreamError(what, answer.error);
  return answer;
}

import type {
  Appended,
  LiveEntry,
  LogPage,
  LogPolicy,
  LogPosition,
  ReadOptions,
} from '@asyngular/broker';
import {
  decodePublication,
  encodePublication,
  identifyEnvelope,
  type LogNode,
  MemoryLog,
  SharedLog,
} from '@asyngular/broker/transport';
import type { FieldReader } from '../wire/field-reader.js';
import { frameKinds } from '../wire/frame-kinds.js';
import { FrameWriter } from '../wire/frame-writer.js';
import {
  readPolicy,
  readReadOptions,
  writeAppended,
  writeEntry,
  writePage,
  writePosition,
} from '../wire/log-fields.js';
import type { AppendAnswers } from './append-answers.js';

/** Payload bytes of a page, whatever was asked for. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/** What stands before the envelope of a live entry, as a rule. */
const ENTRY_HEAD_BYTES = 128;
const NOTHING = Buffer.alloc(0);

/** The logs of all channels, in the memory of the hub: there is one order, whoever publishes. */
export class HubLog {
  readonly #store: MemoryLog;
  readonly #shared: SharedLog;
  /** The envelope that is being appended. */
  #envelope: Buffer = NOTHING;
  /** The last live entry, encoded once for all who follow. */
  #last: { readonly entry: LiveEntry; readonly pieces: readonly Buffer[] } | undefined;

  constructor(maxHistoryBytes: number | undefined) {
    this.#store = new MemoryLog(maxHistoryBytes);
    this.#shared = new SharedLog(this.#store);
  }

  size() {
    return this.#store.size();
  }

  join(node: LogNode): void {
    this.#shared.join(node);
  }

  leave(node: LogNode): void {
    this.#shared.leave(node);
  }

  follow(key: string, node: LogNode): void {
    this.#shared.follow(key, node);
  }

  unfollow(key: string, node: LogNode): void {
    this.#shared.unfollow(key, node);
  }

  /** Appends what a worker sent, unless it is sent again; the answer. */
  append(fields: FieldReader, answers: AppendAnswers): Buffer {
    answers.confirm(fields.uint32());
    const [key, id] = [fields.key(), fields.key()];
    const policy = readPolicy(fields);
    const envelope = fields.rest();
    const publication = decodePublication(envelope);
    if (publication === undefined) return refusal('that is no publication of this version');
    const { sequence } = identifyEnvelope(envelope);
    this.#envelope = envelope;
    const appended = answers.find(sequence) ?? this.#append(key, publication, policy, id);
    // They would keep alive what came together with them.
    this.#envelope = NOTHING;
    this.#last = undefined;
    answers.give(sequence, appended);
    const answer = new FrameWriter(frameKinds.answer);
    writeAppended(answer, appended);
    return answer.finish();
  }

  read(fields: FieldReader): Buffer {
    const key = fields.key();
    const policy = this.#policyOf(fields);
    const { maxBytes, ...options } = readReadOptions(fields);
    const read: ReadOptions = { ...options, maxBytes: Math.min(maxBytes, MAX_PAGE_BYTES) };
    const { entries, ...page }: LogPage = this.#store.read(key, read, policy);
    const stored = entries.map(({ position, payload, except }) => ({
      position,
      data: encodePublication(payload, except),
    }));
    const answer = new FrameWriter(frameKinds.answer);
    writePage(answer, { ...page, entries: stored });
    return answer.finish();
  }

  tops(fields: FieldReader): Buffer {
    const answer = new FrameWriter(frameKinds.answer);
    while (fields.hasMore) {
      const top: LogPosition = this.#store.top(fields.key(), this.#policyOf(fields));
      writePosition(answer, top);
    }
    return answer.finish();
  }

  /** The frame of the entry that is being appended, in pieces: those who follow get the envelope as it came. */
  announcementOf(key: string, entry: LiveEntry): readonly Buffer[] {
    if (this.#last?.entry !== entry) {
      const head = new FrameWriter(frameKinds.entry, ENTRY_HEAD_BYTES).key(key);
      writeEntry(head, entry);
      const pieces = [head.finish(this.#envelope.length), this.#envelope];
      this.#last = { entry, pieces };
    }
    return this.#last.pieces;
  }

  #append(
    key: string,
    { payload, except }: NonNullable<ReturnType<typeof decodePublication>>,
    policy: LogPolicy,
    id: string,
  ): Appended {
    this.#shared.keepSwept();
    // Bytes are a piece of what came over the socket, and would keep all of that in memory.
    const kept = typeof payload === 'string' ? payload : Uint8Array.from(payload);
    return this.#store.append(key, kept, policy, id === '' ? undefined : id, except);
  }

  #policyOf(fields: FieldReader): LogPolicy {
    // Whatever is done with a log makes one.
    this.#shared.keepSwept();
    return readPolicy(fields);
  }
}

export function refusal(reason: string): Buffer {
  return new FrameWriter(frameKinds.refused).bytes(Buffer.from(reason)).finish();
}

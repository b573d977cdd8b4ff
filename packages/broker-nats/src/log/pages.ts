import {
  isSamePosition,
  type LogPolicy,
  type LogPosition,
  type ReadOptions,
} from '@asyngular/broker';
import type { StoredPage } from '@asyngular/broker/transport';
import type { JetStreamApi, StoredMessage } from './api.js';
import { type Ends, isFresh, isYoung, type LogEnds } from './ends.js';
import type { KnownEnd, KnownEnds } from './known-ends.js';
import {
  entriesOf,
  isBeginning,
  offsetOf,
  sequenceAfter,
  sequenceOf,
  timeOfMark,
} from './places.js';
import type { Messages, StreamReader } from './reader.js';
import type { LogStream, LogStreams } from './streams.js';
import { readTail } from './tail.js';

/** Pauses, in ms, before a replica is asked again that has not heard of the newest publications yet. */
const LAG_PAUSES_MS = [10, 40, 160, 640] as const;

/** None of the replicas that answered has what the leader had. */
export class LaggingReplicasError extends Error {
  override name = 'LaggingReplicasError';
}

/** One channel to read, and what was known of it when reading began. */
interface Place {
  readonly channel: string;
  readonly subject: string;
  readonly known: readonly KnownEnd[];
}

/** Reads pages of logs. */
export class LogPages {
  readonly #api: JetStreamApi;
  readonly #streams: LogStreams;
  readonly #reader: StreamReader;
  readonly #ends: LogEnds;
  readonly #known: KnownEnds;

  constructor(
    api: JetStreamApi,
    streams: LogStreams,
    reader: StreamReader,
    ends: LogEnds,
    known: KnownEnds,
  ) {
    this.#api = api;
    this.#streams = streams;
    this.#reader = reader;
    this.#ends = ends;
    this.#known = known;
  }

  async read(channel: string, options: ReadOptions, policy: LogPolicy): Promise<StoredPage> {
    const stream = await this.#streams.ready(policy);
    const place = { channel, subject: stream.subjectOf(channel), known: this.#known.all(channel) };
    const { after } = options;
    if (!after) {
      for (const pauseMs of LAG_PAUSES_MS) {
        const page = await this.#readBackwards(place, options, policy);
        if (page) return page;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
      throw new LaggingReplicasError(
        `The replicas of the JetStream stream ${stream.name} lag behind its leader`,
      );
    }
    let page = await this.#readForwards(place, after, options, policy);
    for (const pauseMs of LAG_PAUSES_MS) {
      if (!page.reached || page.entries.length > 0 || !page.hasMore) break;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      page = await this.#readForwards(place, after, options, policy);
    }
    return page;
  }

  async #readForwards(
    place: Place,
    after: LogPosition,
    { limit, maxBytes }: ReadOptions,
    policy: LogPolicy,
  ): Promise<StoredPage> {
    const { channel, subject } = place;
    const { name } = await this.#streams.ready(policy);
    const from = sequenceAfter(after.offset);
    const range = { stream: name, subject, from, limit, maxBytes };
    const [ends, found] = await Promise.all([
      this.#ends.ask(policy, [channel]),
      this.#reader.read(range),
    ]);
    const top = ends.tops.get(channel)!;
    if (isSamePosition(after, top)) return { entries: [], top, reached: true, hasMore: false };
    // Asked after reading: what was there then, and what followed it, was there while the page was read.
    if (!(await this.#isComplete(place, after, ends))) {
      return { entries: [], top, reached: false, hasMore: false };
    }
    return forwardPage(ends.stream, { after, limit, maxBytes }, found, top);
  }

  /** Whether nothing that followed the position is gone. */
  async #isComplete(
    { subject, known }: Place,
    after: LogPosition,
    { stream, lastOffset }: Ends,
  ): Promise<boolean> {
    if (after.epoch !== stream.epoch || after.offset > lastOffset) return false;
    if (timeOfMark(after) === undefined && after.offset > 0) {
      const own = await this.#api.messageAt(stream.name, sequenceOf(after.offset));
      if (own) return own.subject === subject && hasEntry(stream, own, after);
    }
    const nowMs = Date.now();
    const proof = [...known, ...ownProof(after, stream, nowMs)].find(
      (end) => isFresh(end, stream, nowMs) && isCovered(after, end),
    );
    if (!proof || proof.until > lastOffset) return false;
    const range = { stream: stream.name, subject, from: 0, limit: 1, maxBytes: 0 };
    const { messages, pending } = await this.#reader.read(range);
    const [first] = messages;
    // Nothing was trimmed, and nothing stands where there was nothing: the stream has not lost its memory.
    return !first || (offsetOf(first.sequence) > proof.until && pending < stream.size);
  }

  /** `undefined`: a replica answered that has not heard of the newest ones yet. */
  async #readBackwards(
    { channel, subject }: Place,
    { before, limit, maxBytes }: ReadOptions,
    policy: LogPolicy,
  ): Promise<StoredPage | undefined> {
    const ends = await this.#ends.ask(policy, [channel]);
    const top = ends.tops.get(channel)!;
    const { stream } = ends;
    const limitPosition = before && (await this.#findOwn(before, subject, ends));
    if (limitPosition === 'none') return { entries: [], top, reached: false, hasMore: false };
    const isEntry = before ? limitPosition === 'entry' : timeOfMark(top) === undefined;
    const expected = isEntry ? (before ?? top).offset : 0;
    const { entries, hasMore, seen } = await readTail(this.#reader, {
      stream,
      subject,
      before: before?.offset ?? Number.POSITIVE_INFINITY,
      limit,
      maxBytes,
      visible: policy.size,
    });
    // The top may be one that has expired, and of which only this node knows.
    if (seen < expected && !(await this.#isGone(stream, subject, expected))) return undefined;
    const newest = before ? top : newerOf(top, entries.at(-1)?.position);
    return { entries, top: newest, reached: true, hasMore };
  }

  /** `entry`: the log has it; `place`: it may have had it; `none`: it is none of this log. */
  async #findOwn(
    position: LogPosition,
    subject: string,
    { stream, lastOffset }: Ends,
  ): Promise<'entry' | 'place' | 'none'> {
    const { epoch, offset } = position;
    if (epoch !== stream.epoch || offset > lastOffset) return 'none';
    const own = await this.#api.messageAt(stream.name, sequenceOf(offset));
    if (own?.subject !== subject) return 'place';
    return hasEntry(stream, own, position) ? 'entry' : 'none';
  }

  async #isGone(stream: LogStream, subject: string, offset: number): Promise<boolean> {
    const own = await this.#api.messageAt(stream.name, sequenceOf(offset));
    return own?.subject !== subject;
  }
}

/** What the position itself says: a mark when it was made, the beginning of a log that it begins. */
function ownProof(position: LogPosition, stream: LogStream, nowMs: number): KnownEnd[] {
  const isFirst = isBeginning(position) && isYoung(stream, nowMs);
  const atMs = isFirst ? nowMs : timeOfMark(position);
  return atMs === undefined ? [] : [{ position, until: position.offset, atMs }];
}

/** Marks between an end and the sequence up to which it held mean the same place. */
function isCovered(position: LogPosition, { position: end, until }: KnownEnd): boolean {
  if (isSamePosition(position, end)) return true;
  const isMark = timeOfMark(position) !== undefined;
  return isMark && position.offset >= end.offset && position.offset <= until;
}

function forwardPage(
  { epoch }: LogStream,
  { after, limit, maxBytes }: ReadOptions & { readonly after: LogPosition },
  { messages, pending }: Messages,
  top: LogPosition,
): StoredPage {
  // The position may lie within the first message, and the page may end within the last one.
  const found = messages
    .flatMap((message) => entriesOf(epoch, message))
    .filter(({ position }) => position.offset > after.offset);
  let bytes = 0;
  const end = found.findIndex(({ data }, index) => {
    bytes += data.byteLength;
    return index === limit || (index > 0 && bytes > maxBytes);
  });
  const entries = end === -1 ? found : found.slice(0, end);
  const last = entries.at(-1)?.position;
  // A mark is no publication that could be missing here.
  const isBehind = timeOfMark(top) === undefined && (last ?? after).offset < top.offset;
  const hasMore = pending > 0 || end !== -1 || isBehind;
  return { entries, top: newerOf(top, found.at(-1)?.position), reached: true, hasMore };
}

function newerOf(top: LogPosition, last: LogPosition | undefined): LogPosition {
  return last && last.offset > top.offset ? last : top;
}

function hasEntry({ epoch }: LogStream, message: StoredMessage, { offset, tag }: LogPosition) {
  return entriesOf(epoch, message).some(
    ({ position }) => position.offset === offset && position.tag === tag,
  );
}

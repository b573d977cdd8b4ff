import type { LogPolicy, LogPosition } from '@asyngular/broker';
import type { JetStreamApi, StoredMessage } from './api.js';
import type { KnownEnd, KnownEnds } from './known-ends.js';
import { createMark, entriesOf, offsetOf } from './places.js';
import type { LogStream, LogStreams } from './streams.js';

/** Publications expire after twice the time for which knowledge is fresh; clocks may differ by the rest. */
const YOUTH = 1.9;

/** Where logs of one stream end, as its leader says. */
export interface Ends {
  readonly stream: LogStream;
  /** Where the stream ends, with whatever channel. */
  readonly lastOffset: number;
  readonly tops: ReadonlyMap<string, LogPosition>;
}

/** Finds where logs end. */
export class LogEnds {
  readonly #api: JetStreamApi;
  readonly #streams: LogStreams;
  readonly #known: KnownEnds;

  constructor(api: JetStreamApi, streams: LogStreams, known: KnownEnds) {
    this.#api = api;
    this.#streams = streams;
    this.#known = known;
  }

  /** All of one policy; every question leaves at once. */
  async ask(policy: LogPolicy, channels: readonly string[]): Promise<Ends> {
    const ready = await this.#streams.ready(policy);
    const atMs = Date.now();
    const [{ stream, lastSequence }, newest] = await Promise.all([
      this.#streams.current(policy),
      this.#newest(ready, channels),
    ]);
    const lastOffset = offsetOf(lastSequence);
    // "Nothing up to the last sequence" is only true of an answer that came after that sequence.
    const silent = channels.filter((_, index) => newest[index] === undefined);
    const again = silent.length > 0 ? await this.#newest(stream, silent) : [];
    const tops = new Map<string, LogPosition>();
    channels.forEach((channel, index) => {
      const message = newest[index] ?? again[silent.indexOf(channel)];
      const end = message
        ? endOf(stream, message, atMs)
        : this.#silentEnd(channel, stream, lastOffset, atMs);
      this.#known.set(channel, end);
      tops.set(channel, end.position);
    });
    return { stream, lastOffset, tops };
  }

  #newest(stream: LogStream, channels: readonly string[]): Promise<(StoredMessage | undefined)[]> {
    return Promise.all(
      channels.map((channel) => this.#api.lastMessage(stream.name, stream.subjectOf(channel))),
    );
  }

  /** The stream has nothing of the channel: it is where it was, or has never been anywhere. */
  #silentEnd(channel: string, stream: LogStream, until: number, atMs: number): KnownEnd {
    const known = this.#known.get(channel);
    const isStill = known !== undefined && isFresh(known, stream, atMs) && known.until <= until;
    const position = isStill ? known.position : emptyPosition(stream, until, atMs);
    return { position, until, atMs };
  }
}

/** As long as nothing at all can have expired, a channel that has nothing is at its beginning. */
function emptyPosition({ epoch, createdMs, freshMs }: LogStream, until: number, atMs: number) {
  if (atMs - createdMs <= freshMs) return { epoch, offset: 0, tag: 0 };
  return createMark(epoch, until, atMs);
}

/** Whether a stream still has all that was ever published on a channel without trimmed publications. */
export function isYoung({ createdMs, freshMs }: LogStream, nowMs: number): boolean {
  return nowMs - createdMs <= YOUTH * freshMs;
}

/** Whatever followed it would still be in the stream. */
export function isFresh(known: KnownEnd, stream: LogStream, nowMs: number): boolean {
  return known.position.epoch === stream.epoch && nowMs - known.atMs <= stream.freshMs;
}

function endOf({ epoch }: LogStream, message: StoredMessage, atMs: number): KnownEnd {
  const { position } = entriesOf(epoch, message).at(-1)!;
  return { position, until: position.offset, atMs };
}

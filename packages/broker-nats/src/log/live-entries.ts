import type { LogPosition } from '@asyngular/broker';
import type { StoredEntry } from '@asyngular/broker/transport';
import type { Msg } from '@nats-io/nats-core';
import { decodeBatch } from './batch.js';
import { isFresh, isYoung } from './ends.js';
import type { KnownEnds } from './known-ends.js';
import { LiveOrder } from './live-order.js';
import { MESSAGE_ID, offsetOf, positionsOf, type StoredBatch } from './places.js';
import { readHeaders } from './raw-headers.js';
import type { LogStream, LogStreams } from './streams.js';

/** Entries kept while their stream is looked up, the newest; one that is dropped shows as a gap. */
const MAX_EARLY = 1_000;

/** What `LiveEntries` reports. None of the functions throws. */
export interface LiveEvents {
  onEntry(channel: string, entry: StoredEntry): void;
  /** A stream hands out sequences that it handed out before. */
  onRolledBack(name: string): void;
  onWarning(error: Error): void;
}

interface EarlyEntry {
  readonly channel: string;
  readonly message: Msg;
}

/** Turns what a stream republishes into entries of logs. */
export class LiveEntries {
  readonly #root: string;
  readonly #streams: LogStreams;
  readonly #known: KnownEnds;
  readonly #events: LiveEvents;
  /** Of streams that this node has not asked for yet, by class. */
  readonly #early = new Map<number, EarlyEntry[]>();
  readonly #order = new LiveOrder();
  #hasWarned = false;

  constructor(prefix: string, streams: LogStreams, known: KnownEnds, events: LiveEvents) {
    this.#root = `${prefix}.live.`;
    this.#streams = streams;
    this.#known = known;
    this.#events = events;
  }

  receive(channel: string, message: Msg): void {
    const sizeClass = Number.parseInt(message.subject.slice(this.#root.length), 10);
    const stream = this.#streams.ofClass(sizeClass);
    if (!stream || this.#early.has(sizeClass)) {
      this.#keep(sizeClass, { channel, message });
      return;
    }
    const { data } = message;
    const headers = readHeaders(message);
    const sequence = Number(headers.get('Nats-Sequence'));
    const before = Number(headers.get('Nats-Last-Sequence'));
    if (!Number.isSafeInteger(offsetOf(sequence)) || !Number.isSafeInteger(offsetOf(before)))
      return;
    if (this.#isForeign(channel, stream)) {
      this.#warn(channel, stream);
      return;
    }
    const batch = { sequence, id: headers.get(MESSAGE_ID), data };
    const deliver = () => this.#deliver(channel, stream, before, batch);
    const isNew = this.#order.take(channel, sequence, before, deliver);
    if (!isNew) this.#events.onRolledBack(stream.name);
  }

  unfollow(channel: string): void {
    this.#order.forget(channel);
  }

  /** Another connection counts anew. */
  restart(): void {
    this.#order.restart();
  }

  #deliver(channel: string, stream: LogStream, before: number, batch: StoredBatch): void {
    const atMs = Date.now();
    const envelopes = decodeBatch(batch.data);
    const positionAt = positionsOf(stream.epoch, batch, envelopes.length);
    const position = positionAt(envelopes.length - 1);
    const end = { position, until: position.offset, atMs };
    let previous: number | undefined = offsetOf(before);
    if (before > 0) {
      this.#known.advance(channel, end);
    } else {
      previous = this.#beforeFirst(channel, stream, atMs);
      this.#known.set(channel, end);
    }
    for (const [index, data] of envelopes.entries()) {
      const position = positionAt(index);
      this.#events.onEntry(channel, { position, previous, data });
      previous = position.offset;
    }
  }

  /** The stream has nothing before it any more, or never had: what we know of the channel's end tells which. */
  #beforeFirst(channel: string, stream: LogStream, nowMs: number): number | undefined {
    const known = this.#known.get(channel);
    if (known && isFresh(known, stream, nowMs)) return known.position.offset;
    return isYoung(stream, nowMs) ? 0 : undefined;
  }

  #keep(sizeClass: number, entry: EarlyEntry): void {
    const early = this.#early.get(sizeClass);
    if (early) {
      early.push(entry);
      if (early.length > MAX_EARLY) early.shift();
      return;
    }
    this.#early.set(sizeClass, [entry]);
    const release = () => {
      const entries = this.#early.get(sizeClass) ?? [];
      this.#early.delete(sizeClass);
      // Without the stream, its end tells of them when it is asked for.
      if (!this.#streams.ofClass(sizeClass)) return;
      for (const { channel, message } of entries) this.receive(channel, message);
    };
    this.#streams.find(sizeClass).then(release, release);
  }

  /** The end we know belongs to another stream that exists: servers disagree on the channel's size. */
  #isForeign(channel: string, stream: LogStream): boolean {
    const position: LogPosition | undefined = this.#known.get(channel)?.position;
    if (!position || position.epoch === stream.epoch) return false;
    return this.#streams.all().some(({ epoch }) => epoch === position.epoch);
  }

  #warn(channel: string, { name }: LogStream): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#events.onWarning(
      new Error(
        `Another server keeps the history of channel ${JSON.stringify(channel)} in the JetStream stream ${name}, this one does not: the sizes in their options are too far apart. Until they agree, subscribers of one miss what is published at the other. Further channels are not reported`,
      ),
    );
  }
}

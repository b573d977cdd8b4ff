import { randomInt } from 'node:crypto';
import type { Appended, BrokerPayload, LiveEntry, LogPolicy, LogPosition } from '@asyngular/broker';
import { payloadBytes } from '@asyngular/broker/transport';
import { BrokerUnavailableError } from '@asyngular/errors';
import type { Database, Operation } from './database.js';
import type { FileChannel } from './file-channel.js';
import { encodeEntry, encodePlace, entryKey, idKey } from './records.js';

/** What is to be appended. */
export interface Append {
  readonly channel: FileChannel;
  readonly payload: BrokerPayload;
  readonly policy: LogPolicy;
  readonly id: string | undefined;
  /** Who is not to get it. */
  readonly except: string | undefined;
}

interface Waiting<Work, Result> {
  readonly work: Work;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

type WaitingAppend = Waiting<Append, Appended>;

/** An append that has its place in the commit under way, and repeats of its id in the same commit. */
interface Placed {
  readonly append: WaitingAppend;
  readonly position: LogPosition;
  readonly repeats: WaitingAppend[];
}

/**
 * Writes publications: all that wait go to the disk together, one commit after the other, and enter the rings when
 * they are there. Places are given in the commit, so that one that fails leaves none behind.
 */
export class Appender {
  onEntry: (channel: string, entry: LiveEntry) => void = () => {};
  readonly #database: Database;
  readonly #limits: { readonly maxQueuedMessages: number; readonly maxQueuedBytes: number };
  #appends: WaitingAppend[] = [];
  #writes: Waiting<FileChannel, void>[] = [];
  /** Trimmed publications, deleted by the next commit. */
  #deletions: Operation[] = [];
  #queuedMessages = 0;
  #queuedBytes = 0;
  #isRunning = false;

  constructor(
    database: Database,
    limits: { readonly maxQueuedMessages: number; readonly maxQueuedBytes: number },
  ) {
    this.#database = database;
    this.#limits = limits;
  }

  /** Resolves when the publication is on the disk. */
  append(work: Append): Promise<Appended> {
    const bytes = payloadBytes(work.payload);
    const { maxQueuedMessages, maxQueuedBytes } = this.#limits;
    const isFull = this.#queuedMessages >= maxQueuedMessages;
    if (isFull || this.#queuedBytes + bytes > maxQueuedBytes) {
      return Promise.reject(
        new BrokerUnavailableError(
          `${this.#queuedMessages} publications (${this.#queuedBytes} bytes) wait to be written; the disk is too slow for them, or maxQueuedMessages and maxQueuedBytes of fileLog() too small`,
          'queue-full',
        ),
      );
    }
    this.#queuedMessages++;
    this.#queuedBytes += bytes;
    const done = new Promise<Appended>((resolve, reject) => {
      this.#appends.push({ work, resolve, reject });
    });
    const leave = () => {
      this.#queuedMessages--;
      this.#queuedBytes -= bytes;
    };
    done.then(leave, leave);
    this.#start();
    return done;
  }

  /** Resolves when what has changed of the channel beside its publications is on the disk. */
  write(channel: FileChannel): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#writes.push({ work: channel, resolve, reject });
      this.#start();
    });
  }

  #start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    // What comes within this turn of the event loop goes with it.
    setImmediate(() => this.#run());
  }

  async #run(): Promise<void> {
    while (this.#appends.length > 0 || this.#writes.length > 0) {
      await this.#commit(this.#appends.splice(0), this.#writes.splice(0));
    }
    this.#isRunning = false;
  }

  async #commit(
    appends: readonly WaitingAppend[],
    writes: readonly Waiting<FileChannel, void>[],
  ): Promise<void> {
    const now = Date.now();
    const placed = place(appends, now);
    const channels = new Set([...placed, ...writes].map(channelOf));
    const changes = [...channels].flatMap((channel) => channel.takeChanges());
    const operations = [
      ...this.#deletions.splice(0),
      ...changes,
      ...placed.flatMap((it) => operationsOf(it, now)),
    ];
    try {
      if (operations.length > 0) await this.#database.commit(operations);
    } catch (error) {
      for (const channel of channels) channel.returnChanges();
      for (const { append, repeats } of placed) {
        for (const { reject } of [append, ...repeats]) reject(error as Error);
      }
      for (const { reject } of writes) reject(error as Error);
      return;
    }
    for (const it of placed) this.#enter(it, now);
    for (const { resolve } of writes) resolve();
  }

  /** The publication is on the disk: now it is in the log. */
  #enter({ append, position, repeats }: Placed, now: number): void {
    const { channel, payload, policy, id, except } = append.work;
    const { ring } = channel;
    const { floor } = ring;
    const entry = ring.append(payload, position.tag, policy, except);
    channel.publishedAt = now;
    if (id !== undefined) channel.ids.add(id, entry.position, now);
    // The one before the oldest stays on the disk: a position at it can be reached.
    for (let offset = Math.max(1, floor); offset < ring.floor; offset++) {
      this.#deletions.push({ type: 'del', key: entryKey(channel.epoch, offset) });
    }
    this.onEntry(channel.name, entry);
    append.resolve({ position: entry.position, duplicate: false });
    for (const { resolve } of repeats) resolve({ position: entry.position, duplicate: true });
  }
}

/** Gives places to all that are no repeats, and answers those that repeat what is in the log. */
function place(appends: readonly WaitingAppend[], now: number): Placed[] {
  const placed: Placed[] = [];
  const offsets = new Map<FileChannel, number>();
  const byId = new Map<FileChannel, Map<string, Placed>>();
  for (const append of appends) {
    const { channel, policy, id } = append.work;
    channel.ids.expire(now - policy.idempotencyWindowMs);
    const first = id === undefined ? undefined : channel.ids.find(id);
    const twin = id === undefined ? undefined : byId.get(channel)?.get(id);
    if (first) {
      append.resolve({ position: first, duplicate: true });
    } else if (twin) {
      twin.repeats.push(append);
    } else {
      const offset = (offsets.get(channel) ?? channel.ring.top.offset) + 1;
      offsets.set(channel, offset);
      // Chance tells this publication from another one at its offset, should the folder be put back to an older state.
      const position = { epoch: channel.epoch, offset, tag: randomInt(2 ** 32) };
      const it: Placed = { append, position, repeats: [] };
      placed.push(it);
      if (id === undefined) continue;
      const ofChannel = byId.get(channel) ?? new Map<string, Placed>();
      byId.set(channel, ofChannel.set(id, it));
    }
  }
  return placed;
}

function channelOf(it: Placed | Waiting<FileChannel, void>): FileChannel {
  return 'work' in it ? it.work : it.append.work.channel;
}

function operationsOf({ append, position }: Placed, at: number): Operation[] {
  const { payload, id, except } = append.work;
  const { epoch, offset, tag } = position;
  const entry: Operation = {
    type: 'put',
    key: entryKey(epoch, offset),
    value: encodeEntry({ tag, at, payload, except }),
  };
  if (id === undefined) return [entry];
  return [entry, { type: 'put', key: idKey(epoch, at, id), value: encodePlace(position) }];
}

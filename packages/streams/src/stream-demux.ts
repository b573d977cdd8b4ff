import type { Child, ChildId } from './children.js';
import type { Consumer, ConsumerStats } from './consumer.js';
import { DemuxedConsumableStream } from './demuxed-consumable-stream.js';
import type { TimeoutOrOptions } from './options.js';
import { closeOne, writeToOne } from './single-consumer.js';
import type { StreamOptions } from './stream-options.js';
import { StreamRoot } from './stream-root.js';

/** Options of a demux. */
export interface StreamDemuxOptions extends StreamOptions {
  /** Called when a name gets its first consumer (`true`) and when its last one is gone (`false`), so that an
   *  owner can keep an index of the names in use. It must not use the demux. */
  onNameChange?: ((name: string, isInUse: boolean) => void) | undefined;
}

/** Streams by name. A stream exists only while it has consumers: writing to a name that nobody reads is one
 *  look-up. Any string is a name. The ids of consumers count from 1 over all names. */
export class StreamDemux<T = any> {
  readonly #root: StreamRoot<T>;

  constructor(options: StreamDemuxOptions = {}) {
    this.#root = new WatchedRoot<T>(options);
  }

  /** A handle for the stream `name`. Nothing is created until it is read. */
  stream<V extends T = T>(name: string): DemuxedConsumableStream<V> {
    return new DemuxedConsumableStream<V>(this.#root as unknown as StreamRoot<V>, name);
  }

  /** Appends `value` for every consumer of `name`. `size` is passed to the meter (default 0). */
  write(name: string, value: T, size = 0): void {
    this.#root.get(name)?.write(value, size);
  }

  /** Ends the loops of `name` once they have read their backlogs. */
  close(name: string, value?: unknown): void {
    this.#root.get(name)?.close(value);
  }

  /** Ends the loops of every name once they have read their backlogs. */
  closeAll(value?: unknown): void {
    this.#root.close(value);
  }

  /** Ends the loops of `name` at once, dropping their backlogs. */
  kill(name: string, value?: unknown): void {
    this.#root.get(name)?.kill(value);
  }

  /** Ends the loops of every name at once, dropping their backlogs. */
  killAll(value?: unknown): void {
    this.#root.kill(value);
  }

  /** The same as `kill(name)`, so that no loop is left waiting for ever. */
  unstream(name: string): void {
    this.kill(name);
  }

  /** Appends `value` for consumer `id` only. It counts in the backlogs of the others of that name, too, until they
   *  have read what came before it. An unknown id has no effect. */
  writeToConsumer(id: number, value: T, size = 0): void {
    writeToOne(this.#root.find(id), value, size);
  }

  /** Ends consumer `id` once it has read its backlog. An unknown id has no effect. */
  closeConsumer(id: number, value?: unknown): void {
    closeOne(this.#root.find(id), value);
  }

  /** Ends consumer `id` at once. An unknown id has no effect. */
  killConsumer(id: number, value?: unknown): void {
    this.#root.find(id)?.kill(value);
  }

  /** Longest backlog among the consumers of `name`, in packets. */
  getBackpressure(name: string): number {
    return this.#root.get(name)?.getBackpressure() ?? 0;
  }

  /** Longest backlog among all consumers, in packets. Takes one step for each consumer that lags behind. */
  getBackpressureAll(): number {
    return this.#root.getBackpressure();
  }

  /** Backlog of consumer `id` in packets; 0 when unknown. */
  getConsumerBackpressure(id: number): number {
    return this.#root.find(id)?.getBackpressure() ?? 0;
  }

  /** Whether consumer `id` reads `name`. */
  hasConsumer(name: string, id: number): boolean {
    return this.#root.get(name)?.find(id) !== undefined;
  }

  /** Whether consumer `id` reads any name. */
  hasConsumerAll(id: number): boolean {
    return this.#root.find(id) !== undefined;
  }

  /** `{ id, backpressure, timeout?, stream }` of consumer `id`; `undefined` when unknown. */
  getConsumerStats(id: number): ConsumerStats | undefined {
    return this.#root.find(id)?.getStats();
  }

  /** Statistics of the consumers of `name`, in order of creation. */
  getConsumerStatsList(name: string): ConsumerStats[] {
    return this.#root.get(name)?.getConsumerStatsList() ?? [];
  }

  /** Statistics of all consumers, in order of creation. */
  getConsumerStatsListAll(): ConsumerStats[] {
    return this.#root.getConsumerStatsList();
  }

  /** Number of consumers of `name`. */
  getConsumerCount(name: string): number {
    return this.#root.get(name)?.getConsumerCount() ?? 0;
  }

  /** Number of consumers of all names. */
  getConsumerCountAll(): number {
    return this.#root.getConsumerCount();
  }

  /** A new cursor over `name` that buffers from now on. `timeoutOrOptions`: ms, or `ConsumerOptions`. */
  createConsumer(name: string, timeoutOrOptions?: TimeoutOrOptions): Consumer<T> {
    return this.#root.child(name).createConsumer(timeoutOrOptions);
  }
}

/** Reports the names that come into use and go out of use. Its children are names, never consumers. */
class WatchedRoot<T> extends StreamRoot<T> {
  readonly #options: StreamDemuxOptions;

  constructor(options: StreamDemuxOptions) {
    super(options);
    this.#options = options;
  }

  override add(stream: Child<T>): void {
    super.add(stream);
    this.#options.onNameChange?.(String(stream.id), true);
  }

  override remove(id: ChildId): void {
    super.remove(id);
    this.#options.onNameChange?.(String(id), false);
  }
}

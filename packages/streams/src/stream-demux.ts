import { BacklogLedger, type BacklogMeter } from './backlog-ledger.js';
import {
  BroadcastStream,
  inOrder,
  type WritableConsumableStreamOptions,
} from './broadcast-stream.js';
import type { Consumer, ConsumerHost, ConsumerStats, Departure } from './consumer.js';
import { DemuxedConsumableStream } from './demuxed-consumable-stream.js';
import type { TimeoutOrOptions } from './options.js';
import { SmallMap } from './small-map.js';

/** Options of a demux. */
export interface StreamDemuxOptions {
  /** Told about every packet that enters or leaves a backlog of any name. */
  meter?: BacklogMeter;
  /** Called when a name gets its first consumer (`true`) and when nothing of it is left (`false`), so that
   *  an owner can keep an index of the names in use. Must not touch the demux. */
  onNameChange?: (name: string, isInUse: boolean) => void;
  /** @internal What statistics call a name. Default: the name. */
  labelOf?: (name: string) => string;
}

/** Named sub-streams under one roof. A sub-stream exists only while it has consumers: writing to a name
 *  nobody reads is one map lookup. Any string is a name. Consumer ids count from 1 over all names. */
export class StreamDemux<T = any> {
  readonly #roof: Roof<T>;

  constructor(options: StreamDemuxOptions = {}) {
    this.#roof = new Roof(options);
  }

  /** A handle to sub-stream `name`; cheap, creates nothing. */
  stream<V extends T = T>(name: string): DemuxedConsumableStream<V> {
    return new DemuxedConsumableStream<V>(this as unknown as StreamDemux<V>, name);
  }

  /** Appends `value` for every consumer of `name`. `size` is passed to the meter (default 0). */
  write(name: string, value: T, size = 0): void {
    this.#roof.streams.get(name)?.write(value, size);
  }

  /** Ends the loops of `name` behind their backlogs. */
  close(name: string, value?: any): void {
    this.#roof.streams.get(name)?.close(value);
  }

  /** Ends the loops of every name behind their backlogs. */
  closeAll(value?: any): void {
    for (const stream of this.#roof.streams.values()) stream.close(value);
  }

  /** Ends the loops of `name` at once, dropping their backlogs. */
  kill(name: string, value?: any): void {
    this.#roof.streams.get(name)?.kill(value);
  }

  /** Ends the loops of every name at once, dropping their backlogs. */
  killAll(value?: any): void {
    for (const stream of [...this.#roof.streams.values()]) stream.kill(value);
  }

  /** Forgets sub-stream `name`: the same as `kill(name)`, so that no loop is left hanging. */
  unstream(name: string): void {
    this.kill(name);
  }

  /** Appends `value` for consumer `id` only. An unknown id has no effect. */
  writeToConsumer(id: number, value: T, size = 0): void {
    this.#roof.consumers.get(id)?.write(value, size);
  }

  /** Ends consumer `id` behind its backlog. An unknown id has no effect. */
  closeConsumer(id: number, value?: any): void {
    this.#roof.consumers.get(id)?.close(value);
  }

  /** Ends consumer `id` at once. An unknown id has no effect. */
  killConsumer(id: number, value?: any): void {
    this.#roof.consumers.get(id)?.kill(value);
  }

  /** Longest backlog among the consumers of `name`, in packets. */
  getBackpressure(name: string): number {
    return this.#roof.streams.get(name)?.getBackpressure() ?? 0;
  }

  /** Longest backlog among all consumers, in packets. Costs as many steps as consumers lag behind. */
  getBackpressureAll(): number {
    return this.#roof.ledger.maxBackpressure();
  }

  /** Backlog of consumer `id` in packets; 0 when unknown. */
  getConsumerBackpressure(id: number): number {
    return this.#roof.consumers.get(id)?.getBackpressure() ?? 0;
  }

  /** Whether consumer `id` reads `name`. */
  hasConsumer(name: string, id: number): boolean {
    return this.#roof.streams.get(name)?.hasConsumer(id) ?? false;
  }

  /** Whether consumer `id` reads any name. */
  hasConsumerAll(id: number): boolean {
    return this.#roof.consumers.has(id);
  }

  /** `{ id, backpressure, timeout?, stream }` of consumer `id`; `undefined` when unknown. */
  getConsumerStats(id: number): ConsumerStats | undefined {
    return this.#roof.consumers.get(id)?.getStats();
  }

  /** Statistics of the consumers of `name`, in order of creation. */
  getConsumerStatsList(name: string): ConsumerStats[] {
    return this.#roof.streams.get(name)?.getConsumerStatsList() ?? [];
  }

  /** Statistics of all consumers, in order of creation. */
  getConsumerStatsListAll(): ConsumerStats[] {
    return inOrder(this.#roof.consumers).map((consumer) => consumer.getStats());
  }

  /** Number of consumers of `name`. */
  getConsumerCount(name: string): number {
    return this.#roof.streams.get(name)?.getConsumerCount() ?? 0;
  }

  /** Number of consumers of all names. */
  getConsumerCountAll(): number {
    return this.#roof.consumers.size;
  }

  /** A new cursor over `name` that buffers from now on. `timeoutOrOptions`: ms, or `ConsumerOptions`. */
  createConsumer(name: string, timeoutOrOptions?: TimeoutOrOptions): Consumer<T> {
    return this.#streamOf(name).createConsumer(timeoutOrOptions);
  }

  /** @internal What `for await` over `stream(name)` uses: goes on at a parked position if there is one. */
  createIterator(name: string): AsyncIterator<T, any, undefined> {
    return this.#streamOf(name)[Symbol.asyncIterator]();
  }

  // A new one is not in the map yet: it enters with its first consumer (which may be aborted already).
  #streamOf(name: string): NamedStream<T> {
    return this.#roof.streams.get(name) ?? new NamedStream<T>(name, this.#roof);
  }
}

/** What a demux and its sub-streams share. */
class Roof<T> implements WritableConsumableStreamOptions {
  readonly streams = new SmallMap<string, NamedStream<T>>();
  /** Every registered consumer, so that an id needs no search through the names. */
  readonly consumers = new SmallMap<number, Consumer<T>>();
  readonly ledger: BacklogLedger;
  readonly options: StreamDemuxOptions;
  #lastId = 0;

  constructor(options: StreamDemuxOptions) {
    this.ledger = new BacklogLedger(options.meter);
    this.options = options;
  }

  generateConsumerId(): number {
    return ++this.#lastId;
  }

  removeConsumerCallback(id: number): void {
    this.consumers.delete(id);
  }
}

class NamedStream<T> extends BroadcastStream<T> {
  readonly label: string;
  readonly #name: string;
  readonly #roof: Roof<T>;

  constructor(name: string, roof: Roof<T>) {
    super(roof, roof.ledger);
    this.label = roof.options.labelOf?.(name) ?? name;
    this.#name = name;
    this.#roof = roof;
  }

  override attach(consumer: Consumer<T>): ConsumerHost<T> {
    const home = this.#home(true);
    if (home !== this) return home.attach(consumer);
    this.#roof.consumers.set(consumer.id, consumer);
    return super.attach(consumer);
  }

  override detach(consumer: Consumer<T>, departure: Departure): void {
    const home = this.#home(departure !== 'detached');
    if (home === this) super.detach(consumer, departure);
    else home.detach(consumer, departure);
  }

  protected override onIdle(): void {
    const { streams, options } = this.#roof;
    if (streams.get(this.#name) !== this) return;
    streams.delete(this.#name);
    options.onNameChange?.(this.#name, false);
  }

  /** A consumer may come back after its stream was forgotten: it goes where the name lives now, which is
   *  here if it lives nowhere. `isNeeded`: keep it. */
  #home(isNeeded: boolean): NamedStream<T> {
    const { streams, options } = this.#roof;
    const known = streams.get(this.#name);
    if (known === undefined && isNeeded) {
      streams.set(this.#name, this);
      options.onNameChange?.(this.#name, true);
    }
    return known ?? this;
  }
}

import { BacklogLedger, type BacklogMeter } from './backlog-ledger.js';
import type { Consumer, ConsumerHost, ConsumerStats, Departure } from './consumer.js';
import { DemuxedConsumableStream } from './demuxed-consumable-stream.js';
import type { TimeoutOrOptions } from './options.js';
import { WritableConsumableStream } from './writable-consumable-stream.js';

/** Options of a demux. */
export interface StreamDemuxOptions {
  /** Told about every packet that enters or leaves a backlog of any name. */
  meter?: BacklogMeter;
  /** Called when a name gets its first consumer (`true`) and when nothing of it is left (`false`), so that
   *  an owner can keep an index of the names in use. Must not touch the demux. */
  onNameChange?: (name: string, isInUse: boolean) => void;
}

/** Named sub-streams under one roof. A sub-stream exists only while it has consumers: writing to a name
 *  nobody reads is one map lookup. Any string is a name. Consumer ids count from 1 over all names. */
export class StreamDemux<T = any> {
  readonly #streams = new Map<string, NamedStream<T>>();
  // Home of every registered consumer, so that an id needs no search through the names.
  readonly #homes = new Map<number, NamedStream<T>>();
  readonly #ledger: BacklogLedger;
  readonly #onNameChange: StreamDemuxOptions['onNameChange'];
  #lastId = 0;

  constructor(options: StreamDemuxOptions = {}) {
    this.#ledger = new BacklogLedger(options.meter);
    this.#onNameChange = options.onNameChange;
  }

  /** A handle to sub-stream `name`; cheap, creates nothing. */
  stream<V extends T = T>(name: string): DemuxedConsumableStream<V> {
    return new DemuxedConsumableStream<V>(this as unknown as StreamDemux<V>, name);
  }

  /** Appends `value` for every consumer of `name`. `size` is passed to the meter (default 0). */
  write(name: string, value: T, size = 0): void {
    this.#streams.get(name)?.write(value, size);
  }

  /** Ends the loops of `name` behind their backlogs. */
  close(name: string, value?: any): void {
    this.#streams.get(name)?.close(value);
  }

  /** Ends the loops of every name behind their backlogs. */
  closeAll(value?: any): void {
    for (const stream of this.#streams.values()) stream.close(value);
  }

  /** Ends the loops of `name` at once, dropping their backlogs. */
  kill(name: string, value?: any): void {
    this.#streams.get(name)?.kill(value);
  }

  /** Ends the loops of every name at once, dropping their backlogs. */
  killAll(value?: any): void {
    for (const stream of [...this.#streams.values()]) stream.kill(value);
  }

  /** Forgets sub-stream `name`: the same as `kill(name)`, so that no loop is left hanging. */
  unstream(name: string): void {
    this.kill(name);
  }

  /** Appends `value` for consumer `id` only. An unknown id has no effect. */
  writeToConsumer(id: number, value: T, size = 0): void {
    this.#homes.get(id)?.writeToConsumer(id, value, size);
  }

  /** Ends consumer `id` behind its backlog. An unknown id has no effect. */
  closeConsumer(id: number, value?: any): void {
    this.#homes.get(id)?.closeConsumer(id, value);
  }

  /** Ends consumer `id` at once. An unknown id has no effect. */
  killConsumer(id: number, value?: any): void {
    this.#homes.get(id)?.killConsumer(id, value);
  }

  /** Longest backlog among the consumers of `name`, in packets. */
  getBackpressure(name: string): number {
    return this.#streams.get(name)?.getBackpressure() ?? 0;
  }

  /** Longest backlog among all consumers, in packets. Costs as many steps as consumers lag behind. */
  getBackpressureAll(): number {
    return this.#ledger.maxBackpressure();
  }

  /** Backlog of consumer `id` in packets; 0 when unknown. */
  getConsumerBackpressure(id: number): number {
    return this.#homes.get(id)?.getConsumerBackpressure(id) ?? 0;
  }

  /** Whether consumer `id` reads `name`. */
  hasConsumer(name: string, id: number): boolean {
    return this.#homes.get(id)?.name === name;
  }

  /** Whether consumer `id` reads any name. */
  hasConsumerAll(id: number): boolean {
    return this.#homes.has(id);
  }

  /** `{ id, backpressure, timeout?, stream }` of consumer `id`; `undefined` when unknown. */
  getConsumerStats(id: number): ConsumerStats | undefined {
    return this.#homes.get(id)?.getConsumerStats(id);
  }

  /** Statistics of the consumers of `name`, in order of creation. */
  getConsumerStatsList(name: string): ConsumerStats[] {
    return this.#streams.get(name)?.getConsumerStatsList() ?? [];
  }

  /** Statistics of all consumers, in order of creation. */
  getConsumerStatsListAll(): ConsumerStats[] {
    const list: ConsumerStats[] = [];
    for (const stream of this.#streams.values()) list.push(...stream.getConsumerStatsList());
    return list.sort((a, b) => a.id - b.id);
  }

  /** Number of consumers of `name`. */
  getConsumerCount(name: string): number {
    return this.#streams.get(name)?.getConsumerCount() ?? 0;
  }

  /** Number of consumers of all names. */
  getConsumerCountAll(): number {
    return this.#homes.size;
  }

  /** A new cursor over `name` that buffers from now on. `timeoutOrOptions`: ms, or `ConsumerOptions`. */
  createConsumer(name: string, timeoutOrOptions?: TimeoutOrOptions): Consumer<T> {
    return this.#streamOf(name).createConsumer(timeoutOrOptions);
  }

  /** @internal What `for await` over `stream(name)` uses: goes on at a parked position if there is one. */
  createIterator(name: string): AsyncIterator<T, any, undefined> {
    return this.#streamOf(name)[Symbol.asyncIterator]();
  }

  #streamOf(name: string): NamedStream<T> {
    return this.#streams.get(name) ?? this.#createStream(name);
  }

  // Not in the map yet: it enters with its first consumer (which may turn out to be aborted already).
  #createStream(name: string): NamedStream<T> {
    return new NamedStream<T>(name, this.#ledger, {
      generateId: () => {
        this.#lastId++;
        return this.#lastId;
      },
      // A consumer may come back after its sub-stream was forgotten: it goes where the name lives now.
      home: (stream, isNeeded) => {
        const known = this.#streams.get(name);
        if (known !== undefined) return known;
        if (isNeeded) {
          this.#streams.set(name, stream);
          this.#onNameChange?.(name, true);
        }
        return stream;
      },
      enter: (id, home) => this.#homes.set(id, home),
      leave: (id) => this.#homes.delete(id),
      idle: (stream) => {
        if (this.#streams.get(name) !== stream) return;
        this.#streams.delete(name);
        this.#onNameChange?.(name, false);
      },
    });
  }
}

/** The demux as its sub-streams see it. */
interface Roof<T> {
  generateId(): number;
  /** The living sub-stream of the name, which is `stream` if there is none. `isNeeded`: keep it. */
  home(stream: NamedStream<T>, isNeeded: boolean): NamedStream<T>;
  enter(id: number, home: NamedStream<T>): void;
  leave(id: number): void;
  idle(stream: NamedStream<T>): void;
}

class NamedStream<T> extends WritableConsumableStream<T> {
  readonly name: string;
  readonly #roof: Roof<T>;

  constructor(name: string, ledger: BacklogLedger, roof: Roof<T>) {
    super(
      { generateConsumerId: roof.generateId, removeConsumerCallback: (id) => roof.leave(id) },
      ledger,
    );
    this.name = name;
    this.#roof = roof;
  }

  override attach(consumer: Consumer<T>): ConsumerHost<T> {
    const home = this.#roof.home(this, true);
    if (home !== this) return home.attach(consumer);
    this.#roof.enter(consumer.id, this);
    return super.attach(consumer);
  }

  override detach(consumer: Consumer<T>, departure: Departure): void {
    const home = this.#roof.home(this, departure !== 'detached');
    if (home === this) super.detach(consumer, departure);
    else home.detach(consumer, departure);
  }

  override getConsumerStats(id: number): ConsumerStats | undefined {
    const stats = super.getConsumerStats(id);
    if (stats !== undefined) stats.stream = this.name;
    return stats;
  }

  override getConsumerStatsList(): ConsumerStats[] {
    const list = super.getConsumerStatsList();
    for (const stats of list) stats.stream = this.name;
    return list;
  }

  protected override onIdle(): void {
    this.#roof.idle(this);
  }
}

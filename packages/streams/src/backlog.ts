import { BacklogLimitError } from '@asyngular/errors';
import { isDevelopment } from '@asyngular/errors/internal';
import type { MeteredConsumer } from './backlog-meter.js';
import type { Bound } from './options.js';

/** What waits for one consumer. Counted with the rest, but read differently: the `end` marker of a close;
 *  the `refusal`, whose value is the error to reject with: for a packet that was not admitted, or of the writer; and a packet for
 *  `another` consumer, which only stands in line. */
export type Packet<T> = { readonly size: number; next: Packet<T> | undefined } & (
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'end' | 'refusal' | 'another'; readonly value: unknown }
);

/** Keeps count of the backlogs of registered consumers. */
export interface BacklogCounter {
  /** A packet of that size entered `backlog`. */
  onPacketIn(size: number, backlog: Backlog<unknown>): void;
  /** A packet of that size left `backlog`. */
  onPacketOut(size: number, backlog: Backlog<unknown>): void;
  /** `backlog` is no longer counted. */
  onBacklogLeft(backlog: Backlog<unknown>): void;
}

/** The packets that one consumer has not read yet: a chain from the oldest to the newest. */
export class Backlog<T> {
  #oldest: Packet<T> | undefined;
  #newest: Packet<T> | undefined;
  #length = 0;
  #size = 0;
  /** Whose backlog it is. */
  readonly reader: MeteredConsumer;
  #counter: BacklogCounter | undefined;

  constructor(reader: MeteredConsumer) {
    this.reader = reader;
  }

  /** The packet that is read next. The others follow by its `next`. */
  get oldest(): Packet<T> | undefined {
    return this.#oldest;
  }

  /** How many packets wait. */
  get length(): number {
    return this.#length;
  }

  /** The sum of their sizes. */
  get size(): number {
    return this.#size;
  }

  /** Appends `packet` and returns how many wait now. */
  push(packet: Packet<T>): number {
    if (this.#newest) this.#newest.next = packet;
    else this.#oldest = packet;
    this.#newest = packet;
    this.#size += packet.size;
    this.#length++;
    this.#counter?.onPacketIn(packet.size, this);
    return this.#length;
  }

  /** Takes the oldest packet out. */
  shift(): Packet<T> | undefined {
    return this.#oldest && this.#remove(this.#oldest);
  }

  /** Drops everything. */
  clear(): void {
    while (this.#oldest) this.#remove(this.#oldest);
  }

  /** Whether `packet` may come in, after making room for it if that is the policy. End markers are never
   *  refused, but behind a full backlog two in a row are one. */
  admits(packet: Packet<T>, { highWaterMark, overflow }: Bound): boolean {
    const newest = this.#newest;
    // Nothing comes in behind the report of a refusal until that was read.
    if (newest?.kind === 'refusal') return false;
    if (this.#length < highWaterMark) return true;
    if (packet.kind === 'end') return newest?.kind !== 'end';
    if (overflow === 'drop-oldest') return this.#dropOldestValue();
    if (overflow === 'error') {
      const message = isDevelopment
        ? `Stream consumer exceeded its highWaterMark: ${highWaterMark}; raise it`
        : 'highWaterMark';
      const value = new BacklogLimitError(message, highWaterMark);
      this.push({ kind: 'refusal', value, size: 0, next: undefined });
    }
    return false;
  }

  /** Lets `counter` count what waits, in place of the counter before; `undefined`: nobody counts it. */
  countOn(counter: BacklogCounter | undefined): void {
    const former = this.#counter;
    if (counter === former) return;
    this.#counter = counter;
    for (let packet = this.#oldest; packet; packet = packet.next) {
      former?.onPacketOut(packet.size, this);
      counter?.onPacketIn(packet.size, this);
    }
    former?.onBacklogLeft(this);
  }

  #dropOldestValue(): boolean {
    let before: Packet<T> | undefined;
    let packet = this.#oldest;
    while (packet?.kind === 'end') {
      before = packet;
      packet = packet.next;
    }
    if (packet) this.#remove(packet, before);
    return packet !== undefined;
  }

  /** Takes out `packet`, which stands behind `before`. */
  #remove(packet: Packet<T>, before?: Packet<T>): Packet<T> {
    if (before) before.next = packet.next;
    else this.#oldest = packet.next;
    if (packet === this.#newest) this.#newest = before;
    this.#size -= packet.size;
    this.#length--;
    this.#counter?.onPacketOut(packet.size, this);
    return packet;
  }
}

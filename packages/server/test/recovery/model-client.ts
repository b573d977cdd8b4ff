import { type LogPosition, parsePosition } from '@asyngular/broker';
import type { Subscriber } from '../../src/channels/channel-source.js';
import type { Subscribed } from '../../src/channels/history-requests.js';
import type { ModelLog } from './model-log.js';

/** What a server has sent and its client has not read. */
type Packet =
  | { readonly kind: 'answer'; readonly subscribed: Subscribed }
  | { readonly kind: 'publication'; readonly position: LogPosition }
  | { readonly kind: 'interruption'; readonly position: LogPosition };

/** One connection of a client, as the server sees it. */
export class ModelConnection implements Subscriber {
  readonly inbox: Packet[] = [];
  isSlow = false;
  isClosed = false;
  /** Where the server has brought it; what a read from there says decides whether an interruption was due. */
  at: LogPosition | undefined;
  #unread = 0;
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  push(packet: Packet): void {
    if (this.isClosed) return;
    this.inbox.push(packet);
    if (++this.#unread > this.#capacity) this.isSlow = true;
  }

  shift(): Packet | undefined {
    const packet = this.inbox.shift();
    if (packet !== undefined) this.#unread--;
    return packet;
  }

  closeSlow(): void {
    this.isClosed = true;
  }

  deliver(): never {
    throw new Error('The channel sends through its host');
  }

  interrupted(): never {
    throw new Error('The channel interrupts through its host');
  }
}

/** A client as docs/protocol.md P14 wants it. Checks everything that it is given. */
export class ModelClient {
  connection: ModelConnection | undefined;
  position: string | undefined;
  /** The last publication it was given, or the one at which its subscription began. */
  last: number | undefined;
  /** Where its subscription began, until the first publication: that may be older. */
  #start: LogPosition | undefined;
  /** Whether it has had an answer on this connection. */
  isSubscribed = false;
  /** Interruptions and new beginnings. */
  breaks = 0;
  received = 0;
  readonly #log: ModelLog;
  readonly #name: string;

  constructor(log: ModelLog, name: string) {
    this.#log = log;
    this.#name = name;
  }

  /** Reads one packet. */
  read(): boolean {
    const packet = this.connection?.shift();
    if (packet === undefined) return false;
    switch (packet.kind) {
      case 'answer':
        this.#onAnswer(packet.subscribed);
        break;
      case 'interruption':
        this.#startAt(packet.position);
        break;
      case 'publication':
        this.#onPublication(packet.position);
    }
    return true;
  }

  cut(): void {
    if (this.connection !== undefined) this.connection.isClosed = true;
    this.connection = undefined;
    this.isSubscribed = false;
  }

  #onAnswer({ position, recovered }: Subscribed): void {
    this.isSubscribed = true;
    if (recovered === true) return;
    const start = parsePosition(position);
    if (start === undefined) throw new Error(`${this.#name}: ${position} is no position`);
    this.#startAt(start);
  }

  #startAt(position: LogPosition): void {
    this.breaks++;
    this.#start = position;
    this.#take(position);
    this.last = this.#log.factAt(position)?.id;
    if (this.last === undefined)
      throw new Error(`${this.#name}: nothing was ever at ${this.position}`);
  }

  #take({ epoch, offset, tag }: LogPosition): void {
    this.position = `${epoch}:${offset}:${tag.toString(16)}`;
  }

  #onPublication(position: LogPosition): void {
    const { epoch } = parsePosition(this.position) ?? {};
    const fact = this.#log.factAt(position)!;
    // The wire names the place alone.
    if (epoch !== position.epoch) {
      throw new Error(`${this.#name}: in epoch ${epoch}, it is given ${JSON.stringify(position)}`);
    }
    const isOlder = this.#start !== undefined && position.offset <= this.#start.offset;
    this.#start = undefined;
    if (!isOlder && fact.parent !== this.last) {
      throw new Error(`${this.#name}: ${fact.id} does not follow ${this.last}, but ${fact.parent}`);
    }
    this.received++;
    this.last = fact.id;
    this.#take(position);
  }
}

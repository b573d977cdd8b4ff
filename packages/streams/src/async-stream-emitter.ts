import type { BacklogMeter } from './backlog-meter.js';
import type { ConsumerStats } from './consumer.js';
import { DemuxedConsumableStream } from './demuxed-consumable-stream.js';
import { defineStreamFamily } from './stream-family.js';
import { StreamRoot } from './stream-root.js';

/** Names an emitter accepts: the known ones, which editors suggest, and any other string. */
export type EventName<Events> = (keyof Events & string) | (string & {});

/** What event `E` carries; `any` for a name that is not declared. */
export type EventData<Events, E> = E extends keyof Events ? Events[E] : any;

/** The data argument of `emit`: may be left out where the event carries `undefined` or anything. */
export type EmitArguments<Events, E> =
  undefined extends EventData<Events, E>
    ? [data?: EventData<Events, E>]
    : [data: EventData<Events, E>];

/** Options of an emitter. */
export interface AsyncStreamEmitterOptions {
  /** Told about every packet that enters or leaves a listener's backlog. */
  meter?: BacklogMeter;
}

/** The methods that manage listeners; `defineStreamFamily` makes them. */
export interface AsyncStreamEmitter<Events extends object = any> {
  /** Ends the listeners of `event` once they have read their backlogs. */
  closeListener(event: EventName<Events>): void;

  /** Ends all listeners once they have read their backlogs. */
  closeAllListeners(): void;

  /** Ends the listeners of `event` at once, dropping their backlogs. */
  killListener(event: EventName<Events>): void;

  /** Ends all listeners at once, dropping their backlogs. */
  killAllListeners(): void;

  /** Ends the consumer with that id at once. An unknown id has no effect. */
  killListenerConsumer(consumerId: number): void;

  /** Statistics of one consumer; `undefined` when unknown. */
  getListenerConsumerStats(consumerId: number): ConsumerStats | undefined;

  /** Statistics of the consumers of `event`, in order of creation. */
  getListenerConsumerStatsList(event: EventName<Events>): ConsumerStats[];

  /** Statistics of all listener consumers, in order of creation. */
  getAllListenersConsumerStatsList(): ConsumerStats[];

  /** Number of consumers of `event`. */
  getListenerConsumerCount(event: EventName<Events>): number;

  /** Number of all listener consumers. */
  getAllListenersConsumerCount(): number;

  /** Longest backlog among the consumers of `event`, in packets. */
  getListenerBackpressure(event: EventName<Events>): number;

  /** Longest backlog among all listener consumers, in packets. */
  getAllListenersBackpressure(): number;

  /** Backlog of one consumer in packets; 0 when unknown. */
  getListenerConsumerBackpressure(consumerId: number): number;

  /** Whether that consumer reads `event`. */
  hasListenerConsumer(event: EventName<Events>, consumerId: number): boolean;

  /** Whether that consumer reads any event. */
  hasAnyListenerConsumer(consumerId: number): boolean;
}

/** An object whose events are streams. `Events` maps event names to what they carry. Events are local;
 *  one nobody listens to is dropped, `error` included. Each event has its own backlog per listener, so
 *  waiting in one loop delays no other. */
export class AsyncStreamEmitter<Events extends object = any> {
  static {
    defineStreamFamily(AsyncStreamEmitter, 'Listener', (self) => self.#listeners);
  }

  // Created by the first listener: until then an emitter costs this field and emit() this check.
  #listeners: StreamRoot<any> | undefined;
  readonly #meter: BacklogMeter | undefined;

  constructor(options?: AsyncStreamEmitterOptions) {
    this.#meter = options?.meter;
  }

  /** Hands `data` to every listener of `event`. Synchronous, never throws; loops run later. */
  emit<E extends EventName<Events>>(event: E, ...args: EmitArguments<Events, E>): void;
  /** The same, with the `size` that the meter is told (default 0). */
  emit<E extends EventName<Events>>(event: E, data: EventData<Events, E>, size: number): void;
  emit(event: string, data?: unknown, size = 0): void {
    this.#listeners?.get(event)?.write(data, size);
  }

  /** The stream of `event`; read it with `for await`, `once()` or a consumer. */
  listener<E extends EventName<Events>>(event: E): DemuxedConsumableStream<EventData<Events, E>> {
    this.#listeners ??= new StreamRoot(this.#meter);
    return new DemuxedConsumableStream(this.#listeners, event);
  }

  /** The same as `killListener`. */
  removeListener(event: EventName<Events>): void {
    this.killListener(event);
  }
}

import { defineMethods } from './define-methods.js';
import { DemuxedConsumableStream } from './demuxed-consumable-stream.js';
import type { EmitArguments, EventData, EventName } from './event-types.js';
import { type ListenerMethods, listenerMethods } from './listener-methods.js';
import { noStreams } from './stream-operations.js';
import type { StreamOptions } from './stream-options.js';
import { StreamRoot } from './stream-root.js';

/** Options of an emitter. */
export interface AsyncStreamEmitterOptions extends StreamOptions {}

// The methods that manage listeners are added below; this gives them their types.
export interface AsyncStreamEmitter<Events extends object = any> extends ListenerMethods<Events> {}

/** An object whose events are streams. `Events` maps event names to what they carry; `Emitted` holds those that
 *  `emit()` takes, all of them by default. Events are local: an event without listeners is dropped, `error`
 *  included. Every listener has a backlog of its own, so a loop that waits delays no other loop. */
export class AsyncStreamEmitter<Events extends object = any, Emitted extends object = Events> {
  static {
    const { prototype } = AsyncStreamEmitter;
    defineMethods(prototype, (emitter) => emitter.#listeners ?? noStreams, listenerMethods);
  }

  // The first listener creates it. Until then it costs an emitter one field, and emit() one check.
  #listeners: StreamRoot<any> | undefined;
  readonly #options: StreamOptions | undefined;

  constructor(options?: AsyncStreamEmitterOptions) {
    this.#options = options;
  }

  /** Hands `data` to every listener of `event`. It is synchronous and never throws; loop bodies run later. */
  emit<E extends EventName<Emitted>>(event: E, ...args: EmitArguments<Emitted, E>): void;
  /** The same, with the `size` for the meter (default 0). */
  emit<E extends EventName<Emitted>>(event: E, data: EventData<Emitted, E>, size: number): void;
  emit(event: string, data?: unknown, size = 0): void {
    this.#listeners?.get(event)?.write(data, size);
  }

  /** The stream of `event`; read it with `for await`, `once()` or a consumer. */
  listener<E extends EventName<Events>>(event: E): DemuxedConsumableStream<EventData<Events, E>> {
    this.#listeners ??= new StreamRoot(this.#options, 'listener');
    return new DemuxedConsumableStream(this.#listeners, event);
  }

  /** The same as `killListener`. */
  removeListener(event: EventName<Events>): void {
    this.killListener(event);
  }
}

import { AsyncStreamEmitter, type AsyncStreamEmitterOptions } from './async-stream-emitter.js';
import type { BacklogMeter } from './backlog-meter.js';
import type { ConsumerStats } from './consumer.js';
import { DemuxedConsumableStream } from './demuxed-consumable-stream.js';
import { defineStreamFamily } from './stream-family.js';
import { StreamRoot } from './stream-root.js';

/** The methods that manage receivers and procedures; `defineStreamFamily` makes them. */
export interface MessageStreams<
  Events extends object = any,
  Receivers extends object = any,
  Procedures extends object = any,
> {
  /** Ends the loops of receiver `name` once they have read their backlogs. */
  closeReceiver(name: keyof Receivers & string): void;

  /** Ends the loops of all receivers once they have read their backlogs. */
  closeAllReceivers(): void;

  /** Ends the loops of receiver `name` at once, dropping their backlogs. */
  killReceiver(name: keyof Receivers & string): void;

  /** Ends the loops of all receivers at once, dropping their backlogs. */
  killAllReceivers(): void;

  /** Ends the receiver consumer with that id at once. An unknown id has no effect. */
  killReceiverConsumer(consumerId: number): void;

  /** Statistics of one receiver consumer; `undefined` when unknown. */
  getReceiverConsumerStats(consumerId: number): ConsumerStats | undefined;

  /** Statistics of the consumers of receiver `name`, in order of creation. */
  getReceiverConsumerStatsList(name: keyof Receivers & string): ConsumerStats[];

  /** Statistics of all receiver consumers, in order of creation. */
  getAllReceiversConsumerStatsList(): ConsumerStats[];

  /** Number of consumers of receiver `name`. */
  getReceiverConsumerCount(name: keyof Receivers & string): number;

  /** Number of all receiver consumers. */
  getAllReceiversConsumerCount(): number;

  /** Longest backlog among the consumers of receiver `name`, in packets. */
  getReceiverBackpressure(name: keyof Receivers & string): number;

  /** Longest backlog among all receiver consumers, in packets. */
  getAllReceiversBackpressure(): number;

  /** Backlog of one receiver consumer in packets; 0 when unknown. */
  getReceiverConsumerBackpressure(consumerId: number): number;

  /** Whether that consumer reads receiver `name`. */
  hasReceiverConsumer(name: keyof Receivers & string, consumerId: number): boolean;

  /** Whether that consumer reads any receiver. */
  hasAnyReceiverConsumer(consumerId: number): boolean;

  /** Ends the loops of procedure `name` once they have read their backlogs. */
  closeProcedure(name: keyof Procedures & string): void;

  /** Ends the loops of all procedures once they have read their backlogs. */
  closeAllProcedures(): void;

  /** Ends the loops of procedure `name` at once, dropping their backlogs. */
  killProcedure(name: keyof Procedures & string): void;

  /** Ends the loops of all procedures at once, dropping their backlogs. */
  killAllProcedures(): void;

  /** Ends the procedure consumer with that id at once. An unknown id has no effect. */
  killProcedureConsumer(consumerId: number): void;

  /** Statistics of one procedure consumer; `undefined` when unknown. */
  getProcedureConsumerStats(consumerId: number): ConsumerStats | undefined;

  /** Statistics of the consumers of procedure `name`, in order of creation. */
  getProcedureConsumerStatsList(name: keyof Procedures & string): ConsumerStats[];

  /** Statistics of all procedure consumers, in order of creation. */
  getAllProceduresConsumerStatsList(): ConsumerStats[];

  /** Number of consumers of procedure `name`. */
  getProcedureConsumerCount(name: keyof Procedures & string): number;

  /** Number of all procedure consumers. */
  getAllProceduresConsumerCount(): number;

  /** Longest backlog among the consumers of procedure `name`, in packets. */
  getProcedureBackpressure(name: keyof Procedures & string): number;

  /** Longest backlog among all procedure consumers, in packets. */
  getAllProceduresBackpressure(): number;

  /** Backlog of one procedure consumer in packets; 0 when unknown. */
  getProcedureConsumerBackpressure(consumerId: number): number;

  /** Whether that consumer reads procedure `name`. */
  hasProcedureConsumer(name: keyof Procedures & string, consumerId: number): boolean;

  /** Whether that consumer reads any procedure. */
  hasAnyProcedureConsumer(consumerId: number): boolean;
}

/** What a socket offers besides its events: `receiver` streams of one-way messages and `procedure`
 *  streams of requests, by name. Base of both the client's and the server's socket, so that the two
 *  families exist once. `Receivers` maps names to data, `Procedures` names to request objects. The meter,
 *  if any, sees all of them, events included: some are what the other side sent. */
export class MessageStreams<
  Events extends object = any,
  Receivers extends object = any,
  Procedures extends object = any,
> extends AsyncStreamEmitter<Events> {
  static {
    defineStreamFamily(MessageStreams, 'Receiver', (self) => self.#receivers);
    defineStreamFamily(MessageStreams, 'Procedure', (self) => self.#procedures);
  }

  // Each created by its first reader: an idle socket holds empty fields only.
  #receivers: StreamRoot<any> | undefined;
  #procedures: StreamRoot<any> | undefined;
  readonly #meter: BacklogMeter | undefined;

  constructor(options?: AsyncStreamEmitterOptions) {
    super(options);
    this.#meter = options?.meter;
  }

  /** @internal Hands a message to the loops of receiver `name`. `size` goes to the meter. */
  protected writeToReceiver(name: string, data: unknown, size = 0): void {
    this.#receivers?.get(name)?.write(data, size);
  }

  /** @internal Hands a request to the loops of procedure `name`. `size` goes to the meter. */
  protected writeToProcedure(name: string, request: unknown, size = 0): void {
    this.#procedures?.get(name)?.write(request, size);
  }

  /** The stream of the messages the other side transmits under `name`; read it with `for await`, `once()` or a consumer. */
  receiver<N extends keyof Receivers & string>(name: N): DemuxedConsumableStream<Receivers[N]> {
    this.#receivers ??= new StreamRoot(this.#meter);
    return new DemuxedConsumableStream(this.#receivers, name);
  }

  /** The stream of the requests the other side invokes `name` with; read it with `for await`, `once()` or a consumer. */
  procedure<N extends keyof Procedures & string>(name: N): DemuxedConsumableStream<Procedures[N]> {
    this.#procedures ??= new StreamRoot(this.#meter);
    return new DemuxedConsumableStream(this.#procedures, name);
  }
}

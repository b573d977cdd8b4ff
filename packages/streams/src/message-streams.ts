import { isDevelopment } from '@asyngular/errors/internal';
import { AsyncStreamEmitter } from './async-stream-emitter.js';
import { defineMethods } from './define-methods.js';
import { DemuxedConsumableStream } from './demuxed-consumable-stream.js';
import type { EmitArguments, EventData, EventName } from './event-types.js';
import { type ProcedureMethods, procedureMethods } from './procedure-methods.js';
import { type ReceiverMethods, receiverMethods } from './receiver-methods.js';
import { noStreams } from './stream-operations.js';
import type { StreamOptions } from './stream-options.js';
import { StreamRoot } from './stream-root.js';

// The methods that manage receivers and procedures are added below; this gives them their types.
export interface MessageStreams<
  Events extends object = any,
  Receivers extends object = any,
  Procedures extends object = any,
  OwnEvents extends object = any,
> extends ReceiverMethods<Receivers>,
    ProcedureMethods<Procedures> {}

/** What a socket offers besides its events: `receiver` streams of one-way messages and `procedure`
 *  streams of requests, by name. It is the base of the client's and of the server's socket, so that
 *  the two families exist once. `Receivers` maps names to data, `Procedures` names to request objects. `Events` are
 *  the socket's, `OwnEvents` those that the application emits. The meter, if there is one, counts events as well,
 *  because some of them carry what the other side sent. */
export class MessageStreams<
  Events extends object = any,
  Receivers extends object = any,
  Procedures extends object = any,
  OwnEvents extends object = any,
> extends AsyncStreamEmitter<Events & OwnEvents, OwnEvents> {
  static {
    const { prototype } = MessageStreams;
    defineMethods(prototype, (socket) => socket.#receivers ?? noStreams, receiverMethods);
    defineMethods(prototype, (socket) => socket.#procedures ?? noStreams, procedureMethods);
  }

  // The first reader of each creates it, so an idle socket holds empty fields only.
  #receivers: StreamRoot<any> | undefined;
  #procedures: StreamRoot<any> | undefined;
  readonly #options: StreamOptions | undefined;

  constructor(options?: StreamOptions) {
    super(options);
    this.#options = options;
  }

  /**
   * Hands an event of your own, declared in the `events` section of the contract, to the listeners of this socket.
   * It sends nothing: `transmit()` and `invoke()` do.
   */
  override emit<Name extends EventName<OwnEvents>>(
    event: Name,
    ...args: EmitArguments<OwnEvents, Name>
  ): void;
  override emit<Name extends EventName<OwnEvents>>(
    event: Name,
    data: EventData<OwnEvents, Name>,
    size: number,
  ): void;
  override emit(event: string, data?: unknown, size = 0): void {
    this.announce(event, data, size);
    if (isDevelopment && this.getListenerConsumerCount(event as never) === 0) {
      this.onUnheardEmit(event);
    }
  }

  /** @internal An event of the socket itself. `size` goes to the meter. */
  announce(event: string, data?: unknown, size = 0): void {
    super.emit(event as never, data as never, size);
  }

  /** @internal The application has emitted what nobody listens to; it may have meant to send it. */
  protected onUnheardEmit(_event: string): void {}

  /** @internal Hands a message to the loops of receiver `name`. `size` goes to the meter. */
  protected writeToReceiver(name: string, data: unknown, size = 0): void {
    this.#receivers?.get(name)?.write(data, size);
  }

  /** @internal Hands a request to the loops of procedure `name`. `size` goes to the meter. */
  protected writeToProcedure(name: string, request: unknown, size = 0): void {
    this.#procedures?.get(name)?.write(request, size);
  }

  /** The stream of the messages that the other side transmits as `name`. Read it with `for await`, `once()` or a
   *  consumer. */
  receiver<N extends keyof Receivers & string>(name: N): DemuxedConsumableStream<Receivers[N]> {
    this.#receivers ??= new StreamRoot(this.#options, 'receiver');
    return new DemuxedConsumableStream(this.#receivers, name);
  }

  /** The stream of the requests by which the other side invokes `name`. Read it with `for await`, `once()` or a
   *  consumer. */
  procedure<N extends keyof Procedures & string>(name: N): DemuxedConsumableStream<Procedures[N]> {
    this.#procedures ??= new StreamRoot(this.#options, 'procedure');
    return new DemuxedConsumableStream(this.#procedures, name);
  }
}

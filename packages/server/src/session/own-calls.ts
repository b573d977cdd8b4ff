import {
  NotSupportedError,
  protocolEvents,
  ResourceLimitError,
  type ResponsePacket,
  TimeoutError,
} from '@asyngular/protocol';
import {
  assertName,
  CANCEL_EXTENSION,
  type CallPacket,
  type PendingCall,
  PendingCalls,
  type ProducerPort,
  STREAM_EXTENSION,
  StreamConsumer,
  StreamProducer,
  timeoutWithin,
} from '@asyngular/protocol/internal';
import { addAbortListener, removeAbortListener } from '@asyngular/streams/internal';
import type { CallMeter } from '../metrics/call-meter.js';
import type { OutgoingOutcome } from '../metrics/call-outcomes.js';
import { outgoingChannel } from '../tracing/channels.js';
import { beginOutgoing, endOutgoing } from '../tracing/outgoing-trace.js';
import { deadlines } from '../turns/deadlines.js';

/** How one call of the server is made. */
export interface OwnCallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly body?: AsyncIterable<unknown> | undefined;
}

/** The same of one that reads a stream. */
export interface OwnStreamOptions extends OwnCallOptions {
  /** How long the stream may take altogether, in ms. */
  readonly timeout?: number | undefined;
  /** Items that may wait to be read. */
  readonly highWaterMark?: number | undefined;
}

const NO_OPTIONS: OwnStreamOptions = {};

/** What the server's calls need of the session. */
export interface OwnCallsOwner {
  readonly core: {
    readonly options: {
      readonly maxPendingCalls: number;
      readonly maxStreams: number;
      readonly streamHighWaterMark: number;
    };
    readonly outgoing: CallMeter<OutgoingOutcome>;
    readonly server: object;
  };
  readonly socket: object;
  /** Additions to the protocol that both sides named. */
  readonly extensions: ReadonlyMap<string, unknown> | undefined;
  /** Where bodies are produced, and what waits to be read is counted. */
  readonly serving: ProducerPort & { hold(bytes: number): void; release(bytes: number): void };
  /** @throws BadConnectionError */
  assertOpen(kind: string, event: string): void;
  snapshot(data: unknown): unknown;
  /** Sends a call, whose answer is to be read whatever holds the client's data up. */
  sendCall(packet: CallPacket): void;
  /** Sends something of a call that is neither the call nor its answer. */
  sendPart(packet: CallPacket): void;
}

/** A call under way, with what has to be undone when it is over. */
interface OwnCall {
  readonly body: StreamProducer | undefined;
  readonly isStream: boolean;
  readonly undo: (() => void)[];
}

/** The calls of the server to one client: plain ones, those that read streams, and those that bring bodies. */
export class OwnCalls {
  readonly #owner: OwnCallsOwner;
  readonly #pending: PendingCalls;
  /** Calls that are more than a promise. */
  readonly #special = new Map<number, OwnCall>();
  readonly #consumers = new Set<StreamConsumer>();
  #streams = 0;

  constructor(owner: OwnCallsOwner) {
    this.#owner = owner;
    this.#pending = new PendingCalls({
      limit: owner.core.options.maxPendingCalls,
      onTimeout: (id) => this.#withdraw(id),
      onEnd: (call, end, error) => {
        if (owner.core.outgoing.end(call, end)) endOutgoing(call, end, error);
      },
    });
  }

  get size(): number {
    return this.#pending.size;
  }

  /** How many of them have streams or bodies. */
  get streams(): number {
    return this.#streams;
  }

  /** @throws what the data throws when it is cloned, and what forbids the call */
  invoke(
    event: string,
    data: unknown,
    timeoutMs: number,
    options: OwnCallOptions = NO_OPTIONS,
  ): Promise<unknown> {
    return this.#call(event, data, timeoutMs, options).promise;
  }

  /** The stream of one loop; the call is made when its first item is asked for. */
  stream(
    event: string,
    data: unknown,
    timeoutMs: number,
    options: OwnStreamOptions,
  ): StreamConsumer {
    const owner = this.#owner;
    let id: number | undefined;
    const consumer = new StreamConsumer(
      options.highWaterMark ?? owner.core.options.streamHighWaterMark,
      {
        onStart: (credit) => {
          try {
            const call = this.#call(event, data, timeoutMs, options, consumer, credit);
            id = call.id;
            call.promise.then(
              (result) => consumer.end(result),
              (error: unknown) => consumer.fail(error),
            );
          } catch (error) {
            consumer.fail(error);
          }
        },
        onCredit: (upTo) =>
          owner.sendPart({ event: protocolEvents.credit, data: { cid: id, upTo } }),
        onLeave: () => {
          if (id !== undefined) this.#giveUp(id);
        },
        onHold: (bytes) => owner.serving.hold(bytes),
        onRelease: (bytes) => owner.serving.release(bytes),
      },
    );
    return consumer;
  }

  settle(response: ResponsePacket): boolean {
    const isSettled = this.#pending.settle(response);
    if (this.#special.size > 0 && !this.#pending.has(response.rid)) this.#release(response.rid);
    return isSettled;
  }

  isDue(response: ResponsePacket): boolean {
    return this.#pending.isDue(response);
  }

  reject(id: number, error: unknown): void {
    this.#pending.reject(id, error);
    if (this.#special.has(id)) this.#withdraw(id);
  }

  rejectAll(makeError: (call: PendingCall) => unknown): void {
    this.#pending.rejectAll(makeError);
    for (const id of [...this.#special.keys()]) this.#release(id);
  }

  grantBody(id: number, upTo: number): boolean {
    return this.#special.get(id)?.body?.grant(upTo) === true;
  }

  stopBody(id: number): boolean {
    const call = this.#special.get(id);
    call?.body?.cancel();
    return call !== undefined;
  }

  /** The loops over streams end with an error, and the client hears that they have. */
  endStreams(error: Error): void {
    for (const consumer of [...this.#consumers]) consumer.abort(error);
  }

  #call(
    event: string,
    data: unknown,
    timeoutMs: number,
    options: OwnStreamOptions,
    reader?: StreamConsumer,
    credit?: number,
  ): PendingCall {
    const owner = this.#owner;
    const { signal, body } = options;
    owner.assertOpen(reader ? 'stream' : 'invoke', event);
    assertName(event);
    signal?.throwIfAborted();
    if (reader || body) this.#assertRoom(event);
    const now = Date.now();
    const ackTimeout = timeoutWithin(signal, timeoutMs, now);
    const timeout = reader ? timeoutWithin(signal, options.timeout, now) : ackTimeout;
    const packet: CallPacket = { event, cid: 0, data: owner.snapshot(data) };
    if (credit !== undefined) packet.credit = credit;
    if (body) packet.body = true;
    // The protocol's own calls are answered at once, and none of the application's.
    const isControl = event.startsWith('#');
    if (timeout !== undefined && this.#has(CANCEL_EXTENSION) && !isControl) {
      packet.timeout = timeout;
    }
    const call = this.#pending.add(event, ackTimeout, reader);
    packet.cid = call.id;
    if (!isControl) this.#begin(call);
    if (reader || body || signal) this.#watch(call, options, reader, timeout);
    owner.sendCall(packet);
    return call;
  }

  #begin(call: PendingCall): void {
    const { core, socket } = this.#owner;
    core.outgoing.begin(call);
    if (outgoingChannel.hasSubscribers) beginOutgoing(call, { server: core.server, socket });
  }

  /** Whatever ends a call that is more than a promise before its answer, and what has to be undone then. */
  #watch(
    call: PendingCall,
    { signal, body }: OwnCallOptions,
    reader: StreamConsumer | undefined,
    timeoutMs: number | undefined,
  ): void {
    const { id, procedure } = call;
    const undo: (() => void)[] = [];
    const fail = (error: unknown): void => {
      if (reader) {
        this.#pending.drop(id, error);
        reader.abort(error);
      } else {
        this.#pending.reject(id, error);
        this.#giveUp(id);
      }
    };
    if (signal) {
      const signalOnAbort = () => fail(signal.reason);
      addAbortListener(signal, signalOnAbort);
      undo.push(() => removeAbortListener(signal, signalOnAbort));
    }
    if (reader) {
      this.#consumers.add(reader);
      undo.push(() => this.#consumers.delete(reader));
    }
    if (reader && timeoutMs !== undefined) {
      const late = () =>
        fail(new TimeoutError(`The stream ${procedure} took longer than ${timeoutMs} ms`));
      const deadline = deadlines.add(timeoutMs, late, undefined);
      undo.push(() => deadlines.cancel(deadline));
    }
    const isStream = reader !== undefined || body !== undefined;
    if (isStream) this.#streams++;
    this.#special.set(id, { isStream, undo, body: body && this.#produce(id, body, fail) });
  }

  #produce(
    cid: number,
    body: AsyncIterable<unknown>,
    fail: (error: unknown) => void,
  ): StreamProducer {
    const owner = this.#owner;
    const send = (data: object) => owner.sendPart({ event: protocolEvents.body, data });
    return new StreamProducer(
      body,
      0,
      {
        onItem: (data, n, ask) => send({ cid, n, data, ...(ask && { ask }) }),
        onEnd: (_result, n) => send({ cid, n, end: true }),
        onError: fail,
        onIdle: () => fail(new TimeoutError('The body was not read for too long')),
      },
      owner.serving,
    );
  }

  #has(extension: string): boolean {
    return this.#owner.extensions?.has(extension) === true;
  }

  #assertRoom(event: string): void {
    const { maxStreams } = this.#owner.core.options;
    if (!this.#has(STREAM_EXTENSION)) {
      throw new NotSupportedError(
        `Cannot call ${event}: the client knows no streams; update it, or invoke() without a body`,
      );
    }
    if (this.#streams >= maxStreams) {
      throw new ResourceLimitError(
        `Cannot call ${event}: ${maxStreams} streams are open (maxStreams); end some of them first`,
      );
    }
  }

  /** Nobody waits for the call any more. */
  #giveUp(id: number): void {
    this.#pending.drop(id);
    this.#withdraw(id);
  }

  #withdraw(id: number): void {
    if (this.#special.get(id)?.isStream || this.#has(CANCEL_EXTENSION)) {
      this.#owner.sendPart({ event: protocolEvents.cancel, data: { cid: id } });
    }
    this.#release(id);
  }

  #release(id: number): void {
    const call = this.#special.get(id);
    if (!call) return;
    this.#special.delete(id);
    if (call.isStream) this.#streams--;
    call.body?.cancel();
    for (const undo of call.undo) undo();
  }
}

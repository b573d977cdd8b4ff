import { BrokerStateError, BrokerUnavailableError } from '@asyngular/errors';
import { check, checkOptions, type OptionTable } from '@asyngular/errors/options';
import type { Broker, BrokerMessage, BrokerPayload, BrokerSink, BrokerStats } from './broker.js';
import { createNodeId } from './node-id.js';
import type { BrokerStatus } from './status.js';

/** Several memory brokers of one process that hear each other: a fleet without a network, for tests. */
export class MemoryHub {
  readonly #nodes = new Map<string, Set<MemoryBroker>>();

  /** @internal */
  join(channel: string, broker: MemoryBroker): void {
    const nodes = this.#nodes.get(channel);
    if (nodes) nodes.add(broker);
    else this.#nodes.set(channel, new Set([broker]));
  }

  /** @internal */
  leave(channel: string, broker: MemoryBroker): void {
    const nodes = this.#nodes.get(channel);
    if (nodes?.delete(broker) && nodes.size === 0) this.#nodes.delete(channel);
  }

  /** @internal */
  deliver(channel: string, message: BrokerMessage, from: MemoryBroker): void {
    const nodes = this.#nodes.get(channel);
    if (!nodes) return;
    // A copy: a receiver may subscribe or unsubscribe while it is being called.
    for (const broker of [...nodes]) if (broker !== from) broker.receive(channel, message);
  }
}

/** Options of {@link memoryBroker}. */
export interface MemoryBrokerOptions {
  /** Shared by the brokers that should hear each other. Default: none, this node is alone. */
  hub?: MemoryHub | undefined;
}

/**
 * The broker of a single process: nobody else is there, so every call is done when it returns. With a
 * shared `hub`, delivery to the other nodes happens inside `publish()`; nothing is ever lost.
 */
class MemoryBroker implements Broker {
  readonly name = 'memory';
  readonly node = createNodeId();
  readonly #hub: MemoryHub | undefined;
  readonly #channels = new Set<string>();
  #sink: BrokerSink | undefined;
  #status: BrokerStatus = 'idle';
  #published = 0;
  #received = 0;

  constructor(hub: MemoryHub | undefined) {
    this.#hub = hub;
  }

  get status(): BrokerStatus {
    return this.#status;
  }

  start(sink: BrokerSink): void {
    if (this.#status !== 'idle') {
      throw new BrokerStateError(
        `This broker is ${this.#status} and cannot be started again; give every server its own broker`,
      );
    }
    this.#sink = sink;
    this.#setStatus('connected', 'started');
  }

  publish(channel: string, payload: BrokerPayload): void | Promise<void> {
    if (this.#status !== 'connected') return this.#refuse('publish');
    const sequence = ++this.#published;
    this.#hub?.deliver(channel, { payload, node: this.node, sequence }, this);
  }

  subscribe(channel: string): void | Promise<void> {
    if (this.#status !== 'connected') return this.#refuse('subscribe');
    this.#channels.add(channel);
    this.#hub?.join(channel, this);
  }

  unsubscribe(channel: string): void {
    if (this.#channels.delete(channel)) this.#hub?.leave(channel, this);
  }

  stats(): BrokerStats {
    return {
      queuedMessages: 0,
      queuedBytes: 0,
      subscriptions: this.#channels.size,
      published: this.#published,
      received: this.#received,
      duplicates: 0,
      interruptions: 0,
    };
  }

  async close(): Promise<void> {
    if (this.#status === 'closed') return;
    for (const channel of this.#channels) this.#hub?.leave(channel, this);
    this.#channels.clear();
    this.#setStatus('closed', 'close() was called');
  }

  /** @internal */
  receive(channel: string, message: BrokerMessage): void {
    if (!this.#channels.has(channel)) return;
    this.#received++;
    this.#sink?.onMessage(channel, message);
  }

  #setStatus(to: BrokerStatus, reason: string): void {
    const from = this.#status;
    this.#status = to;
    this.#sink?.onEvent({ type: 'status', from, to, reason });
  }

  #refuse(action: string): Promise<void> {
    return Promise.reject(
      new BrokerUnavailableError(`Cannot ${action}: the broker is ${this.#status}`, 'closed'),
    );
  }
}

const optionChecks: OptionTable<MemoryBrokerOptions> = {
  hub: check('a MemoryHub', (value) => value instanceof MemoryHub),
};

/**
 * Creates the broker of a single process; the server's default. See `MemoryHub` for several nodes. Throws
 * `InvalidOptionsError` for impossible options.
 */
export function memoryBroker(options: MemoryBrokerOptions = {}): Broker {
  return new MemoryBroker(checkOptions(optionChecks, options, 'memoryBroker()').hub);
}

import { BrokerStateError, BrokerUnavailableError, InvalidOptionsError } from '@asyngular/errors';
import { check, checkOptions, type OptionTable } from '@asyngular/errors/options';
import type {
  Broker,
  BrokerMessage,
  BrokerPayload,
  BrokerSink,
  BrokerStats,
  PublishOrigin,
} from './broker.js';
import { type HubNode, MemoryHub, type MemoryHubOptions, memoryHubChecks } from './memory-hub.js';
import { createNodeId } from './node-id.js';
import { NodeLog } from './node-log.js';
import type { BrokerStatus } from './status.js';

/** Options of {@link memoryBroker}. Without a `hub` it may be given those of a hub of its own. */
export interface MemoryBrokerOptions extends MemoryHubOptions {
  /** Shared by the brokers that should hear each other. Default: none, this node is alone. */
  hub?: MemoryHub | undefined;
}

/**
 * The broker of a single process: nobody else is there, so every call is done when it returns (except for logs that
 * are kept in files). With a shared `hub`, delivery to the other nodes happens inside `publish()`;
 * nothing is ever lost.
 */
class MemoryBroker implements Broker, HubNode {
  readonly name = 'memory';
  readonly node = createNodeId();
  readonly isAlone: boolean;
  readonly log: NodeLog;
  readonly #hub: MemoryHub;
  readonly #channels = new Set<string>();
  #sink: BrokerSink | undefined;
  #status: BrokerStatus = 'idle';
  #published = 0;
  #received = 0;

  constructor(hub: MemoryHub, isAlone: boolean) {
    this.isAlone = isAlone;
    this.#hub = hub;
    this.log = new NodeLog(hub.log);
  }

  get status(): BrokerStatus {
    return this.#status;
  }

  start(sink: BrokerSink): void | Promise<void> {
    if (this.#status !== 'idle') {
      throw new BrokerStateError(
        `This broker is ${this.#status} and cannot be started again; give every server its own broker`,
      );
    }
    this.#sink = sink;
    const opening = this.log.start(sink);
    if (!opening) return this.#setStatus('connected', 'started');
    this.#setStatus('connecting', 'started');
    return this.#opened(opening);
  }

  publish(channel: string, payload: BrokerPayload, origin?: PublishOrigin): void | Promise<void> {
    if (!this.#isStarted) return this.#refuse('publish');
    const sequence = ++this.#published;
    this.#hub.deliver(
      channel,
      { payload, node: this.node, sequence, except: origin?.except },
      this,
    );
  }

  subscribe(channel: string): void | Promise<void> {
    if (!this.#isStarted) return this.#refuse('subscribe');
    this.#channels.add(channel);
    this.#hub.join(channel, this);
  }

  unsubscribe(channel: string): void {
    if (this.#channels.delete(channel)) this.#hub.leave(channel, this);
  }

  heard(): ReadonlyMap<string, number> {
    return new Map(this.#hub.sequences).set(this.node, this.#published);
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
    for (const channel of this.#channels) this.#hub.leave(channel, this);
    this.#channels.clear();
    this.#setStatus('closed', 'close() was called');
    await this.log.stop();
  }

  receive(channel: string, message: BrokerMessage): void {
    if (!this.#channels.has(channel)) return;
    this.#received++;
    this.#sink?.onMessage(channel, message);
  }

  /** Publications reach other nodes also while the logs are being opened. */
  get #isStarted(): boolean {
    return this.#status === 'connected' || this.#status === 'connecting';
  }

  /** The rest of a start that has to wait for its logs; without them the broker is of no use. */
  async #opened(opening: Promise<void>): Promise<void> {
    try {
      await opening;
    } catch (error) {
      await this.close();
      throw error;
    }
    if (this.#status === 'connecting') this.#setStatus('connected', 'the logs are open');
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
  ...memoryHubChecks,
  hub: check('a MemoryHub', (value) => value instanceof MemoryHub),
};

/**
 * Creates the broker of a single process; the server's default. See `MemoryHub` for several nodes. Throws
 * `InvalidOptionsError` for impossible options.
 */
export function memoryBroker(options: MemoryBrokerOptions = {}): Broker {
  const { hub, ...ofHub } = checkOptions(optionChecks, options, 'memoryBroker()');
  if (hub === undefined) return new MemoryBroker(new MemoryHub(ofHub), true);
  const [misplaced] = Object.keys(ofHub);
  if (misplaced === undefined) return new MemoryBroker(hub, false);
  throw new InvalidOptionsError(
    `The ${misplaced} option of memoryBroker() has no effect beside hub; give it to the MemoryHub`,
  );
}

import {
  check,
  checkOptions,
  count,
  type OptionTable,
  withMethods,
} from '@asyngular/errors/options';
import type { BrokerMessage } from './broker.js';
import type { LogStore } from './log-store.js';
import { MemoryLog } from './memory-log.js';
import { MAX_NODES } from './options.js';
import { SharedLog } from './shared-log.js';

/** A broker as the hub knows it. */
export interface HubNode {
  receive(channel: string, message: BrokerMessage): void;
}

/** Options of {@link MemoryHub}. */
export interface MemoryHubOptions {
  /**
   * Memory that all logs of channels together may take, in bytes; what V8 needs for entries and names is
   * counted. Logs without a publication go first, then the one published longest ago; it begins a new epoch when it comes
   * back. Default: a tenth of V8's heap limit.
   */
  maxHistoryBytes?: number | undefined;
  /** Where the logs are kept; with it, `maxHistoryBytes` is its own affair. Default: in memory. */
  log?: LogStore | undefined;
}

const logStore = withMethods('open', 'append', 'read', 'top', 'sweep', 'size', 'close');

/** The checks of `MemoryHubOptions`, which memoryBroker() shares. */
export const memoryHubChecks: OptionTable<MemoryHubOptions> = {
  maxHistoryBytes: count('bytes', { min: 1 }),
  log: check('a store of logs, such as fileLog({ directory })', logStore.isValid),
};

/** Several memory brokers of one process that hear each other: a fleet without a network, for tests. */
export class MemoryHub {
  readonly #nodes = new Map<string, Set<HubNode>>();
  /** @internal */
  readonly log: SharedLog;
  /** @internal By node, the number of the last message that others were given. */
  readonly sequences = new Map<string, number>();

  /** Throws `InvalidOptionsError` for impossible options. */
  constructor(options: MemoryHubOptions = {}) {
    const { log, maxHistoryBytes } = checkOptions(memoryHubChecks, options, 'MemoryHub');
    this.log = new SharedLog(log ?? new MemoryLog(maxHistoryBytes));
  }

  /** @internal */
  join(channel: string, broker: HubNode): void {
    const nodes = this.#nodes.get(channel);
    if (nodes) nodes.add(broker);
    else this.#nodes.set(channel, new Set([broker]));
  }

  /** @internal */
  leave(channel: string, broker: HubNode): void {
    const nodes = this.#nodes.get(channel);
    if (nodes?.delete(broker) && nodes.size === 0) this.#nodes.delete(channel);
  }

  /** What a broker has published is of use for some time after its end. */
  #note({ node, sequence }: BrokerMessage): void {
    this.sequences.set(node, sequence);
    const [oldest] = this.sequences.keys();
    if (this.sequences.size > MAX_NODES) this.sequences.delete(oldest!);
  }

  /** @internal */
  deliver(channel: string, message: BrokerMessage, from: HubNode): void {
    const nodes = this.#nodes.get(channel);
    if (!nodes) return;
    // A copy: a receiver may subscribe or unsubscribe while it is being called.
    for (const broker of [...nodes]) {
      if (broker === from) continue;
      this.#note(message);
      broker.receive(channel, message);
    }
  }
}

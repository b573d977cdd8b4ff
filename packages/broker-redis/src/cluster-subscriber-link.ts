import { ConnectionLostError } from '@asyngular/broker/internal';
import type { Cluster, Redis } from 'ioredis';
import { IoredisLink } from './ioredis-link.js';
import { keySlot } from './key-slot.js';
import type { LinkEvents, SubscriberLink } from './redis-link.js';

const RETRY_MS = 250;

/** A subscriber connection to one cluster node. */
interface NodeLink {
  readonly link: IoredisLink;
  readonly client: Redis;
  readonly ready: Promise<void>;
}

/**
 * Subscriptions in a Redis Cluster: one connection per shard that owns a wanted channel (sharded), or
 * one to any node. ioredis has subscriber connections of its own, but replaces them without telling
 * anybody; a broker must announce what may have been missed. Here any loss or move gives up all
 * connections, and the broker subscribes anew on what the cluster looks like then.
 */
export class ClusterSubscriberLink implements SubscriberLink {
  readonly #cluster: Cluster;
  readonly #isSharded: boolean;
  readonly #nodes = new Map<string, NodeLink>();
  #events: LinkEvents | undefined;
  #isUp = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(cluster: Cluster, isSharded: boolean) {
    this.#cluster = cluster;
    this.#isSharded = isSharded;
  }

  start(events: LinkEvents): void {
    this.#events = events;
    this.#cluster.on('ready', this.#announceReady);
    this.#announceReady();
  }

  async subscribe(keys: readonly string[]): Promise<void> {
    const byNode = new Map<string, string[]>();
    for (const key of keys) {
      const node = this.#ownerOf(key);
      const list = byNode.get(node);
      if (list) list.push(key);
      else byNode.set(node, [key]);
    }
    try {
      await Promise.all(
        [...byNode].map(async ([name, list]) => {
          const { link, ready } = this.#nodeLink(name);
          await ready;
          // Channels of one sharded command must be of one slot; their commands are pipelined.
          if (this.#isSharded) await Promise.all(list.map((key) => link.subscribe([key])));
          else await link.subscribe(list);
        }),
      );
    } catch (error) {
      // The slot has moved, or its node is gone: look at the cluster again.
      this.#lost(`subscribing in the Redis Cluster failed: ${(error as Error).message}`);
      throw new ConnectionLostError('The Redis Cluster has changed', { cause: error });
    }
  }

  async unsubscribe(key: string): Promise<void> {
    const node = this.#nodes.get(this.#ownerOf(key));
    if (node) await node.link.unsubscribe(key);
  }

  async ping(): Promise<void> {
    await Promise.all([...this.#nodes.values()].map(({ link }) => link.ping()));
  }

  reset(): void {
    this.#lost('a node of the Redis Cluster did not answer');
  }

  async close(): Promise<void> {
    this.#events = undefined;
    clearTimeout(this.#timer);
    this.#cluster.off('ready', this.#announceReady);
    this.#dropNodes();
  }

  readonly #announceReady = (): void => {
    if (this.#isUp || !this.#events || this.#cluster.status !== 'ready') return;
    this.#isUp = true;
    this.#events.onReady();
  };

  #lost(reason: string): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#dropNodes();
    this.#events?.onLost(reason);
    this.#retryLater();
  }

  #retryLater(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (!this.#events) return;
      this.#cluster.refreshSlotsCache((error) => {
        if (error) this.#events?.onWarning(error);
        if (error || this.#cluster.status !== 'ready') this.#retryLater();
        else this.#announceReady();
      });
    }, RETRY_MS);
  }

  /** `host:port` of the node to subscribe at. */
  #ownerOf(key: string): string {
    if (this.#isSharded) {
      const owner = this.#cluster.slots[keySlot(key)]?.[0];
      if (owner === undefined) throw new ConnectionLostError('The slot has no node in the cluster');
      return owner;
    }
    for (const name of this.#nodes.keys()) return name;
    const nodes = this.#cluster.nodes('all').filter(({ status }) => status === 'ready');
    const node = nodes[Math.floor(Math.random() * nodes.length)];
    if (!node) throw new ConnectionLostError('No node of the Redis Cluster is connected');
    return nameOf(node);
  }

  #nodeLink(name: string): NodeLink {
    const existing = this.#nodes.get(name);
    if (existing) return existing;
    const known = this.#cluster.nodes('all').find((node) => nameOf(node) === name);
    if (!known) throw new ConnectionLostError(`The Redis Cluster does not know ${name} any more`);
    const client = known.duplicate({
      retryStrategy: null,
      autoResubscribe: false,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      readOnly: false,
      lazyConnect: true,
    });
    const link = new IoredisLink(client, this.#isSharded, false);
    const onLost = () => {
      if (this.#nodes.get(name)?.link === link) this.#lost(`the connection to ${name} was lost`);
    };
    const ready = new Promise<void>((resolve, reject) => {
      link.start({
        onReady: resolve,
        onLost: (reason) => {
          reject(new ConnectionLostError(reason));
          onLost();
        },
        onWarning: (error) => this.#events?.onWarning(error),
        onMessage: (key, data) => this.#events?.onMessage(key, data),
      });
    });
    // The server takes channels back when their slot moves to another node.
    client.on('moved', onLost);
    const node = { link, client, ready };
    this.#nodes.set(name, node);
    return node;
  }

  #dropNodes(): void {
    const nodes = [...this.#nodes.values()];
    this.#nodes.clear();
    for (const { link, client } of nodes) {
      link.reset();
      client.disconnect();
    }
  }
}

function nameOf({ options }: Redis): string {
  return `${options.host}:${options.port}`;
}

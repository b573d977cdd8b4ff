import { ConnectionLostError } from '@asyngular/broker/transport';
import type { Cluster, Redis } from 'ioredis';
import { IoredisLink } from './ioredis-link.js';
import { keySlot } from './key-slot.js';
import type { LuaScript } from './lua-script.js';
import type { LinkEvents, PublisherLink, ScriptArgument, SubscriberLink } from './redis-link.js';

const RETRY_MS = 250;
/** Answers of a node that is not, or not yet, the right one. */
const CHANGED = /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN|LOADING|MASTERDOWN|READONLY)\b/;

/** A connection of ours to one cluster node. */
interface NodeLink {
  readonly link: IoredisLink;
  readonly client: Redis;
  readonly ready: Promise<void>;
}

/** How a `Cluster` client is used. */
export interface ClusterLinkOptions {
  readonly isSharded: boolean;
  /** This role connects and closes the `Cluster` client; one of the two roles may. */
  readonly ownsCluster: boolean;
  readonly connectTimeoutMs: number;
}

/**
 * One role in a Redis Cluster: a connection per shard that owns a channel in use (sharded), or one to any
 * node. The application's or our own `Cluster` client only tells what the cluster looks like: it sends
 * unsharded publishes to a random node each, which loses their order, and replaces subscriber
 * connections without telling anybody. Here any loss or move gives up all connections of the role, and
 * the broker goes on with what the cluster looks like then.
 */
export class ClusterLink implements PublisherLink, SubscriberLink {
  readonly #cluster: Cluster;
  readonly #isSharded: boolean;
  readonly #ownsCluster: boolean;
  readonly #connectTimeoutMs: number;
  readonly #nodes = new Map<string, NodeLink>();
  #events: LinkEvents | undefined;
  #isUp = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(cluster: Cluster, options: ClusterLinkOptions) {
    this.#cluster = cluster;
    this.#isSharded = options.isSharded;
    this.#ownsCluster = options.ownsCluster;
    this.#connectTimeoutMs = options.connectTimeoutMs;
  }

  start(events: LinkEvents): void {
    this.#events = events;
    this.#cluster.on('ready', this.#announceReady);
    if (this.#ownsCluster) {
      this.#cluster.on('error', this.#clusterOnError);
      this.#cluster.connect().catch(() => {});
    }
    this.#announceReady();
  }

  async publish(key: string, data: Uint8Array): Promise<void> {
    try {
      const { link, ready } = this.#nodeLink(this.#ownerOf(key));
      await ready;
      await link.publish(key, data);
    } catch (error) {
      throw this.#toLost('publishing', error);
    }
  }

  async evaluate(
    script: LuaScript,
    keys: readonly string[],
    args: readonly ScriptArgument[],
  ): Promise<unknown> {
    try {
      const { link, ready } = this.#nodeLink(this.#ownerOfSlot(keys[0]!));
      await ready;
      return await link.evaluate(script, keys, args);
    } catch (error) {
      throw this.#toLost('running a script', error);
    }
  }

  atTurnEnd(work: () => void): void {
    setImmediate(work);
  }

  forgetScripts(): void {
    for (const { link } of this.#nodes.values()) link.forgetScripts();
  }

  async info(section: 'server' | 'memory'): Promise<string> {
    const { link, ready } = this.#nodeLink(this.#anyNode());
    await ready;
    return link.info(section);
  }

  /** Any node passes publications on to all, and the cluster itself notices what has become of a node. */
  probe(): Promise<void> {
    return this.ping();
  }

  async subscribe(keys: readonly string[]): Promise<void> {
    try {
      const byNode = new Map<string, string[]>();
      for (const key of keys) {
        const node = this.#ownerOf(key);
        const list = byNode.get(node);
        if (list) list.push(key);
        else byNode.set(node, [key]);
      }
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
      throw this.#toLost('subscribing', error);
    }
  }

  async unsubscribe(key: string): Promise<void> {
    if (!this.#isUp) return;
    const node = this.#nodes.get(this.#ownerOf(key));
    if (!node) return;
    await node.ready;
    await node.link.unsubscribe(key);
  }

  async ping(): Promise<void> {
    await Promise.all(
      [...this.#nodes.values()].map(({ link, ready }) => ready.then(() => link.ping())),
    );
  }

  reset(): void {
    this.#lost('a node of the Redis Cluster did not answer');
  }

  async close(): Promise<void> {
    this.#events = undefined;
    clearTimeout(this.#timer);
    this.#cluster.off('ready', this.#announceReady);
    this.#dropNodes();
    if (this.#ownsCluster) this.#cluster.disconnect();
  }

  // Stays on a closed client: its last errors concern nobody, but must have a listener.
  readonly #clusterOnError = (error: Error): void => this.#events?.onAttemptFailed(error);

  readonly #announceReady = (): void => {
    if (this.#isUp || !this.#events || this.#cluster.status !== 'ready') return;
    this.#isUp = true;
    this.#events.onReady();
  };

  /** The slot has moved, or its node is gone: look at the cluster again. */
  #toLost(what: string, cause: unknown): Error {
    const { message } = cause as Error;
    const isRefusal = (cause as Error).name === 'ReplyError' && !CHANGED.test(message);
    if (isRefusal) return cause as Error;
    this.#lost(`${what} in the Redis Cluster failed: ${message}`);
    return new ConnectionLostError(`The Redis Cluster has changed: ${message}`, { cause });
  }

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
        if (error) this.#events?.onAttemptFailed(error);
        if (error || this.#cluster.status !== 'ready') this.#retryLater();
        else this.#announceReady();
      });
    }, RETRY_MS);
  }

  /** `host:port` of the node to publish or subscribe at. */
  #ownerOf(key: string): string {
    return this.#isSharded ? this.#ownerOfSlot(key) : this.#anyNode();
  }

  #ownerOfSlot(key: string): string {
    const owner = this.#cluster.slots[keySlot(key)]?.[0];
    if (owner === undefined) throw new ConnectionLostError('The slot has no node in the cluster');
    return owner;
  }

  /** Always the same one while it works, for the sake of order. */
  #anyNode(): string {
    for (const name of this.#nodes.keys()) return name;
    // Any will do; one that turns out to be dead is followed by another choice.
    const nodes = this.#cluster.nodes('all');
    const node = nodes[Math.floor(Math.random() * nodes.length)];
    if (!node) throw new ConnectionLostError('No node of the Redis Cluster is known');
    return nameOf(node);
  }

  #nodeLink(name: string): NodeLink {
    const existing = this.#nodes.get(name);
    if (existing) return existing;
    const known = this.#cluster.nodes('all').find((node) => nameOf(node) === name);
    if (!known) throw new ConnectionLostError(`The Redis Cluster does not know ${name} any more`);
    const client = known.duplicate({
      retryStrategy: null,
      connectTimeout: this.#connectTimeoutMs,
      autoResubscribe: false,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      readOnly: false,
      lazyConnect: true,
    });
    const link = new IoredisLink(client, {
      isSharded: this.#isSharded,
      isBorrowed: false,
      connectTimeoutMs: this.#connectTimeoutMs,
    });
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
        onAttemptFailed: (error) => this.#events?.onAttemptFailed(error),
        onMessage: (key, data) => this.#events?.onMessage(key, data),
      });
    });
    // Callers that wait see the rejection; there may be none.
    ready.catch(() => {});
    // The server takes channels back when their slot moves to another node.
    client.on('moved', onLost);
    const node = { link, client, ready };
    this.#nodes.set(name, node);
    return node;
  }

  #dropNodes(): void {
    const nodes = [...this.#nodes.values()];
    this.#nodes.clear();
    // Without time for farewells: they may be nodes that hang.
    for (const { link } of nodes) void link.close(0);
  }
}

function nameOf({ options }: Redis): string {
  return `${options.host}:${options.port}`;
}

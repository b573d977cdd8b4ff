import { type Broker, InvalidOptionsError } from '@asyngular/broker';
import { FleetBroker, fleetDefaults } from '@asyngular/broker/transport';
import { checkOptions } from '@asyngular/errors/options';
import { Cluster, type ClusterNode, Redis, type RedisOptions } from 'ioredis';
import { ClusterLink } from './cluster-link.js';
import { IoredisLink } from './ioredis-link.js';
import { isNodeRedisClient, NodeRedisLink } from './node-redis-link.js';
import { type RedisBrokerOptions, type RedisClients, redisOptionChecks } from './options.js';
import type { PublisherLink, SubscriberLink } from './redis-link.js';
import { RedisTransport } from './redis-transport.js';

/** Longest pause between attempts to connect, in ms; ioredis gives up after some time by default. */
const MAX_RETRY_MS = 2_000;

/**
 * Waiting, repeating and re-subscribing are the broker's work, who knows the order and announces what is
 * missing; a client that did the same behind its back would hide losses.
 */
const connectionOptions: RedisOptions = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  keyPrefix: '',
};

/** Where to connect to: one of the four, or the default server. */
type RedisSource = {
  readonly [Name in 'url' | 'redis' | 'cluster' | 'clients']: RedisBrokerOptions[Name] | undefined;
};

/** Of clients that ioredis closes by itself: how long it waits for the other end, and for a loading server. */
const DISCONNECT_MS = 500;
const LOADING_RETRY_MS = 1_000;

/**
 * Creates a broker on Redis publish/subscribe. Nothing is connected before the server starts it. Throws
 * `InvalidOptionsError` for impossible options.
 */
export function redisBroker(options: RedisBrokerOptions = {}): Broker {
  const { url, redis, cluster, clients, keyPrefix, sharded, ...fleetOptions } = checkOptions(
    redisOptionChecks,
    options,
    'redisBroker()',
  );
  const sources = [url ?? redis, cluster, clients];
  if (sources.filter((source) => source !== undefined).length > 1) {
    throw new InvalidOptionsError(
      'Give redisBroker() one of url/redis, cluster or clients, not two',
    );
  }
  const server: RedisSource = { url, redis, cluster, clients };
  const connectTimeoutMs = fleetOptions.connectTimeoutMs ?? fleetDefaults.connectTimeoutMs;
  const isSharded = sharded ?? false;
  const [publisher, subscriber] = createLinks(server, isSharded, connectTimeoutMs);
  const transport = new RedisTransport({
    address: addressOf(server),
    prefix: keyPrefix ?? 'asyngular:',
    publisher,
    subscriber,
    isSharded,
    isCluster: publisher instanceof ClusterLink,
    // A cluster may refuse one of several while a slot moves, and take the next. Clients of the application may
    // send what is left from before once more by themselves.
    keepsOrder: !cluster && !clients,
  });
  return new FleetBroker(transport, fleetOptions);
}

function createLinks(
  { url, redis, cluster, clients }: RedisSource,
  isSharded: boolean,
  connectTimeoutMs: number,
): [PublisherLink, SubscriberLink] {
  if (clients) return linksOf(clients, isSharded, connectTimeoutMs);
  const limits = {
    connectTimeout: connectTimeoutMs,
    disconnectTimeout: DISCONNECT_MS,
    maxLoadingRetryTime: LOADING_RETRY_MS,
  };
  if (cluster) {
    const client = new Cluster(cluster.nodes, {
      ...cluster.options,
      redisOptions: { ...limits, ...cluster.options?.redisOptions },
      lazyConnect: true,
      clusterRetryStrategy: retryDelay,
    });
    return [true, false].map(
      (ownsCluster) => new ClusterLink(client, { isSharded, ownsCluster, connectTimeoutMs }),
    ) as [ClusterLink, ClusterLink];
  }
  const create = () => {
    const all = { ...limits, retryStrategy: retryDelay, ...redis, ...connectionOptions };
    const client = url === undefined ? new Redis(all) : new Redis(url, all);
    return new IoredisLink(client, { isSharded, isBorrowed: false, connectTimeoutMs });
  };
  return [create(), create()];
}

function linksOf(
  { publisher, subscriber }: RedisClients,
  isSharded: boolean,
  connectTimeoutMs: number,
): [PublisherLink, SubscriberLink] {
  if (publisher instanceof Cluster || ('isCluster' in publisher && publisher.isCluster)) {
    const cluster = publisher as Cluster;
    const create = () =>
      new ClusterLink(cluster, { isSharded, ownsCluster: false, connectTimeoutMs });
    return [create(), create()];
  }
  if (!subscriber || (subscriber as unknown) === publisher) {
    throw new InvalidOptionsError(
      'Option clients needs a publisher and another client as subscriber; a connection with subscriptions cannot publish',
    );
  }
  const link = (client: RedisClients['publisher']) =>
    isNodeRedisClient(client)
      ? new NodeRedisLink(client, isSharded)
      : new IoredisLink(client as Redis, { isSharded, isBorrowed: true, connectTimeoutMs });
  return [link(publisher), link(subscriber)];
}

function retryDelay(attempt: number): number {
  return Math.min(MAX_RETRY_MS, 50 * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random() / 2);
}

/** For messages: where, and no credentials. */
function addressOf({ url, redis, cluster, clients }: RedisSource): string {
  if (clients) return 'the clients of the application';
  if (cluster) return cluster.nodes.map(nodeAddress).join(', ');
  if (url !== undefined) return url.replace(/^([\w+.-]+:\/\/)?[^/?#]*@/, '$1');
  if (redis?.sentinels) return `the Sentinel group ${redis.name ?? ''}`.trim();
  return redis?.path ?? nodeAddress(redis ?? {});
}

function nodeAddress(node: ClusterNode): string {
  if (typeof node !== 'object') return String(node).replace(/[^/?#]*@/, '');
  return `redis://${node.host ?? '127.0.0.1'}:${node.port ?? 6379}`;
}

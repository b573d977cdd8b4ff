import { type Broker, InvalidOptionsError } from '@asyngular/broker';
import { FleetBroker } from '@asyngular/broker/transport';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { ClusterLink } from './cluster-link.js';
import { IoredisLink } from './ioredis-link.js';
import { isNodeRedisClient, NodeRedisLink } from './node-redis-link.js';
import type { RedisBrokerOptions, RedisClients } from './options.js';
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

/**
 * Creates a broker on Redis publish/subscribe. Nothing is connected before the server starts it. Throws
 * `InvalidOptionsError` for impossible options.
 */
export function redisBroker(options: RedisBrokerOptions = {}): Broker {
  const { keyPrefix = 'asyngular:', ...fleetOptions } = options;
  const sources = [options.url ?? options.redis, options.cluster, options.clients];
  if (sources.filter((source) => source !== undefined).length > 1) {
    throw new InvalidOptionsError(
      'Give redisBroker() one of url/redis, cluster or clients, not two',
    );
  }
  const [publisher, subscriber] = createLinks(options);
  return new FleetBroker(new RedisTransport(keyPrefix, publisher, subscriber), fleetOptions);
}

function createLinks(options: RedisBrokerOptions): [PublisherLink, SubscriberLink] {
  const { clients, cluster, sharded = false } = options;
  if (clients) return linksOf(clients, sharded);
  if (cluster) {
    const client = new Cluster(cluster.nodes, {
      ...cluster.options,
      lazyConnect: true,
      clusterRetryStrategy: retryDelay,
    });
    return [new ClusterLink(client, sharded, true), new ClusterLink(client, sharded, false)];
  }
  const create = () => {
    const all = { retryStrategy: retryDelay, ...options.redis, ...connectionOptions };
    const client = options.url === undefined ? new Redis(all) : new Redis(options.url, all);
    return new IoredisLink(client, sharded, false);
  };
  return [create(), create()];
}

function linksOf(
  { publisher, subscriber }: RedisClients,
  sharded: boolean,
): [PublisherLink, SubscriberLink] {
  if (publisher instanceof Cluster || ('isCluster' in publisher && publisher.isCluster)) {
    const cluster = publisher as Cluster;
    return [new ClusterLink(cluster, sharded, false), new ClusterLink(cluster, sharded, false)];
  }
  if (!subscriber || (subscriber as unknown) === publisher) {
    throw new InvalidOptionsError(
      'Option clients needs a publisher and another client as subscriber; a connection with subscriptions cannot publish',
    );
  }
  const link = (client: RedisClients['publisher']) =>
    isNodeRedisClient(client)
      ? new NodeRedisLink(client, sharded)
      : new IoredisLink(client as Redis, sharded, true);
  return [link(publisher), link(subscriber)];
}

function retryDelay(attempt: number): number {
  return Math.min(MAX_RETRY_MS, 50 * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random() / 2);
}

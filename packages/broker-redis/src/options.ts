import type { FleetOptions } from '@asyngular/broker';
import { fleetOptionChecks } from '@asyngular/broker/transport';
import { check, flag, type OptionTable, object, text } from '@asyngular/errors/options';
import type { Cluster, ClusterNode, ClusterOptions, Redis, RedisOptions } from 'ioredis';
import type { NodeRedisClient } from './node-redis-link.js';

/** Two connections of the application. They stay open at `close()`. */
export interface RedisClients {
  /** An ioredis `Redis` or `Cluster`, or a node-redis client; may be shared with other work. */
  publisher: Redis | Cluster | NodeRedisClient;
  /**
   * Used for subscriptions only. Not for a cluster: there the broker opens its own connections to the
   * nodes that the `Cluster` client given as `publisher` knows.
   */
  subscriber?: Redis | NodeRedisClient;
}

/** Options of `redisBroker()`. Name one of `url`, `redis`, `cluster` or `clients`. */
export interface RedisBrokerOptions extends FleetOptions {
  /** `redis://…` or `rediss://…` of a single server. Default: `redis://127.0.0.1:6379`. */
  url?: string | undefined;
  /** ioredis options (host, TLS, Sentinel, …), alone or in addition to `url`. */
  redis?: RedisOptions | undefined;
  /** Nodes of a Redis Cluster to start from, with ioredis cluster options. */
  cluster?: { nodes: ClusterNode[]; options?: ClusterOptions } | undefined;
  /** Clients of the application, used instead of opening connections. */
  clients?: RedisClients | undefined;
  /**
   * Begins the name of every Redis channel (default `asyngular:`). Servers with the same prefix form one
   * fleet. Not with `{}` in it, which would scatter what belongs together over a cluster.
   */
  keyPrefix?: string | undefined;
  /**
   * Use sharded publish/subscribe (`SPUBLISH`, `SSUBSCRIBE`, Redis 7): in a cluster a message then goes
   * to one shard instead of to every node. Default false. The same for all servers of a fleet.
   */
  sharded?: boolean | undefined;
}

/** The checks of every option of `redisBroker()`; ioredis checks its own. */
export const redisOptionChecks: OptionTable<RedisBrokerOptions> = {
  ...fleetOptionChecks,
  url: text({ minLength: 1 }),
  redis: object('an object with options of ioredis'),
  cluster: check(
    'an object with a list of nodes',
    (value) => object().isValid(value) && Array.isArray((value as { nodes?: unknown }).nodes),
  ),
  clients: check(
    'an object with a publisher and, unless that is a Cluster, a subscriber',
    (value) => object().isValid(value) && 'publisher' in (value as object),
  ),
  keyPrefix: check(
    "a text without '{}'",
    (value) => typeof value === 'string' && !value.includes('{}'),
  ),
  sharded: flag(),
};

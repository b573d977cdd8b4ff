export type { NodeRedisClient } from './node-redis-link.js';
export type { RedisBrokerOptions, RedisClients } from './options.js';
export { redisBroker } from './redis-broker.js';

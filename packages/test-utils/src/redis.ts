import { spawnSync } from 'node:child_process';
import { freePort } from './ports.js';
import { answers, createDirectory, Service } from './service.js';
import { until } from './wait.js';

const REDIS_PROBE = ['PING\r\n', '+PONG'] as const;

/** Starts `redis-server` without persistence; `options` are further arguments. */
export async function startRedis(options: readonly string[] = []): Promise<Service> {
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', ...options];
  return new Service('redis-server', args, port, REDIS_PROBE, createDirectory()).start();
}

/** Starts a Redis Cluster of `count` masters without replicas. */
export async function startRedisCluster(count: number): Promise<Service[]> {
  const services: Service[] = [];
  for (let index = 0; index < count; index++) {
    const bus = String(await freePort());
    const options = ['--cluster-enabled', 'yes', '--cluster-port', bus];
    options.push('--cluster-node-timeout', '2000', '--cluster-require-full-coverage', 'no');
    services.push(await startRedis(options));
  }
  const nodes = services.map(({ port }) => `127.0.0.1:${port}`);
  const created = spawnSync(
    'redis-cli',
    ['--cluster', 'create', ...nodes, '--cluster-replicas', '0', '--cluster-yes'],
    { encoding: 'utf8' },
  );
  if (created.status !== 0)
    throw new Error(`redis-cli --cluster create failed:\n${created.stdout}`);
  for (const { port } of services) {
    await until(`cluster node ${port} to be ready`, () =>
      answers(port, 'CLUSTER INFO\r\n', 'cluster_state:ok'),
    );
  }
  return services;
}

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './ports.js';
import { answers, createDirectory, Service } from './service.js';
import { TcpProxy } from './tcp-proxy.js';
import { until } from './wait.js';

// Not PING: a server with authorization does not answer it.
const NATS_PROBE = ['', 'INFO '] as const;

/** Starts `nats-server`; `config` is text of its configuration file. */
export async function startNats(config = '', onPort?: number): Promise<Service> {
  const port = onPort ?? (await freePort());
  const directory = createDirectory();
  const file = join(directory, 'nats.conf');
  writeFileSync(file, config);
  const args = ['-a', '127.0.0.1', '-p', String(port), '-c', file];
  return new Service('nats-server', args, port, NATS_PROBE, directory).start();
}

/** The same with JetStream, whose files lie in `directory` (default: the service's own, removed with it). */
export function startJetStream(config = '', directory = 'jetstream'): Promise<Service> {
  return startNats(`jetstream { store_dir: "${directory}" }\n${config}`);
}

/** Starts NATS servers that form one cluster over loopback routes; `more`: further arguments of each. */
export async function startNatsCluster(
  count: number,
  more: readonly string[] = [],
): Promise<Service[]> {
  const ports = await Promise.all(Array.from({ length: count * 2 }, freePort));
  const routes = ports.slice(count).map((port) => `nats://127.0.0.1:${port}`);
  const services = routes.map((route, index) => {
    const port = ports[index]!;
    const args = ['-a', '127.0.0.1', '-p', String(port), '-n', `n${index}`];
    args.push('--cluster', route, '--cluster_name', 'test', '--routes', routes.join(','), ...more);
    return new Service('nats-server', args, port, NATS_PROBE, createDirectory());
  });
  await Promise.all(services.map((service) => service.start()));
  // They have found each other when each names the others to its clients.
  for (const { port } of services) {
    for (const other of services) {
      await until(`NATS server ${port} to know ${other.port}`, () =>
        answers(port, '', `:${other.port}"`),
      );
    }
  }
  return services;
}

/** Two NATS servers whose only route goes through a proxy, so that it can be cut. */
export async function startNatsPair(): Promise<{ services: Service[]; route: TcpProxy }> {
  const [port, clusterPort, otherPort, otherClusterPort] = await Promise.all([
    freePort(),
    freePort(),
    freePort(),
    freePort(),
  ]);
  const service = (ownPort: number, ownClusterPort: number, routes: string) => {
    const directory = createDirectory();
    const file = join(directory, 'nats.conf');
    writeFileSync(
      file,
      `cluster { name: pair, listen: "127.0.0.1:${ownClusterPort}", no_advertise: true, routes: [${routes}] }`,
    );
    const args = ['-a', '127.0.0.1', '-p', String(ownPort), '-c', file];
    return new Service('nats-server', args, ownPort, NATS_PROBE, directory);
  };
  const route = await TcpProxy.start(clusterPort);
  const services = [
    await service(port, clusterPort, '').start(),
    await service(otherPort, otherClusterPort, `"nats://127.0.0.1:${route.port}"`).start(),
  ];
  return { services, route };
}

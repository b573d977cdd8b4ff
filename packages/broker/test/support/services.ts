import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TcpProxy } from './tcp-proxy.js';
import { until } from './wait.js';

/**
 * A port nobody listens on right now, below those the system gives to outgoing connections: one of
 * these could take it while a server that should come back on it is down.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

function answers(port: number, question: string, answer: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dial(port, '127.0.0.1');
    let text = '';
    const done = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(1_000, () => done(false));
    socket.on('error', () => done(false));
    socket.on('close', () => done(false));
    socket.on('connect', () => socket.write(question));
    socket.on('data', (chunk) => {
      text += String(chunk);
      if (text.includes(answer)) done(true);
    });
  });
}

/** A real server process on loopback that can be killed, frozen and started again on the same port. */
export class Service {
  readonly port: number;
  readonly #command: string;
  readonly #args: readonly string[];
  readonly #probe: readonly [question: string, answer: string];
  readonly #directory: string;
  #process: ChildProcess | undefined;
  #output = '';

  constructor(
    command: string,
    args: readonly string[],
    port: number,
    probe: readonly [string, string],
    directory: string,
  ) {
    this.#command = command;
    this.#args = args;
    this.port = port;
    this.#probe = probe;
    this.#directory = directory;
  }

  async start(): Promise<this> {
    if (spawnSync('sh', ['-c', `command -v ${this.#command}`]).status !== 0) {
      throw new Error(
        `${this.#command} is not installed; these tests need it: apt-get install nats-server redis-server`,
      );
    }
    const child = spawn(this.#command, this.#args, {
      cwd: this.#directory,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    // A test that fails before its clean-up must not leave servers behind.
    const killWithTests = () => child.kill('SIGKILL');
    process.once('exit', killWithTests);
    child.once('exit', () => process.off('exit', killWithTests));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        this.#output = (this.#output + String(chunk)).slice(-4_000);
      });
    }
    await until(`${this.#command} on port ${this.port}`, () => {
      if (child.exitCode !== null) throw new Error(`${this.#command} ended:\n${this.#output}`);
      return answers(this.port, ...this.#probe);
    });
    return this;
  }

  /** kill -9, and waits until it is gone. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
  }

  signal(name: NodeJS.Signals): void {
    this.#process?.kill(name);
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

function createDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'asyngular-test-'));
}

// Not PING: a server with authorization does not answer it.
const NATS_PROBE = ['', 'INFO '] as const;
const REDIS_PROBE = ['PING\r\n', '+PONG'] as const;

/** Starts `nats-server`; `config` is text of its configuration file. */
export async function startNats(config = '', onPort?: number): Promise<Service> {
  const port = onPort ?? (await freePort());
  const directory = createDirectory();
  const file = join(directory, 'nats.conf');
  writeFileSync(file, config);
  const args = ['-a', '127.0.0.1', '-p', String(port), '-c', file];
  return new Service('nats-server', args, port, NATS_PROBE, directory).start();
}

/** Starts NATS servers that form one cluster over loopback routes. */
export async function startNatsCluster(count: number): Promise<Service[]> {
  const ports = await Promise.all(Array.from({ length: count * 2 }, freePort));
  const routes = ports.slice(count).map((port) => `nats://127.0.0.1:${port}`);
  const services = routes.map((route, index) => {
    const port = ports[index]!;
    const args = ['-a', '127.0.0.1', '-p', String(port), '-n', `n${index}`];
    args.push('--cluster', route, '--cluster_name', 'test', '--routes', routes.join(','));
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

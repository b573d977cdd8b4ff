import { startNats } from '@asyngular/test-utils/nats';
import { TcpProxy } from '@asyngular/test-utils/tcp-proxy';
import { Patience, pause } from '@asyngular/test-utils/wait';
import { type BrokerService, startBrokerService } from '../support/broker-service.js';
import { type BrokerKind, ServerProcess } from '../support/server-process.js';
import { type DeployClient, OurClient, PublishedClient } from './deploy-client.js';

const isLarge = process.env.FLEET === 'large';

/** `npm run fleet:deploy` is the large one. */
export const size = {
  clients: Number(process.env.FLEET_CLIENTS ?? (isLarge ? 2_000 : 60)),
  published: isLarge ? 200 : 10,
  /** Publications a second, of all channels. */
  rate: isLarge ? 200 : 100,
  spreadMs: isLarge ? 6_000 : 1_000,
};

const JETSTREAM = 'jetstream { store_dir: "data", max_memory_store: 0 }\n';
const SERVERS = 3;
/** Clients that share their channels. */
const ROOM = 10;
const BYSTANDER_MS = 20;
const PUBLISH_MS = 20;

export const patience = new Patience(90_000);

/** Three servers behind a load balancer, clients in rooms, and somebody who publishes to all of them. */
export class DeployFleet {
  readonly servers: ServerProcess[] = [];
  readonly clients: OurClient[] = [];
  readonly published: PublishedClient[] = [];
  /** By channel, how many publications the servers have taken over. */
  readonly sent = new Map<string, number>();
  #service!: BrokerService;
  #gate!: TcpProxy;
  readonly #down = new Set<ServerProcess>();
  #turn = 0;
  #publishers: OurClient[] = [];
  #timer: NodeJS.Timeout | undefined;
  #under = 0;
  failed: unknown[] = [];

  static async start(kind: BrokerKind): Promise<DeployFleet> {
    const fleet = new DeployFleet();
    fleet.#service = await (kind === 'nats' ? startNats(JETSTREAM) : startBrokerService(kind));
    for (let index = 0; index < SERVERS; index++) {
      fleet.servers.push(
        await ServerProcess.create(kind, fleet.#service.address, {
          deploy: { spreadMs: size.spreadMs },
        }),
      );
    }
    await Promise.all(fleet.servers.map((server) => server.start()));
    fleet.#gate = await TcpProxy.start(fleet.#choose);
    await fleet.#connect();
    return fleet;
  }

  get all(): DeployClient[] {
    return [...this.clients, ...this.published];
  }

  /** Each of those that stay in turn. */
  readonly #choose = (): number => {
    const up = this.servers.filter((server) => !this.#down.has(server));
    return up[this.#turn++ % up.length]!.settings.port;
  };

  async #connect(): Promise<void> {
    for (let index = 0; index < size.clients; index++) {
      const room = Math.floor(index / ROOM);
      this.clients.push(new OurClient(this.#choose, [`plain:${room}`, `log:${room}`]));
      // A crowd that connects is another test.
      if (index % 50 === 49) await patience.within('clients', this.clients[index]!.subscribed);
    }
    for (let index = 0; index < size.published; index++) {
      this.published.push(new PublishedClient(this.#gate.port, ['log:0']));
    }
    for (let index = 0; index < SERVERS; index++) {
      this.#publishers.push(new OurClient(this.#choose, []));
    }
    await patience.within(
      'all',
      Promise.all(this.all.map((client) => (client as OurClient).subscribed)),
    );
  }

  /** Publishes at `size.rate`, to each room in turn, by sockets that are moved as all others are. */
  publish(): void {
    const rooms = Math.ceil(size.clients / ROOM);
    let room = 0;
    let due = 0;
    let lastAt = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      due += ((now - lastAt) * size.rate) / 1_000;
      lastAt = now;
      for (; due >= 1; due--) {
        const kind = room % 2 === 0 ? 'plain' : 'log';
        this.#send(`${kind}:${Math.floor(room / 2) % rooms}`);
        room++;
      }
    }, PUBLISH_MS);
  }

  #send(channel: string): void {
    const n = (this.sent.get(channel) ?? 0) + 1;
    this.sent.set(channel, n);
    const room = Number(channel.split(':')[1]);
    // One publisher for each channel, so that there is an order.
    const { socket } = this.#publishers[room % SERVERS]!;
    this.#under++;
    socket
      .invokePublish(channel, { n, at: performance.now() })
      .catch((error: unknown) => this.failed.push(error))
      .finally(() => this.#under--);
  }

  /** Stops publishing, and waits until nothing more can come. */
  async settle(): Promise<void> {
    clearInterval(this.#timer);
    await patience.until('all publications to be taken over', () => this.#under === 0);
    await patience.until('all clients', () => this.all.every(({ isOpen }) => isOpen));
    await pause(isLarge ? 3_000 : 1_000);
  }

  /** Ms from publication to arrival at a bystander, while `act` runs. */
  async bystand(server: ServerProcess, act: () => Promise<unknown>): Promise<number[]> {
    const delays: number[] = [];
    const channel = `by:${server.settings.port}`;
    const bystander = new OurClient(
      () => server.settings.port,
      [channel],
      ({ at }) => delays.push(performance.now() - at),
    );
    await patience.within('a bystander', bystander.subscribed);
    let n = 0;
    const timer = setInterval(() => {
      bystander.socket.transmitPublish(channel, { n: ++n, at: performance.now() });
    }, BYSTANDER_MS);
    try {
      await act();
    } finally {
      clearInterval(timer);
      bystander.disconnect();
    }
    return delays;
  }

  /** A new version of one server: in this test it has the port of the old one, so that it is there later. */
  async replace(server: ServerProcess): Promise<void> {
    this.#down.add(server);
    await server.leave('drain');
    await server.start();
    this.#down.delete(server);
  }

  async crash(server: ServerProcess): Promise<void> {
    this.#down.add(server);
    await server.kill();
  }

  async restart(server: ServerProcess): Promise<void> {
    await server.start();
    this.#down.delete(server);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    for (const client of [...this.all, ...this.#publishers]) client.disconnect();
    await Promise.all(this.servers.map((server) => server.kill()));
    await this.#gate.stop();
    await this.#service.stop();
  }

  /** What became of what was published so far. */
  count(clients: readonly DeployClient[], kind: 'plain' | 'log') {
    const sum = { lost: 0, twice: 0, late: 0, got: 0 };
    for (const { arrivals } of clients) {
      for (const [channel, of] of arrivals) {
        if (!channel.startsWith(kind)) continue;
        sum.lost += of.lost(this.sent.get(channel) ?? 0);
        sum.twice += of.twice;
        sum.late += of.late;
        sum.got += of.last;
      }
    }
    return sum;
  }
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

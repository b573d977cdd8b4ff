import { TcpProxy } from '@asyngular/test-utils/tcp-proxy';
import { Patience, pause } from '@asyngular/test-utils/wait';
import { type BrokerService, startBrokerService } from './broker-service.js';
import { FleetClient } from './fleet-client.js';
import { type BrokerKind, ServerProcess } from './server-process.js';

export interface FleetSize {
  readonly servers: number;
  readonly clients: number;
  readonly publishers: number;
  readonly channels: number;
  /** Publications per second, of all publishers together. */
  readonly rate: number;
}

const CHANNELS_PER_CLIENT = 2;

/** After a fault, three hundred clients and their servers find together. */
const { until } = new Patience(60_000);

/** Server processes, each behind its own proxy to one broker, and clients spread over them. */
export class Fleet {
  readonly size: FleetSize;
  readonly broker: BrokerService;
  readonly proxies: TcpProxy[] = [];
  readonly servers: ServerProcess[] = [];
  readonly clients: FleetClient[] = [];
  readonly channels: string[];

  private constructor(size: FleetSize, broker: BrokerService) {
    this.size = size;
    this.broker = broker;
    this.channels = Array.from({ length: size.channels }, (_, index) => `room ${index}`);
  }

  static async start(kind: BrokerKind, size: FleetSize): Promise<Fleet> {
    const broker = await startBrokerService(kind);
    const fleet = new Fleet(size, broker);
    try {
      await fleet.#start(kind);
    } catch (error) {
      await fleet.stop();
      throw error;
    }
    return fleet;
  }

  async #start(kind: BrokerKind): Promise<void> {
    const { size } = this;
    for (let index = 0; index < size.servers; index++) {
      const proxy = await TcpProxy.start(this.broker.address);
      this.proxies.push(proxy);
      this.servers.push(await ServerProcess.create(kind, proxy.address));
    }
    await Promise.all(this.servers.map((server) => server.start()));
    const urls = this.servers.map(({ settings }) => `ws://127.0.0.1:${settings.port}/asyngular/`);
    for (let index = 0; index < size.clients; index++) {
      const channels = Array.from(
        { length: CHANNELS_PER_CLIENT },
        (_, at) => this.channels[(index + at * 7) % this.channels.length]!,
      );
      const client = new FleetClient(index, urls, channels);
      this.clients.push(client);
      client.connect();
    }
    await this.whole();
  }

  /** Every server has its broker, every client its subscriptions. */
  async whole(): Promise<void> {
    await until('every server to be connected to its broker', async () => {
      const healths = await Promise.all(this.servers.map((server) => server.health()));
      return healths.every(({ isReady }) => isReady);
    });
    await until(
      'every client to be subscribed',
      () => this.clients.every(({ isSubscribed }) => isSubscribed),
      () => `${this.clients.filter(({ isSubscribed }) => isSubscribed).length} that are`,
    );
  }

  /** Random publications until the returned function is called. */
  publish(): () => void {
    const publishers = this.clients.slice(0, this.size.publishers);
    const any = <T>(list: readonly T[]) => list[Math.floor(Math.random() * list.length)]!;
    const perTick = this.size.rate / 100;
    let owed = 0;
    const timer = setInterval(() => {
      for (owed += perTick; owed >= 1; owed--) any(publishers).publish(any(this.channels));
    }, 10);
    return () => clearInterval(timer);
  }

  /** Waits until nothing new has come for longer than lost last messages take to be noticed. */
  async settle(): Promise<void> {
    const total = () =>
      this.clients.reduce((sum, { receivedCount, gaps }) => sum + receivedCount + gaps.length, 0);
    for (let before = -1; before !== total(); ) {
      before = total();
      await pause(700);
    }
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.close();
    await Promise.all(this.servers.map((server) => server.kill()));
    await Promise.all(this.proxies.map((proxy) => proxy.stop()));
    await this.broker.stop();
  }
}

import { startNatsPair } from '@asyngular/test-utils/nats';
import { TcpProxy } from '@asyngular/test-utils/tcp-proxy';
import { Patience } from '@asyngular/test-utils/wait';
import { type BrokerService, startBrokerService } from '../support/broker-service.js';
import { type BrokerKind, ServerProcess } from '../support/server-process.js';
import { FleetMember, FleetWatcher } from './fleet-member.js';
import { size } from './times.js';

const SERVERS = 3;
const WATCHERS = 6;

export const patience = new Patience(60_000);

/** Three servers, half of the members on the first of them, and some who watch. */
export class PresenceFleet {
  readonly kind: BrokerKind;
  readonly servers: ServerProcess[] = [];
  /** The services that carry what servers say; for NATS two, and the third server is on the second. */
  services: BrokerService[] = [];
  /** Between servers and services. */
  readonly links: TcpProxy[] = [];
  /** Half of the members, on the first server as long as it is up. They stay members if it ends. */
  readonly residents: FleetMember[] = [];
  /** The other half, of whom half is on the first server, too, and ends with it. */
  readonly others: FleetMember[] = [];
  readonly mortals: FleetMember[] = [];
  readonly watchers: FleetWatcher[] = [];
  /** Takes the two services apart, as far as that can be done. */
  part!: () => void;
  rejoin!: () => void;
  readonly #gates: TcpProxy[] = [];
  readonly #down = new Set<ServerProcess>();
  #lastServer = 0;
  #route: TcpProxy | undefined;

  private constructor(kind: BrokerKind) {
    this.kind = kind;
  }

  static async start(kind: BrokerKind): Promise<PresenceFleet> {
    const fleet = new PresenceFleet(kind);
    try {
      await fleet.#start();
    } catch (error) {
      await fleet.stop();
      throw error;
    }
    return fleet;
  }

  get members(): FleetMember[] {
    return [...this.residents, ...this.mortals, ...this.others];
  }

  async #start(): Promise<void> {
    await this.#startServices();
    const { serverTimeout, presenceGrace } = size;
    for (let index = 0; index < SERVERS; index++) {
      const service = this.services[index === SERVERS - 1 ? this.services.length - 1 : 0]!;
      const link = await TcpProxy.start(service.address);
      this.links.push(link);
      this.servers.push(
        await ServerProcess.create(this.kind, link.address, {
          presence: { serverTimeout, presenceGrace },
        }),
      );
    }
    const apart = this.#route ?? this.links.at(-1)!;
    // A route that is gone, or a server whose connection says nothing any more.
    this.part = () => (this.#route ? apart.cut() : apart.silence());
    this.rejoin = () => apart.restore();
    await Promise.all(this.servers.map((server) => server.start()));
    const first = await this.#openGate((up) => up.find((it) => it === this.servers[0]));
    const any = await this.#openGate(() => undefined);
    const notFirst = await this.#openGate((up) => {
      const rest = up.filter((it) => it !== this.servers[0]);
      return rest[this.#lastServer++ % rest.length];
    });
    const quarter = size.members / 4;
    for (let index = 0; index < quarter; index++) {
      this.residents.push(new FleetMember(first, `resident ${index}`));
      this.mortals.push(new FleetMember(first, `mortal ${index}`));
      this.others.push(new FleetMember(notFirst, `other ${index}`));
      this.others.push(new FleetMember(notFirst, `another ${index}`));
    }
    for (let index = 0; index < WATCHERS; index++) this.watchers.push(new FleetWatcher(any));
    await this.agree();
  }

  async #startServices(): Promise<void> {
    if (this.kind !== 'nats') {
      this.services = [await startBrokerService(this.kind)];
      return;
    }
    const { services, route } = await startNatsPair();
    this.services = services;
    this.#route = route;
  }

  /** `choose`: one of the servers that are up; without a choice each in turn. */
  async #openGate(
    choose: (up: readonly ServerProcess[]) => ServerProcess | undefined,
  ): Promise<TcpProxy> {
    const gate = await TcpProxy.start(() => {
      const up = this.servers.filter((server) => !this.#down.has(server));
      return (choose(up) ?? up[this.#lastServer++ % up.length]!).settings.port;
    });
    this.#gates.push(gate);
    return gate;
  }

  /** Ends a server; nobody is sent to it any more. */
  async end(server: ServerProcess, how: 'kill' | 'drain'): Promise<void> {
    this.#down.add(server);
    if (how === 'kill') await server.kill();
    else await server.leave('drain');
  }

  async restart(server: ServerProcess): Promise<void> {
    await server.start();
    this.#down.delete(server);
  }

  /** Every watcher sees exactly those who are there, with what they say. Resolves with how long that took, in ms. */
  async agree(gone: ReadonlySet<FleetMember> = new Set()): Promise<number> {
    const since = performance.now();
    const truth = this.members
      .filter((member) => !gone.has(member))
      .map(({ state }) => JSON.stringify([state.name, state.word]))
      .sort()
      .join();
    await patience.until(
      'every watcher to see who is there',
      () => this.watchers.every(({ seen }) => seen === truth),
      () =>
        this.watchers.map(
          ({ seen }) => `${seen.split('],[').length} of ${truth.split('],[').length}`,
        ),
    );
    return performance.now() - since;
  }

  /** Spreads clients over the servers that are up, as at the beginning. */
  async spread(): Promise<void> {
    const clients = [...this.members, ...this.watchers].map(({ client }) => client);
    for (const client of clients) client.disconnect();
    for (const client of clients) client.connect();
    await this.agree();
  }

  async stop(): Promise<void> {
    for (const { client } of [...this.members, ...this.watchers]) client.disconnect();
    await Promise.all(this.servers.map((server) => server.kill()));
    await Promise.all([...this.#gates, ...this.links].map((proxy) => proxy.stop()));
    await this.#route?.stop();
    await Promise.all(this.services.map((service) => service.stop()));
  }
}

import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { HistoryStats } from '@asyngular/server';
import { startNats } from '@asyngular/test-utils/nats';
import { startRedis } from '@asyngular/test-utils/redis';
import { TcpProxy } from '@asyngular/test-utils/tcp-proxy';
import { Patience, pause } from '@asyngular/test-utils/wait';
import { type BrokerService, startBrokerService } from '../support/broker-service.js';
import { type BrokerKind, ServerProcess } from '../support/server-process.js';
import { Lossy } from './live-entries.js';
import { Member, type MemberOptions } from './member.js';
import { placeOf } from './place.js';

const SERVERS = 3;
const MEMBERS = 300;
/** They enter the fleet by this many ways, each of which can be cut for itself. */
const GATES = 3;
/** Channels with subscribers on all servers. */
export const ROOMS = ['room 0', 'room 1', 'room 2', 'room 3'] as const;
const ROOMS_PER_MEMBER = 2;
/** Publications a second, of all publishers together. */
const RATE = 30;
const PUBLISHERS = 30;
/** Some that may stop reading, and as many that do not. */
const SLOW_MEMBERS = 1;
export const SLOW_CHANNEL = 'slow';
/** Those who subscribe only while they are logged in. */
const GUESTS = 20;
const GUEST_CHANNEL = 'for guests';

/** A round of comparing where logs end takes up to 40 s. */
export const fleetPatience = new Patience(60_000);

/** Services that lose nothing when they are killed, as far as they have a disk. */
const startService: Record<BrokerKind, () => Promise<BrokerService>> = {
  nats: () => startNats('jetstream { store_dir: "data", max_memory_store: 0 }\n'),
  redis: () => startRedis(['--appendonly', 'yes', '--appendfsync', 'always']),
  local: () => startBrokerService('local'),
};

/** The folder with what a service keeps, in its own; one without a disk keeps nothing. */
const dataOf: Partial<Record<BrokerKind, string>> = { nats: 'data', redis: 'appendonlydir' };

/** Three servers with logs, each behind a proxy to one broker, and three hundred clients of ours. */
export class RecoveryFleet {
  readonly kind: BrokerKind;
  readonly broker: BrokerService;
  readonly servers: ServerProcess[] = [];
  /** To the broker, one for each server. */
  readonly links: TcpProxy[] = [];
  readonly lossy: Lossy[] = [];
  /** To the servers: each connection goes to the next one, as load balancers do it. */
  readonly gates: TcpProxy[] = [];
  slowGate!: TcpProxy;
  guestGate!: TcpProxy;
  readonly members: Member[] = [];
  #lastServer = 0;

  private constructor(kind: BrokerKind, broker: BrokerService) {
    this.kind = kind;
    this.broker = broker;
  }

  /** Every channel that has a subscriber. */
  get channels(): string[] {
    return [...new Set(this.members.flatMap(({ tracks }) => [...tracks.keys()]))];
  }

  /** Subscriptions that went on without a hole, since the last `reset()` of the members. */
  get recovered(): number {
    const tracks = this.members.flatMap(({ tracks }) => [...tracks.values()]);
    return tracks.reduce((sum, { recovered }) => sum + recovered, 0);
  }

  static async start(kind: BrokerKind): Promise<RecoveryFleet> {
    const fleet = new RecoveryFleet(kind, await startService[kind]());
    try {
      await fleet.#start();
    } catch (error) {
      await fleet.stop();
      throw error;
    }
    return fleet;
  }

  async #start(): Promise<void> {
    const { kind, broker } = this;
    for (let index = 0; index < SERVERS; index++) {
      const lossy = new Lossy();
      const link = await TcpProxy.start(broker.address, { filter: () => lossy.filter(kind) });
      this.lossy.push(lossy);
      this.links.push(link);
      this.servers.push(await ServerProcess.create(kind, link.address, { hasLogs: true }));
    }
    await Promise.all(this.servers.map((server) => server.start()));
    for (let index = 0; index < GATES; index++) this.gates.push(await this.#openGate());
    this.slowGate = await this.#openGate();
    this.guestGate = await this.#openGate();
    for (let index = 0; index < MEMBERS; index++) {
      const channels = Array.from(
        { length: ROOMS_PER_MEMBER },
        (_, at) => ROOMS[(index + at) % ROOMS.length]!,
      );
      this.#add({ gate: this.gates[index % GATES]!, channels });
      // The network is in this process, too, and the servers' probes of their broker must get through.
      if (index % 20 === 0) await pause(10);
    }
    for (let index = 0; index < SLOW_MEMBERS; index++) {
      this.#add({ gate: this.gates[0]!, channels: [SLOW_CHANNEL] });
      this.#add({ gate: this.slowGate, channels: [SLOW_CHANNEL] });
    }
    for (let index = 0; index < GUESTS; index++) {
      this.#add({ gate: this.guestGate, channels: [GUEST_CHANNEL], isGuest: true });
    }
    await this.whole();
  }

  async #openGate(): Promise<TcpProxy> {
    return TcpProxy.start(() => this.servers[this.#lastServer++ % SERVERS]!.settings.port);
  }

  #add(options: MemberOptions): Member {
    const member = new Member(this.members.length, options);
    this.members.push(member);
    return member;
  }

  /** Members on a channel of their own while `work` is done, each connected to a server directly. */
  async withMore<T>(count: number, channel: string, work: () => Promise<T>): Promise<T> {
    const added = Array.from({ length: count }, (_, index) =>
      this.#add({ gate: this.servers[index % SERVERS]!.settings, channels: [channel] }),
    );
    try {
      await this.whole();
      return await work();
    } finally {
      this.members.splice(-count);
      for (const member of added) member.leave();
    }
  }

  membersAt(gate: TcpProxy): Member[] {
    return this.members.filter((member) => member.gate === gate);
  }

  async publishOnEach(channels: readonly string[]): Promise<void> {
    for (const channel of channels) {
      await this.members.find(({ tracks }) => tracks.has(channel))!.publish(channel);
    }
  }

  /** Many publications at once, and their answers. */
  async burst(count: number): Promise<void> {
    // Those at the first gate may be cut.
    const publishers = this.membersAt(this.gates[1]!);
    const sent = Array.from({ length: count }, (_, index) =>
      publishers[index % publishers.length]!.publish(ROOMS[index % ROOMS.length]!),
    );
    await Promise.all(sent);
  }

  /** Counters of recovery, of all servers together. */
  async sum(counter: keyof HistoryStats): Promise<number> {
    const healths = await Promise.all(this.servers.map((server) => server.health()));
    return healths.reduce((sum, { history }) => sum + history![counter], 0);
  }

  /** Every server has its broker, every member its subscriptions. */
  async whole(): Promise<void> {
    const { until } = fleetPatience;
    await until('every server to be connected to its broker', async () => {
      const healths = await Promise.all(this.servers.map((server) => server.health()));
      return healths.every(({ isReady }) => isReady);
    });
    await until(
      'every member to be subscribed',
      () => this.members.every(({ isSubscribed }) => isSubscribed),
      () => `${this.members.filter(({ isSubscribed }) => isSubscribed).length} that are`,
    );
  }

  /** Publishes at random until the returned function is called. */
  publish(): () => void {
    const publishers = this.members.slice(0, PUBLISHERS);
    const any = <T>(list: readonly T[]) => list[Math.floor(Math.random() * list.length)]!;
    const timer = setInterval(() => {
      const publisher = any(publishers);
      void publisher.publish(any([...publisher.tracks.keys()]));
    }, 1_000 / RATE);
    return () => clearInterval(timer);
  }

  /** Where the log of a channel ends. */
  async topOf(channel: string): Promise<string> {
    return placeOf((await this.readerOf(channel).history({ limit: 1 })).position);
  }

  readerOf(channel: string) {
    return this.members.find(({ tracks }) => tracks.has(channel))!.client.channel(channel);
  }

  /** Waits until nothing is under way. Returns where every log ends; some members may not have got there, ever. */
  async settle(): Promise<Map<string, string>> {
    await fleetPatience.until('the publications to be answered', () =>
      this.members.every(({ publications }) => publications.every(({ state }) => state !== 'open')),
    );
    const tops = new Map<string, string>();
    for (const channel of this.channels) tops.set(channel, await this.topOf(channel));
    const isThere = (member: Member) =>
      [...member.tracks.keys()].every((name) => member.placeOn(name) === tops.get(name));
    await fleetPatience
      .until('every member to be where the logs end', () => this.members.every(isThere))
      // Who does not get there has lost something, and that is for the judge to say.
      .catch(() => {});
    return tops;
  }

  /** What the broker has on its disk now, as a crash would leave it. */
  copyDisk(): void {
    const { directory } = this.broker;
    this.broker.signal('SIGSTOP');
    cpSync(this.#disk, join(directory, 'copy'), { recursive: true });
    this.broker.signal('SIGCONT');
  }

  /** Puts the copy in the place of what a killed broker has left. */
  rollBackDisk(): void {
    this.wipeDisk();
    const { directory } = this.broker;
    cpSync(join(directory, 'copy'), this.#disk, { recursive: true });
    rmSync(join(directory, 'copy'), { recursive: true });
  }

  wipeDisk(): void {
    rmSync(this.#disk, { recursive: true, force: true });
  }

  get #disk(): string {
    const data = dataOf[this.kind];
    if (data === undefined) throw new Error(`The ${this.kind} broker has no disk`);
    return join(this.broker.directory, data);
  }

  async stop(): Promise<void> {
    for (const member of this.members) member.leave();
    await Promise.all(this.servers.map((server) => server.kill()));
    const proxies = [...this.gates, this.slowGate, this.guestGate, ...this.links];
    await Promise.all(proxies.map((proxy) => proxy?.stop()));
    await this.broker.stop();
  }
}

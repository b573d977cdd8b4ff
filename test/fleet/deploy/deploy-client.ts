import { type AGClientSocket, create } from '@asyngular/client';
import { loadPeer } from '../../../interop/support/peers.js';

/** Something published; numbered from 1 on each channel. */
export interface Numbered {
  readonly n: number;
  readonly at: number;
}

/** Which server the next connection goes to. */
export type Gate = () => number;

/** What arrived of one channel at one client. */
class Arrivals {
  readonly #seen = new Set<number>();
  last = 0;
  twice = 0;
  late = 0;
  /** The first number that this client is to get. */
  first = 1;

  take(n: number): void {
    if (this.#seen.has(n)) this.twice++;
    else if (n < this.last) this.late++;
    this.#seen.add(n);
    this.last = Math.max(this.last, n);
  }

  lost(published: number): number {
    let lost = 0;
    for (let n = this.first; n <= published; n++) if (!this.#seen.has(n)) lost++;
    return lost;
  }
}

/** One of many clients, each subscribed to a few channels. */
export abstract class DeployClient {
  readonly arrivals = new Map<string, Arrivals>();
  disconnects = 0;
  migrations = 0;

  abstract readonly isOpen: boolean;
  abstract disconnect(): void;

  protected arrivalsOn(channel: string): Arrivals {
    const arrivals = new Arrivals();
    this.arrivals.set(channel, arrivals);
    return arrivals;
  }
}

/** A client of ours. */
export class OurClient extends DeployClient {
  readonly socket: AGClientSocket;
  readonly subscribed: Promise<unknown>;

  constructor(gate: Gate, channels: readonly string[], onPublication?: (item: Numbered) => void) {
    super();
    const socket = create({
      // A load balancer that costs nothing.
      platform: { address: () => `ws://127.0.0.1:${gate()}` },
      logger: false,
    });
    this.socket = socket;
    for (const channel of channels) {
      const arrivals = this.arrivalsOn(channel);
      (async () => {
        for await (const item of socket.subscribe(channel) as AsyncIterable<Numbered>) {
          arrivals.take(item.n);
          onPublication?.(item);
        }
      })();
    }
    (async () => {
      for await (const _ of socket.listener('disconnect')) this.disconnects++;
    })();
    (async () => {
      for await (const _ of socket.listener('migrated')) this.migrations++;
    })();
    this.subscribed = Promise.all(
      channels.map((channel) => socket.channel(channel).subscribed({ timeout: 60_000 })),
    );
  }

  get isOpen(): boolean {
    return [...this.arrivals.keys()].every((channel) => this.socket.isSubscribed(channel));
  }

  disconnect(): void {
    this.socket.disconnect();
  }
}

/** A published client, which knows nothing of moving and of positions. */
export class PublishedClient extends DeployClient {
  readonly #socket: ReturnType<ReturnType<typeof loadPeer>['create']>;
  readonly subscribed: Promise<unknown>;
  readonly #channels: readonly string[];

  constructor(port: number, channels: readonly string[]) {
    super();
    const socket = loadPeer('socketcluster-client 20.0.2').create({
      hostname: '127.0.0.1',
      port,
      path: '/asyngular/',
      // As ours: with its own it would be away for 10 to 20 s.
      autoReconnectOptions: { initialDelay: 1_000, randomness: 1_000 },
    });
    this.#socket = socket;
    this.#channels = channels;
    for (const name of channels) {
      const arrivals = this.arrivalsOn(name);
      (async () => {
        for await (const { n } of socket.subscribe(name)) arrivals.take(n);
      })();
    }
    (async () => {
      for await (const _ of socket.listener('disconnect')) this.disconnects++;
    })();
    this.subscribed = Promise.all(
      channels.map((name) => socket.channel(name).listener('subscribe').once(60_000)),
    );
  }

  get isOpen(): boolean {
    return this.#channels.every((name) => this.#socket.isSubscribed(name));
  }

  disconnect(): void {
    this.#socket.disconnect();
  }
}

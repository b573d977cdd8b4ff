import { type AGClientSocket, create } from '@asyngular/client';
import { jsonCodec } from '@asyngular/protocol';
import { sign } from '../../../packages/server/test/support/tokens.js';
import type { Arrival } from './judge.js';
import { placeOf } from './place.js';

export interface Publication {
  readonly channel: string;
  readonly id: string;
  state: 'open' | 'acknowledged' | 'unconfirmed';
  /** It was sent again, and the server knew it. */
  isDuplicate: boolean;
}

/** What one member got on one channel since the last `reset()`. */
export class Track {
  /** What came, and where it was told that something is missing, in the order of the packets. */
  arrivals: Arrival[] = [];
  /** What the loop over the channel got. */
  read: string[] = [];
  /** Subscriptions that went on without a hole, and those that did not. */
  recovered = 0;
  unrecovered = 0;
}

export interface MemberOptions {
  /** Where it connects to. */
  readonly gate: { readonly port: number };
  readonly channels: readonly string[];
  /** Subscribes only while it is logged in. */
  readonly isGuest?: boolean;
}

/** A client of ours in the fleet: subscribes, publishes when told to, and remembers what it got. */
export class Member {
  readonly id: number;
  readonly gate: { readonly port: number };
  readonly client: AGClientSocket;
  readonly tracks = new Map<string, Track>();
  publications: Publication[] = [];
  #lastNumber = 0;

  constructor(id: number, { gate, channels, isGuest = false }: MemberOptions) {
    this.id = id;
    this.gate = gate;
    this.client = create({
      hostname: '127.0.0.1',
      port: gate.port,
      logger: false,
      connectTimeout: 10_000,
      // A busy machine may take longer than the default over a cut and all that follows it.
      ackTimeout: 30_000,
      autoReconnectOptions: { initialDelay: 20, randomness: 80, maxDelay: 300 },
      codecEngine: {
        encode: jsonCodec.encode,
        decode: (message) => {
          const content = jsonCodec.decode(message);
          for (const packet of Array.isArray(content) ? content : [content]) this.#note(packet);
          return content;
        },
      },
    });
    for (const channel of channels) this.#follow(channel, isGuest);
    if (isGuest) this.#stayLoggedIn();
  }

  get isSubscribed(): boolean {
    return [...this.tracks.keys()].every((channel) => this.client.isSubscribed(channel));
  }

  /** Where the last publication stands that the channel's loops got. */
  placeOn(channel: string): string | undefined {
    const { position } = this.client.channel(channel);
    return position === null ? undefined : placeOf(position);
  }

  publish(channel: string, padding?: string): Promise<void> {
    const id = `${this.id}-${++this.#lastNumber}`;
    const publication: Publication = { channel, id, state: 'open', isDuplicate: false };
    this.publications.push(publication);
    return this.client.invokePublish(channel, { id, padding }).then(
      (published) => {
        publication.state = 'acknowledged';
        publication.isDuplicate = published?.duplicate === true;
      },
      () => {
        publication.state = 'unconfirmed';
      },
    );
  }

  /** A token that soon, or never within a test, expires. */
  logIn(expiresInMs = 3_600_000): Promise<unknown> {
    return this.client.authenticate(
      sign({ name: this.id }, { key: 'fleet', expiresIn: expiresInMs }),
    );
  }

  reset(): void {
    for (const channel of this.tracks.keys()) this.tracks.set(channel, new Track());
    this.publications = this.publications.filter(({ state }) => state === 'open');
  }

  leave(): void {
    this.client.disconnect();
  }

  comeBack(): void {
    this.client.connect();
  }

  #follow(name: string, waitForAuth: boolean): void {
    this.tracks.set(name, new Track());
    const track = () => this.tracks.get(name)!;
    const channel = this.client.subscribe(name, { waitForAuth });
    (async () => {
      for await (const { id } of channel) track().read.push(id);
    })();
    (async () => {
      for await (const { recovered } of channel.listener('subscribe')) {
        if (recovered === true) track().recovered++;
        if (recovered === false) track().unrecovered++;
      }
    })();
  }

  #stayLoggedIn(): void {
    (async () => {
      for await (const { isAuthenticated } of this.client.listener('connect')) {
        // The next connection brings the next attempt.
        if (!isAuthenticated) this.logIn().catch(() => {});
      }
    })();
  }

  /** Packets are in one order; the loops that they end in are several. */
  #note(packet: unknown): void {
    const { event, data } = (packet ?? {}) as { event?: string; data?: any };
    const track = this.tracks.get(data?.channel);
    if (event === '#publish')
      track?.arrivals.push({ kind: 'publication', id: data.data.id, place: data.p });
    if (event === '#interruption')
      track?.arrivals.push({ kind: 'break', position: placeOf(data.position) });
  }
}

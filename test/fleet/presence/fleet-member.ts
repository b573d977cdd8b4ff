import { type AGClientSocket, create } from '@asyngular/client';

export const ROOM = 'room';

/** What a member says of itself. */
export interface MemberState {
  readonly name: string;
  readonly word: number;
}

function connect(gate: { readonly port: number }): AGClientSocket {
  return create({
    hostname: '127.0.0.1',
    port: gate.port,
    logger: false,
    connectTimeout: 10_000,
    autoReconnectOptions: { initialDelay: 20, randomness: 80, maxDelay: 300 },
  });
}

/** A client that is in the room. */
export class FleetMember {
  readonly client: AGClientSocket;
  state: MemberState;
  /** The longest time without the room, in ms, since it was set to 0. */
  longestAwayMs = 0;
  #lostAt: number | undefined;

  constructor(gate: { readonly port: number }, name: string) {
    this.state = { name, word: 0 };
    const client = connect(gate);
    this.client = client;
    const channel = client.subscribe(ROOM, { presence: this.state });
    (async () => {
      for await (const _ of client.listener('disconnect')) this.#lostAt ??= performance.now();
    })();
    (async () => {
      for await (const _ of channel.listener('subscribe')) this.#return();
    })();
  }

  #return(): void {
    if (this.#lostAt === undefined) return;
    this.longestAwayMs = Math.max(this.longestAwayMs, performance.now() - this.#lostAt);
    this.#lostAt = undefined;
  }

  /** Says something else. */
  say(word: number): void {
    this.state = { ...this.state, word };
    this.client.channel(ROOM).presence.update({ word });
  }
}

/** What a watcher was told of one member. */
export interface Told {
  readonly type: 'enter' | 'update' | 'leave';
  readonly name: string;
  readonly atMs: number;
}

/** A client that watches the room without being in it. */
export class FleetWatcher {
  readonly client: AGClientSocket;
  told: Told[] = [];
  #members: ReadonlyMap<string, unknown> | undefined;
  #seen = '';

  constructor(gate: { readonly port: number }) {
    this.client = connect(gate);
    const channel = this.client.subscribe(ROOM);
    (async () => {
      for await (const { type, member } of channel.presence.changes()) {
        if (type === 'sync' || type === 'count') continue;
        const { name } = member.state as MemberState;
        this.told.push({ type, name, atMs: performance.now() });
      }
    })();
  }

  /** What it knows of who is there. */
  get seen(): string {
    const { members } = this.client.channel(ROOM).presence;
    // The map is another one when something has changed; it is looked at often.
    if (members !== this.#members) {
      this.#members = members;
      this.#seen = [...members.values()]
        .map(({ state }) => JSON.stringify([state.name, state.word]))
        .sort()
        .join();
    }
    return this.#seen;
  }
}

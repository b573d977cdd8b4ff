import fc from 'fast-check';
import { VirtualClock } from '../support/virtual-clock.js';
import { ModelClient } from './model-client.js';
import { Dice, ModelNetwork, type Noise } from './model-network.js';
import { type Classes, ModelServer, settings } from './model-server.js';
import { BrokenPromise } from './model-watcher.js';

const SERVERS = 5;
const NEVER_MS = 1_000_000_000;
const CLIENTS = 8;
const KEYS = 6;
const CHANNELS = ['a', 'b', 'count'] as const;

/** What may happen next. `who` counts clients, `where` servers. */
export type Step =
  | { readonly do: 'connect'; readonly who: number; readonly where: number }
  | { readonly do: 'update' | 'leave' | 'lose'; readonly who: number }
  | { readonly do: 'vanish'; readonly who: number; readonly ms: number }
  | {
      readonly do:
        | 'kill'
        | 'say goodbye'
        | 'start'
        | 'halt'
        | 'go on'
        | 'cut'
        | 'restore'
        | 'mute'
        | 'unmute';
      readonly where: number;
    }
  | { readonly do: 'outage' }
  | { readonly do: 'watch' | 'unwatch'; readonly where: number; readonly channel: string }
  | { readonly do: 'pass'; readonly ms: number };

const who = fc.nat(CLIENTS - 1);
const where = fc.nat(SERVERS - 1);
const channel = fc.constantFrom(...CHANNELS);

const at = <Name extends string>(name: Name) => fc.record({ do: fc.constant(name), where });
const by = <Name extends string>(name: Name) => fc.record({ do: fc.constant(name), who });

/** What happens where nothing gets lost: whoever stays must not be seen to leave. */
const gentle: fc.WeightedArbitrary<Step>[] = [
  { weight: 20, arbitrary: fc.record({ do: fc.constant('connect' as const), who, where }) },
  { weight: 5, arbitrary: by('update') },
  { weight: 2, arbitrary: by('leave') },
  { weight: 8, arbitrary: by('lose') },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('vanish' as const),
      who,
      ms: fc.constantFrom(100, 3_000, 60_000),
    }),
  },
  { weight: 1, arbitrary: at('kill') },
  { weight: 1, arbitrary: at('say goodbye') },
  { weight: 3, arbitrary: at('start') },
  { weight: 1, arbitrary: fc.constant({ do: 'outage' as const }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('watch' as const), where, channel }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('unwatch' as const), where, channel }) },
  {
    weight: 16,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.constantFrom(1, 20, 60, 150, 300, 700, 2_000, 6_000),
    }),
  },
];

const rough: fc.WeightedArbitrary<Step>[] = [
  ...gentle,
  { weight: 2, arbitrary: at('halt') },
  { weight: 3, arbitrary: at('go on') },
  { weight: 2, arbitrary: at('cut') },
  { weight: 3, arbitrary: at('restore') },
  { weight: 2, arbitrary: at('mute') },
  { weight: 3, arbitrary: at('unmute') },
];

const noise = (lost: fc.Arbitrary<number>): fc.Arbitrary<Noise> =>
  fc.record({
    maxDelayMs: fc.constantFrom(2, 50, 400),
    lost,
    repeated: fc.constantFrom(0, 10),
  });

/** What happens to the servers of a fleet and their clients. */
export interface History {
  readonly seed: number;
  /** Nothing gets lost. */
  readonly isGentle: boolean;
  readonly noise: Noise;
  readonly steps: readonly Step[];
}

export const history: fc.Arbitrary<History> = fc.oneof(
  fc.record({
    seed: fc.nat(),
    isGentle: fc.constant(true),
    noise: noise(fc.constant(0)),
    steps: fc.array(fc.oneof(...gentle), { maxLength: 60, size: 'max' }),
  }),
  fc.record({
    seed: fc.nat(),
    isGentle: fc.constant(false),
    noise: noise(fc.constantFrom(0, 5, 30)),
    steps: fc.array(fc.oneof(...rough), { maxLength: 60, size: 'max' }),
  }),
);

/** Plays a history, then lets everything calm down, and checks what must be true then. Throws what is wrong. */
export async function play(
  classes: Classes,
  { seed, isGentle, noise, steps }: History,
): Promise<void> {
  const world = new World(classes, seed, isGentle, noise);
  for (let where = 0; where < SERVERS; where++) await world.do({ do: 'start', where });
  for (const step of steps) await world.do(step);
  await world.calm();
  world.check({ withConnections: false });
  // A number of connections is told when it has held for a second.
  await world.do({ do: 'pass', ms: 1_000 });
  world.check({ withConnections: true });
}

class World {
  readonly #clock = new VirtualClock();
  readonly #network: ModelNetwork;
  readonly #classes: Classes;
  readonly #isGentle: boolean;
  /** Not even an outage or a death has swallowed anything. */
  #isLossless: boolean;
  readonly #servers: (ModelServer | undefined)[] = Array.from({ length: SERVERS });
  readonly #clients: ModelClient[];
  /** When a key was not in a channel last, as far as is certain. */
  readonly #absentAt = new Map<string, number>();
  /** Connections that are lost and that their servers take for open. */
  readonly #unnoticed = new Map<() => void, ModelClient>();
  #updates = 0;
  #started = 0;

  constructor(classes: Classes, seed: number, isGentle: boolean, noise: Noise) {
    this.#classes = classes;
    this.#isGentle = isGentle;
    this.#isLossless = isGentle;
    this.#network = new ModelNetwork(this.#clock, new Dice(seed), noise);
    this.#clients = Array.from(
      { length: CLIENTS },
      (_, index) =>
        new ModelClient(`client ${index}`, `k${index % KEYS}`, ['a', index % 2 ? 'b' : 'count']),
    );
  }

  async do(step: Step): Promise<void> {
    const client = 'who' in step ? this.#clients[step.who]! : undefined;
    const server = 'where' in step ? this.#servers[step.where] : undefined;
    this.#act(step, client, server);
    // A server joins the fleet some promises later.
    for (let turn = 0; turn < 4; turn++) await undefined;
  }

  #act(step: Step, client: ModelClient | undefined, server: ModelServer | undefined): void {
    switch (step.do) {
      case 'connect':
        if (server?.isRunning && client && !client.isConnected) this.#connect(client, server);
        break;
      case 'update':
        if (client?.server?.isRunning) client.update({ update: ++this.#updates });
        break;
      case 'leave':
        if (client?.server?.isRunning) this.#leave(client);
        break;
      case 'lose':
        if (client?.server?.isRunning) client.lose(this.#clock.now())();
        break;
      case 'vanish':
        if (client?.isConnected) this.#vanish(client, step.ms);
        break;
      case 'kill':
        // With what it was about to send.
        this.#isLossless = false;
        this.#end(step.where, (it) => it.kill());
        break;
      case 'say goodbye':
        if (server?.isRunning) this.#end(step.where, (it) => it.leave());
        break;
      case 'start':
        this.#servers[step.where] ??= new ModelServer(this.#classes, this.#network, {
          node: `server ${++this.#started}`,
          // What does not get lost need not be repaired.
          repairMs: this.#isGentle ? NEVER_MS : settings.repairMs,
          onLeave: (name, key, sinceMs) => this.#onLeave(name, key, sinceMs),
        });
        break;
      case 'halt':
        server?.halt();
        break;
      case 'go on':
        server?.goOn();
        break;
      case 'cut':
        server?.cut();
        break;
      case 'restore':
        server?.restore();
        break;
      case 'mute':
        if (server) server.broker.isMute = true;
        break;
      case 'unmute':
        if (server) server.broker.isMute = false;
        break;
      case 'outage':
        this.#isLossless = false;
        for (const it of this.#servers) it?.cut();
        this.#clock.pass(5_000);
        for (const it of this.#servers) it?.restore();
        break;
      case 'watch':
        if (server?.isRunning) server.watch(step.channel);
        break;
      case 'unwatch':
        if (server?.isRunning) server.unwatch(step.channel);
        break;
      case 'pass':
        this.#clock.pass(step.ms);
    }
  }

  /** The noise is over. */
  async calm(): Promise<void> {
    this.#network.noise = { maxDelayMs: 5, lost: 0, repeated: 0 };
    for (const server of this.#servers) {
      if (server === undefined) continue;
      server.broker.isMute = false;
      server.goOn();
      server.restore();
    }
    for (const [notice, client] of this.#unnoticed) {
      // Somebody who has said elsewhere which connection was lost need not be noticed.
      if (!this.#isLossless || !client.isConnected) notice();
    }
    await this.do({ do: 'pass', ms: settings.repairMs + 300 });
  }

  check({ withConnections }: { withConnections: boolean }): void {
    for (const name of CHANNELS) {
      const states = new Set<string>();
      for (const server of this.#servers) {
        const watcher = server?.watchers.get(name);
        if (server === undefined || watcher === undefined) continue;
        if (!watcher.hasBegun) throw new BrokenPromise(`${name}: there is no snapshot`);
        const where = `${server.broker.node} says of ${name}`;
        if (!watcher.isComplete)
          throw new BrokenPromise(`${where} that not everybody has answered`);
        watcher.check();
        const { mode, members, count } = watcher.snapshot();
        const sum = this.#countOf(name);
        if (mode === 'count') {
          if (count !== sum) throw new BrokenPromise(`${where}: ${count}, and there are ${sum}`);
          continue;
        }
        const said = members
          .map(({ key, connections }) => (withConnections ? `${key}×${connections}` : key))
          .sort()
          .join(' ');
        const truth = this.#truthOf(name, withConnections);
        if (said !== truth) {
          throw new BrokenPromise(`${where}: ${said}, and the truth is: ${truth}`);
        }
        states.add(JSON.stringify(members.map(({ key, state }) => [key, state]).sort()));
        for (const { key, state } of members) this.#checkState(where, name, key, state);
      }
      if (states.size > 1) {
        throw new BrokenPromise(`${name}: servers disagree: ${[...states].join(' and ')}`);
      }
    }
  }

  #connect(client: ModelClient, server: ModelServer): void {
    for (const name of client.channels) {
      if (this.#presentUntil(name, client.key) <= this.#clock.now()) {
        this.#absentAt.set(`${name} ${client.key}`, this.#clock.now());
      }
    }
    client.connect(server);
  }

  #leave(client: ModelClient): void {
    client.leave();
    for (const name of client.channels) {
      // Its server need not have heard of other connections of this key.
      this.#absentAt.set(`${name} ${client.key}`, this.#clock.now());
    }
  }

  #vanish(client: ModelClient, ms: number): void {
    const { server } = client;
    const lose = client.lose(this.#clock.now());
    const notice = (): void => {
      if (!this.#unnoticed.delete(notice) || !this.#servers.includes(server)) return;
      lose();
    };
    this.#unnoticed.set(notice, client);
    this.#clock.after(ms, notice);
  }

  #end(index: number, how: (server: ModelServer) => void): void {
    const server = this.#servers[index];
    if (server === undefined) return;
    for (const client of this.#clients) {
      if (client.server !== server) continue;
      const notice = client.lose(this.#clock.now());
      if (server.isRunning) notice();
    }
    how(server);
    this.#servers[index] = undefined;
    this.#network.remove(server.broker.node);
  }

  /** A watcher was told that somebody has left. */
  #onLeave(name: string, key: string, sinceMs: number): void {
    if (!this.#isGentle) return;
    const now = this.#clock.now();
    // A server cannot know of those who were on one that was gone before it asked.
    if (now - sinceMs < settings.graceMs + 1_000) return;
    if (this.#presentUntil(name, key) <= now) return;
    const absentAt = this.#absentAt.get(`${name} ${key}`) ?? Number.NEGATIVE_INFINITY;
    // Where somebody moved from, they are held for the grace before it is believed that they have left.
    if (absentAt > now - settings.graceMs - 1_000 - 3 * this.#network.noise.maxDelayMs) return;
    throw new BrokenPromise(`${key} is seen to leave ${name}, and is still there at ${now}`);
  }

  /** Until when a key has to be shown at least; those of a server that was killed from its last heartbeat on. */
  #presentUntil(name: string, key: string): number {
    const leastGraceMs = settings.graceMs - settings.serverTimeoutMs / 3 - 1_000;
    let until = Number.NEGATIVE_INFINITY;
    for (const client of this.#clients) {
      if (client.key !== key || !client.channels.includes(name)) continue;
      if (client.isConnected) return Number.POSITIVE_INFINITY;
      if (client.lostAt !== undefined) until = Math.max(until, client.lostAt + leastGraceMs);
    }
    return until;
  }

  #clientsIn(name: string): ModelClient[] {
    return this.#clients.filter((it) => it.isConnected && it.channels.includes(name));
  }

  #truthOf(name: string, withConnections: boolean): string {
    const connections = new Map<string, number>();
    for (const { key } of this.#clientsIn(name)) {
      connections.set(key, (connections.get(key) ?? 0) + 1);
    }
    return [...connections]
      .map(([key, count]) => (withConnections ? `${key}×${count}` : key))
      .sort()
      .join(' ');
  }

  /** Servers that only count do not know whose other connections are elsewhere. */
  #countOf(name: string): number {
    return new Set(this.#clientsIn(name).map(({ key, server }) => `${key} ${server!.broker.node}`))
      .size;
  }

  #checkState(where: string, name: string, key: string, state: unknown): void {
    const states = this.#clientsIn(name)
      .filter((it) => it.key === key)
      .map((it) => JSON.stringify(it.state));
    if (states.includes(JSON.stringify(state))) return;
    throw new BrokenPromise(`${where} ${key}: ${JSON.stringify(state)}, and it is ${states}`);
  }
}

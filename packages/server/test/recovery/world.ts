import fc from 'fast-check';
import { ModelClient, ModelConnection } from './model-client.js';
import { ModelLog } from './model-log.js';
import { type ChannelClass, ModelServer } from './model-server.js';

/** What may happen next. `who` counts servers or clients. */
export type Step =
  | {
      readonly do:
        | 'publish'
        | 'receive'
        | 'repeat'
        | 'lose'
        | 'cut'
        | 'restore'
        | 'turn'
        | 'compare';
      readonly who: number;
    }
  | { readonly do: 'answer'; readonly who: number; readonly which: number; readonly lag: number }
  | {
      readonly do: 'connect' | 'read' | 'hang up' | 'drain';
      readonly who: number;
      readonly server: number;
    }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'trim' | 'rollback'; readonly count: number }
  | { readonly do: 'expire' | 'flush' };

const SERVERS = 2;
const CLIENTS = 3;
/** Packets that wait for a client before it counts as slow. */
const CAPACITY = 3;
const LOG_SIZE = 8;

const who = fc.nat(SERVERS - 1);
const count = fc.integer({ min: 1, max: 3 });
const client = fc.record({ who: fc.nat(CLIENTS - 1), server: who });

const on = <Name extends string>(name: Name) => fc.record({ do: fc.constant(name), who });
const by = <Name extends string>(name: Name) => client.map((it) => ({ do: name, ...it }));

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 14, arbitrary: on('publish') },
  { weight: 14, arbitrary: on('receive') },
  { weight: 2, arbitrary: on('lose') },
  { weight: 1, arbitrary: on('repeat') },
  { weight: 2, arbitrary: on('cut') },
  { weight: 3, arbitrary: on('restore') },
  { weight: 10, arbitrary: on('turn') },
  { weight: 3, arbitrary: on('compare') },
  {
    weight: 16,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      who,
      which: fc.nat(2),
      lag: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: count }),
    }),
  },
  { weight: 5, arbitrary: by('connect') },
  { weight: 14, arbitrary: by('read') },
  { weight: 3, arbitrary: by('hang up') },
  { weight: 4, arbitrary: by('drain') },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.constantFrom(60, 110, 300, 2_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('trim' as const, 'rollback' as const), count }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('expire' as const, 'flush' as const) }) },
);

/** What happens to servers and clients of one channel. */
export interface History {
  /** The log is in the process of the servers. */
  readonly isLocal: boolean;
  readonly steps: readonly Step[];
}

export const history: fc.Arbitrary<History> = fc.record({
  isLocal: fc.oneof(
    { weight: 4, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
  steps: fc.array(step, { maxLength: 60, size: 'max' }),
});

/** Lets everything that follows from a step happen, up to the next thing that waits. */
async function settle(): Promise<void> {
  for (let i = 0; i < 6; i++) await undefined;
}

/** Plays a history, then lets everything calm down, and checks what must be true then. Throws what is wrong. */
export async function play(Channel: ChannelClass, { isLocal, steps }: History): Promise<void> {
  const world = new World(Channel, isLocal);
  await world.start();
  for (const step of steps) {
    world.do(step);
    await settle();
  }
  await world.calm();
  world.check();
}

class World {
  readonly #clock = { now: 0 };
  readonly #log = new ModelLog(LOG_SIZE);
  readonly #servers: ModelServer[];
  readonly #clients: ModelClient[];
  readonly #homes = new Map<ModelClient, ModelServer>();
  /** A copy that lags does so once in a row. */
  #hasLagged = false;

  readonly #isLocal: boolean;

  constructor(Channel: ChannelClass, isLocal: boolean) {
    this.#isLocal = isLocal;
    this.#servers = Array.from(
      { length: SERVERS },
      () => new ModelServer(Channel, this.#log, this.#clock, isLocal),
    );
    this.#clients = Array.from(
      { length: CLIENTS },
      (_, index) => new ModelClient(this.#log, `Client ${index}`),
    );
  }

  async start(): Promise<void> {
    for (const server of this.#servers) {
      const started = server.follow();
      for (const question of server.questions.splice(0)) question.answer(0);
      await started;
    }
  }

  do(step: Step): void {
    switch (step.do) {
      case 'publish':
        this.#publish(this.#servers[step.who]!);
        break;
      case 'receive':
        this.#servers[step.who]!.receive();
        break;
      case 'repeat':
        this.#servers[step.who]!.repeat();
        break;
      case 'lose':
        this.#servers[step.who]!.live.shift();
        break;
      case 'cut':
        this.#servers[step.who]!.cut();
        break;
      case 'restore':
        this.#servers[step.who]!.restore();
        break;
      case 'turn':
        this.#servers[step.who]!.turn(2);
        break;
      case 'compare':
        this.#servers[step.who]!.compare();
        break;
      case 'answer':
        this.#answer(this.#servers[step.who]!, step.which, step.lag);
        break;
      case 'connect':
        this.#connect(this.#clients[step.who]!, this.#servers[step.server]!);
        break;
      case 'read':
        this.#clients[step.who]!.read();
        break;
      case 'hang up':
        this.#hangUp(this.#clients[step.who]!);
        break;
      case 'drain':
        this.#drain(this.#clients[step.who]!);
        break;
      case 'pass':
        this.#pass(step.ms);
        break;
      case 'trim':
        this.#log.trim(step.count);
        break;
      case 'rollback':
        // Nobody loses what was accepted without losing its connections.
        if (this.#isLocal) break;
        for (const server of this.#servers) server.cut();
        this.#log.rollback(step.count);
        break;
      case 'expire':
        this.#expire();
        break;
      case 'flush':
        this.#log.flush();
    }
  }

  /** Everything is well again, for long enough. */
  async calm(): Promise<void> {
    // A log in this process that was forgotten shows itself with its next publication.
    const first = this.#servers[0]!;
    if (this.#isLocal && first.channel.cursor.epoch !== this.#log.top.epoch) this.#publish(first);
    for (let round = 0; round < 60; round++) {
      for (const server of this.#servers) {
        server.restore();
        server.compare();
        for (let i = 0; i < 20 && !server.isIdle; i++) {
          while (server.live.length > 0) server.receive();
          for (const question of server.questions.splice(0)) question.answer(0);
          await settle();
          server.turn(10);
          await settle();
        }
      }
      for (const client of this.#clients) {
        while (client.read()) {}
        this.#drain(client);
        if (client.connection === undefined || client.connection.isClosed) {
          this.#hangUp(client);
          this.#connect(client, this.#servers[0]!);
        }
      }
      this.#pass(1_000);
      await settle();
      if (round > 8 && this.#isDone()) return;
    }
  }

  check(): void {
    const top = this.#log.factAt(this.#log.top)!;
    for (const [index, server] of this.#servers.entries()) {
      if (!server.channel.feed.isLive) throw new Error(`Server ${index} does not become live`);
      if (server.channel.behindCount > 0) throw new Error(`Server ${index} has somebody behind`);
      const { cursor } = server.channel;
      if (this.#log.factAt(cursor) !== top) {
        throw new Error(
          `Server ${index} is at ${JSON.stringify(cursor)}, not at ${JSON.stringify(top.position)}`,
        );
      }
    }
    for (const [index, client] of this.#clients.entries()) {
      if (!client.isSubscribed) throw new Error(`Client ${index} has no answer`);
      if (client.last !== top.id)
        throw new Error(`Client ${index} has ${client.last}, not ${top.id}`);
    }
  }

  #isDone(): boolean {
    try {
      this.check();
      return true;
    } catch {
      return false;
    }
  }

  #publish(server: ModelServer): void {
    if (server.isCut) return;
    const entry = this.#log.append();
    for (const other of this.#servers) {
      if (this.#isLocal) other.channel.receive(entry);
      else if (!other.isCut) other.live.push(entry);
    }
  }

  #answer(server: ModelServer, which: number, lag: number): void {
    const [question] = server.questions.splice(which, 1);
    if (question === undefined) return;
    const usedLag = this.#hasLagged ? 0 : lag;
    this.#hasLagged = usedLag > 0;
    question.answer(usedLag);
  }

  #connect(client: ModelClient, server: ModelServer): void {
    if (client.connection !== undefined) return;
    const connection = new ModelConnection(CAPACITY);
    client.connection = connection;
    this.#homes.set(client, server);
    server.subscribe(client, connection);
  }

  #hangUp(client: ModelClient): void {
    const { connection } = client;
    if (connection === undefined) return;
    client.cut();
    this.#homes.get(client)?.leave(connection);
  }

  #drain(client: ModelClient): void {
    const { connection } = client;
    if (connection === undefined || !connection.isSlow || connection.inbox.length > CAPACITY / 2)
      return;
    connection.isSlow = false;
    this.#homes.get(client)!.channel.drained(connection);
  }

  #pass(ms: number): void {
    this.#clock.now += ms;
    for (const server of this.#servers) server.wake();
  }

  /** As long as a log is kept, with nothing published. Servers that hear the log see its end meanwhile. */
  #expire(): void {
    for (const server of this.#servers) {
      if (server.isCut) continue;
      for (const entry of server.live.splice(0)) server.channel.receive(entry);
      if (this.#log.factAt(server.channel.cursor) !== this.#log.factAt(this.#log.top)) return;
    }
    this.#log.expire();
    this.#pass(301_000);
  }
}

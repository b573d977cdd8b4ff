import { collect } from '@asyngular/test-utils/collect';
import fc from 'fast-check';
import { beforeEach, expect, it, vi } from 'vitest';
import type { AGClientSocket } from '../src/index.js';
import { type Harness, outcome, pass, start, useVirtualTime } from './support/harness.js';
import { type Mood, type Session, World } from './support/moving-world.js';
import { randomFrom } from './support/random.js';

beforeEach(useVirtualTime);

/** Long enough for everything under way. */
const QUIET_MS = 60_000;
/** The same histories each time; others by the environment. */
const parameters = {
  seed: Number(process.env.SEED ?? 20_261_129),
  numRuns: Number(process.env.RUNS ?? 60),
};
/** It is subscribed to all the time. */
const ALWAYS = 'always';
const channels = ['a', 'b', 'forbidden', 'lobby'];
/** Events of a socket that has anything but moved. */
const signs = ['connecting', 'connect', 'connectAbort', 'disconnect', 'close', 'error'];

/** One client, what it was given, and what it was promised. */
class Life {
  readonly world: World;
  readonly harness: Harness;
  readonly socket: AGClientSocket;
  stored: string | null = null;
  /** Outcomes of calls, each with the number that it is to answer. */
  readonly calls: { number: number; result?: any }[] = [];
  readonly streams: { items: number[]; isLeft: boolean; result?: any }[] = [];
  notes = 0;
  readonly got = new Map<string, number[]>();
  readonly interrupted = new Set<string>();
  readonly news: number[] = [];
  sentNews = 0;
  /** A login had no answer in time, so that only the server knows what has come of it. */
  isTokenUnsure = false;

  constructor(seed: number) {
    this.world = new World(randomFrom(seed));
    this.harness = start(
      {
        ackTimeout: 2_000,
        connectTimeout: 1_000,
        pingTimeoutDisabled: true,
        authEngine: {
          loadToken: async () => this.stored,
          saveToken: async (_name, text) => {
            this.stored = text;
            return text;
          },
          removeToken: async () => {
            const { stored } = this;
            this.stored = null;
            return stored;
          },
        },
      },
      this.world,
    );
    const { socket } = this.harness;
    this.socket = socket;
    collect(socket.receiver('news') as AsyncIterable<number>, (n) => this.news.push(n));
    collect(socket.procedure('ask'), (request) => {
      const delayMs = this.world.pick([0, 50, 1_200]);
      setTimeout(() => request.end((request.data as number) * 2), delayMs);
    });
    for (const name of [ALWAYS, ...channels]) {
      const channel = socket.channel(name);
      this.got.set(name, collect(channel as AsyncIterable<number>));
      collect(channel.listener('interruption'), () => this.interrupted.add(name));
    }
    socket.subscribe(ALWAYS);
    socket.connect();
  }

  /** The server in use. */
  get current(): Session | undefined {
    return this.world.sessions.find(
      ({ connection }) => connection === this.socket.transport?.socket,
    );
  }

  /** Connections that are on the way to be used; what has come of them so far is lost with nobody. */
  get early(): Session[] {
    return this.world.sessions.filter(({ isOpen, isOver }) => !isOpen && !isOver);
  }

  call(event: string, ackTimeout: number): void {
    const call: Life['calls'][number] = { number: this.calls.length };
    this.calls.push(call);
    void outcome(this.socket.invoke(event, call.number, { ackTimeout })).then((result) => {
      expect(call.result).toBeUndefined();
      call.result = result;
    });
  }

  stream(hasResume: boolean, leaveAfter: number): void {
    const stream: Life['streams'][number] = { items: [], isLeft: false };
    this.streams.push(stream);
    const resume = (last: unknown) => ({ after: (last as number | undefined) ?? 0 });
    const read = async () => {
      const options = { ackTimeout: QUIET_MS / 2, ...(hasResume && { resume }) };
      for await (const item of this.socket.stream('count', { after: 0 }, options)) {
        stream.items.push(item as number);
        stream.isLeft = stream.items.length === leaveAfter;
        if (stream.isLeft) break;
      }
    };
    void outcome(read()).then((result) => {
      stream.result = result;
    });
  }

  login(): void {
    void outcome(this.socket.authenticate(this.world.issue())).then(({ error }) => {
      this.isTokenUnsure ||= error?.name === 'TimeoutError';
    });
  }
}

type Act = (life: Life, n: number) => void;

const pickFrom = <T>(items: readonly T[], n: number): T | undefined => items[n % items.length];

function setMood<Name extends keyof Mood>(name: Name, moods: readonly Mood[Name][]): Act {
  return ({ world }, n) => {
    world.mood = { ...world.mood, [name]: pickFrom(moods, n) };
  };
}

/** What client and servers do without any harm to what is under way. */
const peaceful = {
  askToMove: ({ current }, n) =>
    current?.say({
      event: '#reconnect',
      data: { in: pickFrom([0, 0, 30], n), within: pickFrom([5_000, 0, 400], n) },
    }),
  mood: setMood('connect', ['accept', 'refuse', 'hang']),
  answers: setMood('moving', ['answers', 'unknown', 'refuses', 'silent listen', 'silent leave']),
  kind: ({ world }) => {
    world.mood = { connect: 'accept', moving: 'answers' };
  },
  dropEarly: ({ early }, n) => pickFrom(early, n)?.connection.drop(1006),
  note: (life) => void life.socket.transmit('note', ++life.notes),
  echo: (life) => life.call('echo', QUIET_MS / 2),
  silent: (life) => life.call('silent', 300),
  stream: (life, n) => life.stream(n % 2 === 0, 1 + (n % 7)),
  subscribe: ({ socket }, n) => {
    const name = pickFrom(channels, n)!;
    socket.subscribe(name, pickFrom([undefined, { waitForAuth: true }, { presence: { n } }], n));
  },
  unsubscribe: ({ socket }, n) => socket.unsubscribe(pickFrom(channels, n)!),
  enter: ({ socket }, n) =>
    void outcome(socket.channel(pickFrom(channels, n)!).presence.enter({ n })),
  update: ({ socket }, n) => socket.channel(pickFrom(channels, n)!).presence.update({ n }),
  exit: ({ socket }, n) => socket.channel(pickFrom(channels, n)!).presence.leave(),
  login: (life) => life.login(),
  logout: ({ socket }) => void socket.deauthenticate(),
  batch: ({ socket }, n) => (n % 2 === 0 ? socket.startBatch() : socket.flushBatch()),
  publish: ({ world }, n) => world.publish(pickFrom([ALWAYS, ...channels], n)!),
  ask: ({ world }, n) => pickFrom(reached(world), n)?.ask(n),
  news: (life, n) =>
    pickFrom(reached(life.world), n)?.say({ event: 'news', data: ++life.sentNews }),
  give: ({ world }, n) => pickFrom(open(world), n)?.give(),
  take: ({ world }, n) => pickFrom(open(world), n)?.take(),
  kickOut: ({ world }, n) => pickFrom(open(world), n)?.kickOut(pickFrom(channels, n)!),
} satisfies Record<string, Act>;

/** What ends connections, besides. */
const violent = {
  drop: ({ world }, n) =>
    pickFrom(live(world), n)?.connection.drop(pickFrom([1006, 1001, 4001], n)!),
  leave: ({ world }, n) => pickFrom(live(world), n)?.leave(pickFrom([1001, 1000, 4500], n)!),
  disconnect: ({ socket }, n) => socket.disconnect(pickFrom([1000, 4100], n)),
  connect: ({ socket }) => socket.connect(),
  reconnect: ({ socket }) => socket.reconnect(),
} satisfies Record<string, Act>;

const acts: Record<string, Act> = { ...peaceful, ...violent };

function live({ sessions }: World): Session[] {
  return sessions.filter(({ isOver }) => !isOver);
}

function open({ sessions }: World): Session[] {
  return sessions.filter(({ isOpen }) => isOpen);
}

function reached({ sessions }: World): Session[] {
  return sessions.filter(({ isReached }) => isReached);
}

interface Step {
  readonly act: string;
  readonly n: number;
  readonly pauseMs: number;
}

/** Half of the steps have to do with moving, so that something happens at each of its moments. */
function plans(table: Record<string, Act>): fc.Arbitrary<Step[]> {
  const names = Object.keys(table);
  // A token that is given while the client logs out counts for the client alone, moving or not.
  const [ofClient, ofServer] = ['give', 'logout'].map((left) =>
    fc.constantFrom(...names.filter((name) => name !== left)),
  ) as [fc.Arbitrary<string>, fc.Arbitrary<string>];
  const plan = (act: fc.Arbitrary<string>) =>
    fc.array(
      fc.record({
        act: fc.oneof(
          { weight: 1, arbitrary: fc.constant('askToMove') },
          { weight: 4, arbitrary: act },
        ),
        n: fc.nat(1_000),
        pauseMs: fc.constantFrom(0, 0, 1, 5, 20, 60, 1_100),
      }),
      { minLength: 3, maxLength: 30 },
    );
  return fc.oneof(plan(ofClient), plan(ofServer));
}

async function play(seed: number, plan: readonly Step[]): Promise<Life> {
  // Those of a run before, if it failed.
  vi.clearAllTimers();
  const life = new Life(seed);
  await pass(200);
  expect(life.socket.state).toBe('open');
  life.harness.log.length = 0;
  for (const { act, n, pauseMs } of plan) {
    acts[act]!(life, n);
    await pass(pauseMs);
  }
  life.world.mood = { connect: 'accept', moving: 'answers' };
  life.socket.flushBatch();
  await pass(QUIET_MS);
  return life;
}

function expectAgreement({ socket, current, world, stored, isTokenUnsure }: Life): void {
  expect(socket.state).toBe('open');
  const session = current!;
  expect(session.isOpen).toBe(true);
  expect(session.departedAt).toBeUndefined();
  expect([...session.channels.keys()].sort()).toEqual(socket.subscriptions().sort());
  if (!isTokenUnsure) {
    expect(session.token).toBe(socket.signedAuthToken);
    expect(stored).toBe(socket.signedAuthToken);
  }
  for (const name of socket.subscriptions()) {
    expect([name, session.members.get(name)]).toEqual([name, socket.channel(name).presence.state]);
  }
  expect(live(world)).toEqual([session]);
  expect(world.complaints).toEqual([]);
}

function isIncreasing(numbers: readonly number[]): boolean {
  return numbers.every((number, index) => index === 0 || number > numbers[index - 1]!);
}

function expectOrder({ world, got, calls, streams }: Life): void {
  expect(world.notes).toEqual([...new Set(world.notes)].sort((a, b) => a - b));
  for (const [name, numbers] of got) {
    expect([name, numbers, isIncreasing(numbers)]).toEqual([name, numbers, true]);
  }
  for (const { number, result } of calls) {
    expect(result, `the end of call ${number}`).toBeDefined();
    if (result.error === undefined) expect(result.value).toBe(number);
  }
  for (const { items, result } of streams) {
    expect(result, 'the end of a stream').toBeDefined();
    expect(items).toEqual([1, 2, 3, 4].slice(0, items.length));
  }
}

async function expectEnd({ socket }: Life): Promise<void> {
  socket.disconnect();
  await pass(5_000);
  expect(socket.unsentCount).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const seeds = fc.nat(2 ** 31);

it('whatever happens while it moves, a client loses nothing, gets nothing twice, and notices nothing', async () => {
  let migrations = 0;
  await fc.assert(
    fc.asyncProperty(seeds, plans(peaceful), async (seed, plan) => {
      const life = await play(seed, plan);
      const { world, harness, socket } = life;
      expect(harness.log.filter((name) => signs.includes(name))).toEqual([]);
      const migrated = harness.payloads.filter(({ name }) => name === 'migrated');
      migrations += migrated.length;
      migrated.reduce((id, { payload }) => {
        expect(payload.oldId).toBe(id);
        return payload.id;
      }, 'socket-1');
      expect(migrated.at(-1)?.payload.id ?? 'socket-1').toBe(socket.id);
      expectOrder(life);
      expect(world.notes).toEqual(upTo(life.notes));
      expect([...life.news].sort((a, b) => a - b)).toEqual(upTo(life.sentNews));
      for (const { asked, answered } of world.sessions) {
        expect([...answered].sort()).toEqual([...asked].sort());
      }
      for (const { result } of life.calls) {
        if (result.error) expect(result.error.name).toBe('TimeoutError');
      }
      for (const { items, isLeft, result } of life.streams) {
        expect(result.error).toBeUndefined();
        if (!isLeft) expect(items).toHaveLength(world.countTo);
      }
      if (!life.interrupted.has(ALWAYS)) {
        expect(life.got.get(ALWAYS)).toEqual(upTo(world.published(ALWAYS)));
      }
      expectAgreement(life);
      await expectEnd(life);
    }),
    parameters,
  );
  expect(migrations).toBeGreaterThan(parameters.numRuns / 2);
}, 300_000);

it('when connections end besides, every call ends once, nothing comes twice, and both ends agree', async () => {
  await fc.assert(
    fc.asyncProperty(seeds, plans({ ...peaceful, ...violent }), async (seed, plan) => {
      const life = await play(seed, plan);
      life.socket.connect();
      await pass(QUIET_MS);
      expectOrder(life);
      expect(isIncreasing([...life.news])).toBe(true);
      expectAgreement(life);
      await expectEnd(life);
    }),
    parameters,
  );
}, 300_000);

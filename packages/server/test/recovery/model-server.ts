import {
  BrokerUnavailableError,
  type LiveEntry,
  type LogPage,
  type LogPosition,
  parsePosition,
  type ReadOptions,
} from '@asyngular/broker';
import type { Subscriber } from '../../src/channels/channel-source.js';
import type { Subscribed } from '../../src/channels/history-requests.js';
import type { ChannelHost, Delivery, Interruption } from '../../src/recovery/channel-host.js';
import type { RecoverableChannel } from '../../src/recovery/recoverable-channel.js';
import type { ModelClient, ModelConnection } from './model-client.js';
import type { ModelLog } from './model-log.js';

/** The class under test, or a broken copy of it. */
export type ChannelClass = new (host: ChannelHost) => RecoverableChannel;

/** A question to the log that is under way. */
interface Question {
  answer(lag: number): void;
  fail(): void;
}

const REWIND = 2;

/** One server with one channel: everything it waits for happens when the schedule says so. */
export class ModelServer {
  readonly channel: RecoverableChannel;
  /** Live entries under way. */
  live: LiveEntry[] = [];
  #received: LiveEntry | undefined;
  questions: Question[] = [];
  isCut = false;
  isFollowing = false;
  readonly #log: ModelLog;
  readonly #clock: { now: number };
  readonly #members = new Set<ModelConnection>();
  #work: (() => void)[] = [];
  /** What a turn has room for: so much of it is done at once. */
  #room = 0;
  /** The log is in this process, and answers at once. */
  readonly #isLocal: boolean;
  #timers: { readonly due: number; readonly work: () => void }[] = [];
  #isAsking = false;
  readonly warnings: unknown[] = [];

  constructor(Channel: ChannelClass, log: ModelLog, clock: { now: number }, isLocal: boolean) {
    this.#isLocal = isLocal;
    this.#log = log;
    this.#clock = clock;
    this.channel = new Channel(this.#host());
  }

  /** Begins to follow the channel; live entries come from now on. */
  follow(): Promise<void> {
    this.isFollowing = true;
    return Promise.resolve(this.channel.feed.begin());
  }

  receive(): void {
    const entry = this.live.shift();
    if (entry === undefined) return;
    this.#received = entry;
    this.channel.receive(entry);
  }

  /** The last entry comes again, behind those under way. */
  repeat(): void {
    if (this.#received !== undefined) this.live.push(this.#received);
  }

  /** The connection to the log is lost, and everything under way with it. */
  cut(): void {
    if (this.#isLocal) return;
    this.isCut = true;
    this.#received = undefined;
    this.live = [];
    for (const question of this.questions.splice(0)) question.fail();
    this.channel.feed.suspect();
  }

  restore(): void {
    if (!this.isCut) return;
    this.isCut = false;
    this.compare();
  }

  /** Asks where the log ends, as it is done now and then. */
  compare(): void {
    if (this.isCut || this.#isAsking || !this.isFollowing) return;
    this.#isAsking = true;
    const done = () => {
      this.#isAsking = false;
    };
    this.#ask((lag) => {
      done();
      this.channel.feed.compare(this.#log.read({ limit: 1, maxBytes: 0 }, lag).top);
    }, done);
  }

  /** A turn of the event loop, with room for so much work. */
  turn(room: number): void {
    this.#room = room;
    while (this.#room > 0 && this.#work.length > 0) {
      this.#room--;
      this.#work.shift()!();
    }
  }

  get isIdle(): boolean {
    return this.#work.length === 0 && this.questions.length === 0 && this.live.length === 0;
  }

  /** Runs the timers that are due. */
  wake(): void {
    const due = this.#timers.filter((timer) => timer.due <= this.#clock.now);
    this.#timers = this.#timers.filter((timer) => timer.due > this.#clock.now);
    for (const { work } of due.sort((a, b) => a.due - b.due)) work();
  }

  subscribe(client: ModelClient, connection: ModelConnection): void {
    const recover = parsePosition(client.position);
    connection.at = recover;
    this.#members.add(connection);
    const catchUp = this.channel.admit(connection);
    this.channel.subscribe(catchUp, { recover, awayMs: 0 }, (outcome) => {
      if (connection.isClosed || outcome === undefined) return;
      if (outcome instanceof Error) throw outcome;
      this.#answer(connection, outcome);
    });
  }

  leave(connection: ModelConnection): void {
    this.#members.delete(connection);
    this.channel.leave(connection);
  }

  slowed(connection: ModelConnection): void {
    if (this.#members.has(connection)) this.channel.slowed(connection);
  }

  #answer(connection: ModelConnection, subscribed: Subscribed): void {
    connection.push({ kind: 'answer', subscribed });
    if (subscribed.recovered !== true) connection.at = parsePosition(subscribed.position);
    subscribed.begin();
  }

  #send(connection: ModelConnection, { position }: Delivery): void {
    connection.at = position;
    const wasSlow = connection.isSlow;
    connection.push({ kind: 'publication', position });
    if (connection.isSlow && !wasSlow) this.slowed(connection);
  }

  #interrupt(connection: ModelConnection, { position }: Interruption): void {
    const { at } = connection;
    if (at !== undefined && this.#log.read({ after: at, limit: 1, maxBytes: 0 }).reached) {
      throw new Error(`Spurious interruption: the log still has ${JSON.stringify(at)}`);
    }
    connection.at = position;
    connection.push({ kind: 'interruption', position });
  }

  #live(behind: ReadonlyMap<Subscriber, unknown>): ModelConnection[] {
    return [...this.#members].filter((member) => !behind.has(member));
  }

  #host(): ChannelHost {
    return {
      channel: 'c',
      ttlMs: 300_000,
      rewind: REWIND,
      maxBytes: 1_000_000,
      recentBudget: { bytes: 0, limitBytes: 2_500 },
      counters: {
        recovered: 0,
        unrecovered: 0,
        reads: 0,
        gaps: 0,
        healed: 0,
        interruptions: 0,
        replayed: 0,
      },
      read: (options) => this.#read(options),
      // Some are kept as text, and some as they are.
      wrap: ({ position, payload }) => {
        const text = position.offset % 3 === 0 ? undefined : String(payload);
        return { position, bytes: 1, text };
      },
      broadcast: (delivery, behind) => {
        for (const member of this.#live(behind)) this.#send(member, delivery);
      },
      send: (subscriber, delivery) => this.#send(subscriber as ModelConnection, delivery),
      traceRecovery: () => undefined,
      onRecovered: () => {},
      interruptAll: (interruption, behind) => {
        for (const member of this.#live(behind)) this.#interrupt(member, interruption);
      },
      interrupt: (subscriber, interruption) =>
        this.#interrupt(subscriber as ModelConnection, interruption),
      now: () => this.#clock.now,
      wallNow: () => this.#clock.now,
      run: (work) => {
        if (this.#room === 0 || this.#work.length > 0) {
          this.#work.push(work);
          return;
        }
        this.#room--;
        work();
      },
      after: (ms, work) => void this.#timers.push({ due: this.#clock.now + ms, work }),
      warn: (error) => void this.warnings.push(error),
    };
  }

  /** Pages of two, so that everything takes several. */
  #read(options: ReadOptions): LogPage | Promise<LogPage> {
    const limit = Math.min(options.limit, 2);
    if (this.#isLocal) return this.#log.read({ ...options, limit });
    return new Promise((resolve, reject) => {
      this.#ask(
        (lag) => resolve(this.#log.read({ ...options, limit }, lag)),
        () => reject(new BrokerUnavailableError('The log is away', 'timeout')),
      );
    });
  }

  #ask(answer: (lag: number) => void, fail: () => void): void {
    if (this.isCut) fail();
    else this.questions.push({ answer, fail });
  }
}

/** The log's position that a client has. */
export function positionOf(client: ModelClient): LogPosition | undefined {
  return parsePosition(client.position);
}

import { FakeConnection, FakeServer } from './fake-server.js';
import { token } from './harness.js';
import type { Random } from './random.js';

/** What servers do with clients that come, and with their `#moving`. */
export interface Mood {
  connect: 'accept' | 'refuse' | 'hang';
  /** `unknown`: the extension is not agreed; `silent`: of the two steps that want an answer, the named one gets none. */
  moving: 'answers' | 'unknown' | 'refuses' | 'silent listen' | 'silent leave';
}

/** What a client that has left may say: about its calls, and that it has logged out. */
const mayComeLate = ['#cancel', '#credit', '#removeAuthToken'];

/** The token of a session, what it is subscribed to, and whether it is over: what a server knows of one connection. */
export class Session extends FakeServer {
  readonly connection: FakeConnection;
  token: string | null = null;
  /** Channels, each with how much of its log the client was sent, or has no claim to. */
  readonly channels = new Map<string, number>();
  readonly members = new Map<string, Record<string, unknown>>();
  hasArrived = false;
  departedAt: number | undefined;
  /** Calls of this server, and their answers. */
  readonly asked: number[] = [];
  readonly answered: number[] = [];
  readonly #world: World;
  /** Channels that it was kicked out of, or refused; the client may not have known it yet. */
  readonly #barred = new Set<string>();
  readonly #cancelled = new Set<number>();
  #isShaken = false;
  #turn: Promise<void> = Promise.resolve();
  /** Of a client that comes from another server: the channels that it named, and what it said that it has had. */
  #kept: ReadonlySet<string> = new Set();
  #heard: Record<string, number> | null = {};

  constructor(world: World, uri: string) {
    super();
    this.#world = world;
    this.behaviour.connect = world.mood.connect;
    this.behaviour.latencyMs = 1 + world.random(20);
    this.connection = new FakeConnection(this, uri);
  }

  /** Closed by either side, or refused. */
  get isOver(): boolean {
    return this.connection.readyState === 3;
  }

  /** It is open to the application: it can be called, and given a token. */
  get isOpen(): boolean {
    return this.#isShaken && !this.isOver;
  }

  /** For as long as the server reaches the client over this connection, too. */
  get isReached(): boolean {
    return (
      this.hasArrived &&
      this.isOpen &&
      Date.now() <= (this.departedAt ?? Number.POSITIVE_INFINITY) + 500
    );
  }

  override onPacket(_connection: FakeConnection, packet: any): void {
    if (packet.event === undefined) {
      this.answered.push(packet.data);
      return;
    }
    this.#turn = this.#turn.then(() => (this.isOver ? undefined : this.#handle(packet)));
  }

  /** Of what is sent, the order stays. */
  say(packet: object): void {
    setTimeout(() => this.connection.emitMessage(packet), this.behaviour.latencyMs);
  }

  /** The server closes, after what it has said. */
  leave(code: number): void {
    setTimeout(() => this.connection.drop(code), this.behaviour.latencyMs);
  }

  deliver(channel: string, number: number): void {
    if (this.isOver || this.departedAt !== undefined || !this.channels.has(channel)) return;
    this.channels.set(channel, number);
    this.say({ event: '#publish', data: { channel, data: number } });
  }

  ask(number: number): void {
    this.asked.push(number * 2);
    this.say({ event: 'ask', data: number, cid: this.asked.length });
  }

  give(): void {
    if (!this.#world.mayDecide()) return;
    this.token = this.#world.issue();
    this.say({ event: '#setAuthToken', data: { token: this.token } });
  }

  take(): void {
    if (!this.#world.mayDecide()) return;
    this.token = null;
    this.say({ event: '#removeAuthToken' });
  }

  kickOut(channel: string): void {
    if (!this.channels.delete(channel)) return;
    this.members.delete(channel);
    this.#barred.add(channel);
    this.say({ event: '#kickOut', data: { channel } });
  }

  #arrive(): void {
    this.hasArrived = true;
    this.#join('lobby');
  }

  #join(channel: string): void {
    if (this.channels.has(channel)) return;
    this.channels.set(channel, this.#world.published(channel));
    this.say({ event: '#joined', data: { channel } });
    this.#catchUp(channel);
  }

  async #handle({ event, data, cid }: any): Promise<void> {
    const world = this.#world;
    const answer = (result: object = {}) => this.say({ rid: cid, ...result });
    const refuse = (message: string) =>
      answer({ error: { name: 'InvalidActionError', message: `${event}: ${message}` } });
    if (this.departedAt !== undefined && !mayComeLate.includes(event)) {
      world.complaints.push(`${event} came after the client had left`);
    }
    if (event === '#handshake') {
      await world.wait();
      this.token = data.authToken;
      this.#isShaken = true;
      const moving = world.mood.moving === 'unknown' ? {} : { moving: {} };
      answer({
        data: {
          id: this.#world.nextId(),
          pingTimeout: 1e9,
          isAuthenticated: this.token !== null,
          ext: { interruption: {}, people: {}, presence: {}, stream: {}, cancel: {}, ...moving },
        },
      });
      if (data.ext.moving?.from === undefined) this.#arrive();
    } else if (event === '#moving') {
      await this.#handleMoving(data, answer, refuse);
    } else if (event === '#authenticate') {
      await world.wait();
      this.token = data;
      answer({ data: { isAuthenticated: true, authError: null } });
    } else if (event === '#removeAuthToken') {
      this.token = null;
    } else if (event === '#subscribe') {
      this.#subscribe(data, answer, refuse);
    } else if (event === '#unsubscribe') {
      if (!this.channels.delete(data)) this.#complain(event, data);
      this.members.delete(data);
    } else if (event === '#presence') {
      this.#handlePresence(data, cid === undefined ? () => {} : answer, refuse);
    } else if (event === '#cancel') {
      this.#cancelled.add(data.cid);
    } else if (event === 'note') {
      world.notes.push(data);
    } else if (event === 'echo') {
      setTimeout(() => answer({ data }), world.pick([0, 20, 1_500]));
    } else if (event === 'count') {
      void this.#count(data.after, cid);
    }
  }

  async #handleMoving(
    data: any,
    answer: (result?: object) => void,
    refuse: (message: string) => void,
  ): Promise<void> {
    const { mood, wait } = this.#world;
    await wait();
    if (data.channels) {
      this.#kept = new Set(data.channels);
      if (mood.moving === 'refuses') refuse('no');
      else if (mood.moving !== 'silent listen') answer();
    } else if (data.to) {
      this.departedAt = Date.now();
      const heard = Object.fromEntries(this.channels);
      await wait();
      if (mood.moving !== 'silent leave') answer({ data: { heard } });
    } else {
      this.#heard = data.heard;
      this.#arrive();
    }
  }

  #subscribe(
    { channel, waitForAuth, presence }: any,
    answer: (result?: object) => void,
    refuse: (message: string) => void,
  ): void {
    if (this.departedAt !== undefined) return;
    if (channel === 'forbidden' || (waitForAuth && this.token === null)) {
      this.#barred.add(channel);
      refuse(channel);
      return;
    }
    if (presence?.state !== undefined) this.members.set(channel, presence.state);
    answer({ data: presence && { presence: { key: 'me' } } });
    if (this.channels.has(channel)) return;
    this.channels.set(channel, this.#world.published(channel));
    this.#catchUp(channel);
  }

  /** What the client lacks of a channel; or that it may lack something. */
  #catchUp(channel: string): void {
    const heard = this.#heard?.[channel];
    const isKept = this.#kept.has(channel);
    if (isKept && heard !== undefined) {
      for (let number = heard + 1; number <= this.#world.published(channel); number++) {
        this.say({ event: '#publish', data: { channel, data: number } });
      }
    } else if (isKept || heard !== undefined) {
      this.say({ event: '#interruption', data: { channel, since: 0, until: 0, reason: 'moved' } });
    }
    this.#kept = new Set([...this.#kept].filter((name) => name !== channel));
    if (this.#heard) delete this.#heard[channel];
  }

  #handlePresence(
    { channel, enter, update, leave }: any,
    answer: (result?: object) => void,
    refuse: (message: string) => void,
  ): void {
    if (this.departedAt !== undefined) return;
    if (!this.channels.has(channel)) {
      this.#complain('#presence', channel);
      refuse(channel);
      return;
    }
    if (enter !== undefined) this.members.set(channel, enter);
    if (update !== undefined) {
      this.members.set(channel, { ...this.members.get(channel), ...update });
    }
    if (leave) this.members.delete(channel);
    answer({ data: { presence: { key: 'me' } } });
  }

  async #count(after: number, cid: number): Promise<void> {
    this.say({ rid: cid, open: true });
    for (let number = after + 1; number <= this.#world.countTo; number++) {
      await this.#world.wait([0, 30, 700]);
      if (this.#cancelled.has(cid)) return;
      this.say({ rid: cid, more: number - after, data: number });
    }
    this.say({ rid: cid, end: this.#world.countTo - after + 1, data: 'end' });
  }

  #complain(event: string, channel: string): void {
    if (!this.#barred.has(channel)) {
      this.#world.complaints.push(`${event} of ${channel}, to which it is not subscribed`);
    }
  }
}

/** Servers that share their channels, as one client meets them: each connection is with another one. */
export class World extends FakeServer {
  readonly sessions: Session[] = [];
  mood: Mood = { connect: 'accept', moving: 'answers' };
  /** Messages of the client, in the order in which they were handled. */
  readonly notes: number[] = [];
  /** What no server should have been asked. */
  readonly complaints: string[] = [];
  /** How far streams of `count` go. */
  readonly countTo = 4;
  readonly random: Random;
  readonly #published = new Map<string, number>();
  #tokens = 0;
  #decidedAt = 0;

  constructor(random: Random) {
    super();
    this.random = random;
  }

  override platform(overrides = {}) {
    return {
      createWebSocket: (uri: string) => {
        const session = new Session(this, uri);
        this.sessions.push(session);
        return session.connection;
      },
      ...overrides,
    };
  }

  pick = <T>(items: readonly T[]): T => items[this.random(items.length - 1)]!;

  wait = (ms: readonly number[] = [0, 0, 30]): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, this.pick(ms)));

  /** Of servers that decide on the token at the same moment none would be the later one. */
  mayDecide(): boolean {
    const isFirst = Date.now() >= this.#decidedAt + 500;
    if (isFirst) this.#decidedAt = Date.now();
    return isFirst;
  }

  issue(): string {
    return token({ n: ++this.#tokens });
  }

  published(channel: string): number {
    return this.#published.get(channel) ?? 0;
  }

  /** The publications of a channel are its numbers from 1. */
  publish(channel: string): void {
    const number = this.published(channel) + 1;
    this.#published.set(channel, number);
    for (const session of this.sessions) session.deliver(channel, number);
  }
}

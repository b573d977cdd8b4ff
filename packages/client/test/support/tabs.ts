import type { AuthEngine, Platform } from '../../src/index.js';
import { type FakeConnection, FakeServer } from './fake-server.js';
import { token } from './harness.js';
import type { Random } from './random.js';

const MAX_LATENCY_MS = 5;

/** A storage that several tabs share. Each is told of what the others change, some time later. */
export class SharedStorage {
  text: string | null = null;
  /** What was removed, and when. */
  readonly removals: { readonly text: string; readonly atMs: number }[] = [];
  /** How often the stored text changed. */
  changes = 0;
  readonly #tabs = new Set<(key: string, value: string | null) => void>();
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** What one tab sees of it: an engine whose every call takes up to `maxDelayMs`, and the events of the others. */
  tab(maxDelayMs: number): { engine: AuthEngine; platform: Partial<Platform> } {
    let listener: ((key: string, value: string | null) => void) | undefined;
    const wait = () => new Promise((resolve) => setTimeout(resolve, this.#random(maxDelayMs)));
    const later = <T>(use: () => T): T | Promise<T> =>
      maxDelayMs === 0 ? use() : wait().then(use);
    return {
      engine: {
        loadToken: () => later(() => this.text),
        saveToken: (_name, text) =>
          later(() => {
            this.#change(text, listener);
            return text;
          }),
        removeToken: () =>
          later(() => {
            const { text } = this;
            if (text !== null) this.removals.push({ text, atMs: Date.now() });
            this.#change(null, listener);
            return text;
          }),
      },
      platform: {
        watchStorage: (given) => {
          listener = given;
          this.#tabs.add(given);
          return () => void this.#tabs.delete(given);
        },
      },
    };
  }

  #change(text: string | null, author: unknown): void {
    if (this.text === text) return;
    this.text = text;
    this.changes++;
    for (const tab of this.#tabs) {
      if (tab === author) continue;
      setTimeout(() => this.#tabs.has(tab) && tab('asyngular.authToken', text), this.#random(30));
    }
  }
}

interface Session {
  token: string | null;
  /** Packets are handled one after the other, as far as verification and removal go. */
  turn: Promise<unknown>;
  expiry?: ReturnType<typeof setTimeout>;
}

/** A server of tokens in memory: verifying and logging in take their time, and tokens lapse. */
export class TokenServer extends FakeServer {
  readonly sessions = new Map<FakeConnection, Session>();
  /** How often a token was presented by `#authenticate`. */
  presented = 0;
  /** Tokens that were made, with their end in ms since the epoch. */
  readonly ends = new Map<string, number>();
  readonly #random: Random;

  constructor(random: Random) {
    super();
    this.#random = random;
    this.behaviour.latencyMs = 1 + random(MAX_LATENCY_MS);
  }

  /** The token of a connection's session. */
  tokenOf(connection: FakeConnection): string | null | undefined {
    return this.sessions.get(connection)?.token;
  }

  /** A new token, valid for `lifeMs`. */
  issue(lifeMs: number): string {
    const text = token({ n: this.ends.size, exp: (Date.now() + lifeMs) / 1_000 });
    this.ends.set(text, Date.now() + lifeMs);
    return text;
  }

  hasEnded(text: string, atMs = Date.now()): boolean {
    return atMs >= this.ends.get(text)!;
  }

  override onClosed(connection: FakeConnection): void {
    clearTimeout(this.sessions.get(connection)?.expiry);
    this.sessions.delete(connection);
  }

  override onPacket(connection: FakeConnection, packet: any): void {
    if (!this.sessions.has(connection)) {
      this.sessions.set(connection, { token: null, turn: Promise.resolve() });
    }
    const session = this.sessions.get(connection)!;
    if (packet.event === 'login') {
      // Handlers of the application start in the order of the packets and then run beside each other.
      session.turn = session.turn.then(() => void this.#login(connection, session, packet));
    } else {
      session.turn = session.turn.then(() => this.#handle(connection, session, packet));
    }
  }

  async #handle(
    connection: FakeConnection,
    session: Session,
    { event, data, cid }: any,
  ): Promise<void> {
    if (event === '#handshake') {
      const presented = data.authToken;
      const isAccepted = presented !== null && (await this.#verify(presented));
      const id = this.nextId();
      this.#set(connection, session, isAccepted ? presented : null);
      const authError = { name: 'AuthTokenExpiredError', message: 'late', isBadToken: true };
      const isBad = presented !== null && !isAccepted;
      const reply = { id, pingTimeout: 1e9, isAuthenticated: isAccepted };
      this.#send(connection, { rid: cid, data: isBad ? { ...reply, authError } : reply });
      if (isBad) this.#send(connection, { event: '#removeAuthToken' });
    } else if (event === '#authenticate') {
      this.presented++;
      const isAccepted = await this.#verify(data);
      this.#set(connection, session, isAccepted ? data : null);
      if (isAccepted) {
        this.#send(connection, { rid: cid, data: { isAuthenticated: true, authError: null } });
      } else {
        this.#send(connection, { rid: cid, error: { name: 'AuthTokenExpiredError' } });
        this.#send(connection, { event: '#removeAuthToken' });
      }
    } else if (event === '#removeAuthToken') {
      this.#set(connection, session, null);
    }
  }

  async #login(connection: FakeConnection, session: Session, { data, cid }: any): Promise<void> {
    await this.#delay(data.delayMs);
    if (!this.sessions.has(connection)) return;
    const text = this.issue(data.lifeMs);
    this.#set(connection, session, text);
    this.#send(connection, { event: '#setAuthToken', data: { token: text } });
    this.#send(connection, { rid: cid, data: text });
  }

  async #verify(text: string): Promise<boolean> {
    await this.#delay(this.#random(120));
    return this.ends.has(text) && !this.hasEnded(text);
  }

  #set(connection: FakeConnection, session: Session, text: string | null): void {
    clearTimeout(session.expiry);
    session.token = text;
    if (text === null) return;
    session.expiry = setTimeout(() => {
      session.token = null;
      this.#send(connection, { event: '#removeAuthToken' });
    }, this.ends.get(text)! - Date.now());
  }

  #send(connection: FakeConnection, packet: object): void {
    setTimeout(() => connection.emitMessage(packet), this.behaviour.latencyMs);
  }

  #delay(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }
}

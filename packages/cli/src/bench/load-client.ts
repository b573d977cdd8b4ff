import { WebSocket } from 'ws';
import { type Dialect, dialects } from './dialects.js';
import type { MessageReader } from './message-reader.js';
import type { BenchPlan } from './plan.js';

/** What a client tells those who use it. */
export interface LoadClientEvents {
  /** Data of a publication. */
  publication(data: unknown): void;
  /** The connection ended without being asked to. */
  close(code: number): void;
}

/** Gets the name of an error, or else the result. */
type Settle = (error: string | undefined, data: unknown) => void;

/**
 * One connection: its session, subscriptions, calls and heartbeats. It does as little as a client can, so that the load
 * is the server's, and it never reconnects: a loss is what is measured.
 */
export class LoadClient {
  readonly #ws: WebSocket;
  readonly #dialect: Dialect;
  readonly #events: LoadClientEvents;
  readonly #answers = new Map<number, Settle>();
  #lastId = 0;
  #isOpened = false;
  #isLeaving = false;
  /** Answers to calls that had been answered. */
  duplicateAnswers = 0;
  readonly #reader: MessageReader;

  private constructor(plan: BenchPlan, reader: MessageReader, events: LoadClientEvents) {
    this.#reader = reader;
    this.#dialect = dialects[plan.dialect];
    this.#events = events;
    this.#ws = new WebSocket(plan.query ? `${plan.url}?${plan.query}` : plan.url, {
      headers: plan.headers,
      rejectUnauthorized: !plan.insecure,
      perMessageDeflate: false,
      handshakeTimeout: plan.timeoutMs,
    });
    this.#ws.on('message', (data) => this.#onMessage(String(data)));
  }

  /** Connects and opens a session. Rejects with why there is none. */
  static async open(
    plan: BenchPlan,
    reader: MessageReader,
    events: LoadClientEvents,
  ): Promise<LoadClient> {
    const client = new LoadClient(plan, reader, events);
    await client.#open(plan);
    return client;
  }

  #open({ token, timeoutMs }: BenchPlan): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (reason: string | undefined) => {
        clearTimeout(timer);
        if (reason === undefined) return resolve();
        // Of an open connection the close is the news; this is about those that never were.
        if (this.#ws.readyState !== WebSocket.CLOSED && !this.#isOpened) this.leave();
        reject(new Error(reason));
      };
      const timer = setTimeout(() => end(`no session within ${timeoutMs} ms`), timeoutMs);
      this.#ws.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
      this.#ws.on('close', (code) => {
        end(`closed with ${code}`);
        if (this.#isOpened && !this.#isLeaving) this.#events.close(code);
      });
      this.#ws.on('open', () => {
        const id = this.#nextId((error, data) => {
          const reason = error ?? this.#dialect.refusal(data, token);
          this.#isOpened = reason === undefined;
          end(reason);
        });
        this.#ws.send(this.#dialect.open(id, token));
      });
    });
  }

  /** Whether messages can be sent. */
  get isOpen(): boolean {
    return this.#ws.readyState === WebSocket.OPEN;
  }

  /** Rejects when the server refuses, or does not answer in time. */
  subscribe(channel: string, timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`no answer to a subscription within ${timeoutMs} ms`)),
        timeoutMs,
      );
      const id = this.#nextId((error) => {
        clearTimeout(timer);
        if (error === undefined) resolve();
        else reject(new Error(`a subscription was refused: ${error}`));
      });
      this.#ws.send(this.#dialect.subscribe(id, channel));
    });
  }

  publish(channel: string, dataJson: string): void {
    this.#ws.send(this.#dialect.publish(channel, dataJson));
  }

  /** Calls a procedure. */
  call(procedure: string, dataJson: string, settle: Settle): void {
    this.#ws.send(this.#dialect.call(this.#nextId(settle), procedure, dataJson));
  }

  /** Ends the connection, without waiting for the server's word. */
  leave(): void {
    this.#isLeaving = true;
    this.#ws.close(1000);
  }

  #nextId(settle: Settle): number {
    this.#lastId += 1;
    this.#answers.set(this.#lastId, settle);
    return this.#lastId;
  }

  #onMessage(text: string): void {
    for (const heard of this.#reader.read(text)) {
      switch (heard.type) {
        case 'ping':
          this.#ws.send(this.#dialect.pong);
          break;
        case 'publication':
          this.#events.publication(heard.data);
          break;
        case 'answer':
          this.#onAnswer(heard.id, heard.error, heard.data);
          break;
        case 'other':
          break;
      }
    }
  }

  #onAnswer(id: number, error: string | undefined, data: unknown): void {
    const settle = this.#answers.get(id);
    if (!settle) {
      this.duplicateAnswers += 1;
      return;
    }
    this.#answers.delete(id);
    settle(error, data);
  }
}

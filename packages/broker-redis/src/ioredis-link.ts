import { ConnectionLostError, within } from '@asyngular/broker/transport';
import type { Redis } from 'ioredis';
import { EncodedCommand } from './encoded-command.js';
import { LoadedScripts } from './loaded-scripts.js';
import type { LuaScript } from './lua-script.js';
import {
  type LinkEvents,
  type PublisherLink,
  type ScriptArgument,
  type SubscriberLink,
  toLinkError,
} from './redis-link.js';
import { assertPrimary } from './server-check.js';

/** Channels per SUBSCRIBE command: one reply each, without one endless command line. */
const SUBSCRIBE_CHUNK = 500;

/** How an ioredis client is used. */
export interface IoredisLinkOptions {
  readonly isSharded: boolean;
  /** The application's own client, which stays open. */
  readonly isBorrowed: boolean;
  readonly connectTimeoutMs: number;
}

/** One ioredis client as a publisher or as a subscriber. */
export class IoredisLink implements PublisherLink, SubscriberLink {
  readonly #client: Redis;
  readonly #isSharded: boolean;
  readonly #isBorrowed: boolean;
  readonly #connectTimeoutMs: number;
  #events: LinkEvents | undefined;
  #isReady = false;
  readonly #scripts = new LoadedScripts();
  /** For the end of this turn, in which something was sent. */
  #turnWork: (() => void)[] | undefined;
  /** What went wrong on a connection that was ready, and is about to close. */
  #failure: Error | undefined;
  /** Runs from the begin of an attempt to connect until the server has greeted us. */
  #attemptTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: Redis, options: IoredisLinkOptions) {
    this.#client = client;
    this.#isSharded = options.isSharded;
    this.#isBorrowed = options.isBorrowed;
    this.#connectTimeoutMs = options.connectTimeoutMs;
  }

  start(events: LinkEvents): void {
    this.#events = events;
    const client = this.#client;
    client.on('connecting', this.#clientOnConnecting);
    client.on('ready', this.#clientOnReady);
    client.on('close', this.#clientOnClose);
    client.on('error', this.#clientOnError);
    client.on(this.#isSharded ? 'smessageBuffer' : 'messageBuffer', this.#clientOnMessage);
    if (client.status === 'ready') queueMicrotask(this.#clientOnReady);
    else if (client.status === 'wait') client.connect().catch(() => {});
    else if (client.status === 'connecting' || client.status === 'connect') {
      this.#clientOnConnecting();
    }
  }

  async publish(key: string, data: Uint8Array): Promise<void> {
    const payload = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    this.#openTurn();
    try {
      if (this.#isSharded) await this.#client.spublish(key, payload);
      else await this.#client.publish(key, payload);
    } catch (error) {
      throw toLinkError(error);
    }
  }

  async evaluate(
    script: LuaScript,
    keys: readonly string[],
    args: readonly ScriptArgument[],
  ): Promise<unknown> {
    try {
      this.#openTurn();
      this.#scripts.ensure(script, () => this.#call('SCRIPT', ['LOAD', script.text]));
      return await this.#call('EVALSHA', [script.sha, keys.length, ...keys, ...args]);
    } catch (error) {
      throw toLinkError(this.#scripts.reasonOf(script, error));
    }
  }

  atTurnEnd(work: () => void): void {
    this.#openTurn().push(work);
  }

  forgetScripts(): void {
    this.#scripts.clear();
  }

  async info(section: 'server' | 'memory' | 'replication'): Promise<string> {
    try {
      return await this.#client.info(section);
    } catch (error) {
      throw toLinkError(error);
    }
  }

  async probe(): Promise<void> {
    assertPrimary(await this.info('replication'));
  }

  async subscribe(keys: readonly string[]): Promise<void> {
    const replies: Promise<unknown>[] = [];
    for (let start = 0; start < keys.length; start += SUBSCRIBE_CHUNK) {
      const chunk = keys.slice(start, start + SUBSCRIBE_CHUNK);
      replies.push(
        this.#isSharded ? this.#client.ssubscribe(...chunk) : this.#client.subscribe(...chunk),
      );
    }
    try {
      await Promise.all(replies);
    } catch (error) {
      throw toLinkError(error);
    }
  }

  async unsubscribe(key: string): Promise<void> {
    try {
      if (this.#isSharded) await this.#client.sunsubscribe(key);
      else await this.#client.unsubscribe(key);
    } catch (error) {
      throw toLinkError(error);
    }
  }

  async ping(): Promise<void> {
    try {
      await this.#client.ping();
    } catch (error) {
      throw toLinkError(error);
    }
  }

  reset(): void {
    // `disconnect()` ends the socket politely, which one that hangs never finishes.
    this.#client.stream?.destroy();
  }

  async close(graceMs: number): Promise<void> {
    const client = this.#client;
    clearTimeout(this.#attemptTimer);
    client.off('connecting', this.#clientOnConnecting);
    client.off('ready', this.#clientOnReady);
    client.off('close', this.#clientOnClose);
    client.off(this.#isSharded ? 'smessageBuffer' : 'messageBuffer', this.#clientOnMessage);
    if (this.#isBorrowed) {
      client.off('error', this.#clientOnError);
      return;
    }
    // Errors of the last moments concern nobody, but must have a listener.
    this.#events = undefined;
    if (client.status === 'ready') await within(client.quit(), graceMs);
    const { stream } = client;
    client.disconnect();
    // It was only asked to end, which a server that hangs never answers.
    stream?.destroy();
  }

  /** A client of the application may put a prefix before keys, and has its own ways of sending. */
  #call(name: string, args: readonly ScriptArgument[]): Promise<unknown> {
    if (this.#isBorrowed) return this.#client.callBuffer(name, ...args);
    const command = new EncodedCommand(name, args);
    this.#client.sendCommand(command);
    return command.promise;
  }

  /** What one turn of the event loop sends leaves in one write, whichever sockets it came from. */
  #openTurn(): (() => void)[] {
    if (this.#turnWork) return this.#turnWork;
    const due: (() => void)[] = [];
    this.#turnWork = due;
    const { stream } = this.#client;
    stream?.cork();
    setImmediate(() => {
      for (const work of due) work();
      this.#turnWork = undefined;
      stream?.uncork();
    });
    return due;
  }

  readonly #clientOnConnecting = (): void => {
    clearTimeout(this.#attemptTimer);
    this.#attemptTimer = setTimeout(this.#giveUpAttempt, this.#connectTimeoutMs);
  };

  /** ioredis limits the network's part of connecting; the greeting may take for ever. */
  readonly #giveUpAttempt = (): void => {
    const message = `Redis was not ready within ${this.#connectTimeoutMs} ms of connecting`;
    this.#events?.onAttemptFailed(new ConnectionLostError(message));
    this.reset();
  };

  readonly #clientOnReady = (): void => {
    clearTimeout(this.#attemptTimer);
    this.#isReady = true;
    this.#events?.onReady();
  };

  readonly #clientOnClose = (): void => {
    clearTimeout(this.#attemptTimer);
    const failure = this.#failure;
    this.#failure = undefined;
    this.#isReady = false;
    this.#scripts.clear();
    this.#events?.onLost('the connection to Redis was closed', failure);
  };

  readonly #clientOnError = (error: Error): void => {
    if (this.#isReady) this.#failure = error;
    else this.#events?.onAttemptFailed(error);
  };

  readonly #clientOnMessage = (key: Buffer, data: Buffer): void =>
    this.#events?.onMessage(key.toString(), data);
}

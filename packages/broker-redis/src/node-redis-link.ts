import { LoadedScripts } from './loaded-scripts.js';
import type { LuaScript } from './lua-script.js';
import type { LinkEvents, PublisherLink, ScriptArgument, SubscriberLink } from './redis-link.js';
import { toLinkError } from './redis-link.js';
import { assertPrimary } from './server-check.js';

type Listener = (data: Buffer, key: Buffer) => void;

/** Texts of an answer as buffers: for version 4, and for later ones (36 is `$`, RESP's type of texts). */
const BUFFERS = { returnBuffers: true, typeMapping: { 36: Buffer } };

/** The members of a node-redis client (`redis` 4 to 6, `createClient()`) that the broker uses. */
export interface NodeRedisClient {
  readonly isReady: boolean;
  readonly isOpen: boolean;
  connect(): Promise<unknown>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'ready' | 'reconnecting' | 'end', listener: () => void): unknown;
  off(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'ready' | 'reconnecting' | 'end', listener: () => void): unknown;
  ping(): Promise<unknown>;
  publish(channel: string, message: Buffer): Promise<unknown>;
  sPublish(channel: string, message: Buffer): Promise<unknown>;
  sendCommand(args: (string | Buffer)[], options?: typeof BUFFERS): Promise<unknown>;
  subscribe(channels: string[], listener: Listener, bufferMode: true): Promise<unknown>;
  unsubscribe(channel: string, listener: Listener, bufferMode: true): Promise<unknown>;
  sSubscribe(channels: string[], listener: Listener, bufferMode: true): Promise<unknown>;
  sUnsubscribe(channel: string, listener: Listener, bufferMode: true): Promise<unknown>;
}

/** Tells a node-redis client from an ioredis one by its shape. */
export function isNodeRedisClient(client: object): client is NodeRedisClient {
  return 'isReady' in client && 'sSubscribe' in client;
}

/** One node-redis client of the application as a publisher or as a subscriber. */
export class NodeRedisLink implements PublisherLink, SubscriberLink {
  readonly #client: NodeRedisClient;
  readonly #isSharded: boolean;
  #events: LinkEvents | undefined;
  #isUp = false;
  readonly #scripts = new LoadedScripts();
  /** What went wrong on a connection that was up, and is about to be lost. */
  #failure: Error | undefined;

  constructor(client: NodeRedisClient, isSharded: boolean) {
    this.#client = client;
    this.#isSharded = isSharded;
  }

  start(events: LinkEvents): void {
    this.#events = events;
    const client = this.#client;
    client.on('ready', this.#clientOnReady);
    client.on('reconnecting', this.#clientOnLost);
    client.on('end', this.#clientOnLost);
    client.on('error', this.#clientOnError);
    if (client.isReady) queueMicrotask(this.#clientOnReady);
    else if (!client.isOpen) client.connect().catch(this.#clientOnError);
  }

  async publish(key: string, data: Uint8Array): Promise<void> {
    const payload = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    await this.#run(() =>
      this.#isSharded ? this.#client.sPublish(key, payload) : this.#client.publish(key, payload),
    );
  }

  async evaluate(
    script: LuaScript,
    keys: readonly string[],
    args: readonly ScriptArgument[],
  ): Promise<unknown> {
    const load = ['SCRIPT', 'LOAD', script.text];
    this.#scripts.ensure(script, () => this.#client.sendCommand(load));
    const texts = args.map((arg) => (typeof arg === 'number' ? String(arg) : arg));
    const command = ['EVALSHA', script.sha, String(keys.length), ...keys, ...texts];
    try {
      return await this.#client.sendCommand(command, BUFFERS);
    } catch (error) {
      throw toLinkError(this.#scripts.reasonOf(script, error));
    }
  }

  atTurnEnd(work: () => void): void {
    setImmediate(work);
  }

  forgetScripts(): void {
    this.#scripts.clear();
  }

  async info(section: 'server' | 'memory' | 'replication'): Promise<string> {
    return String(await this.#run(() => this.#client.sendCommand(['INFO', section])));
  }

  async probe(): Promise<void> {
    assertPrimary(await this.info('replication'));
  }

  async subscribe(keys: readonly string[]): Promise<void> {
    // The client takes a listener it has already as a call to count; a set of one listener stays one.
    await this.#run(() =>
      this.#isSharded
        ? this.#client.sSubscribe([...keys], this.#clientOnMessage, true)
        : this.#client.subscribe([...keys], this.#clientOnMessage, true),
    );
  }

  async unsubscribe(key: string): Promise<void> {
    await this.#run(() =>
      this.#isSharded
        ? this.#client.sUnsubscribe(key, this.#clientOnMessage, true)
        : this.#client.unsubscribe(key, this.#clientOnMessage, true),
    );
  }

  async ping(): Promise<void> {
    await this.#run(() => this.#client.ping());
  }

  reset(): void {
    // The client offers no way to drop a socket and keep going; its own timeouts must notice.
    this.#clientOnLost();
    if (this.#client.isReady) queueMicrotask(this.#clientOnReady);
  }

  async close(): Promise<void> {
    this.#client.off('ready', this.#clientOnReady);
    this.#client.off('reconnecting', this.#clientOnLost);
    this.#client.off('end', this.#clientOnLost);
    this.#client.off('error', this.#clientOnError);
    this.#events = undefined;
  }

  async #run<T>(command: () => Promise<T>): Promise<T> {
    try {
      return await command();
    } catch (error) {
      throw toLinkError(error);
    }
  }

  readonly #clientOnReady = (): void => {
    if (this.#isUp) return;
    this.#isUp = true;
    this.#events?.onReady();
  };

  readonly #clientOnLost = (): void => {
    if (!this.#isUp) return;
    const failure = this.#failure;
    this.#failure = undefined;
    this.#isUp = false;
    this.#scripts.clear();
    this.#events?.onLost('the connection to Redis was lost', failure);
  };

  readonly #clientOnError = (error: Error): void => {
    if (this.#isUp) this.#failure = error;
    else this.#events?.onAttemptFailed(error);
  };

  readonly #clientOnMessage: Listener = (data, key) =>
    this.#events?.onMessage(key.toString(), data);
}

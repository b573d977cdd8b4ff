import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import type { LogStoreSize } from '@asyngular/broker';
import { within } from '@asyngular/broker/transport';
import { checkOptions } from '@asyngular/errors/options';
import { AnswersByWorker } from './hub/append-answers.js';
import { HubLog } from './hub/hub-log.js';
import { Lanes } from './hub/lanes.js';
import { type HubState, WorkerConnection } from './hub/worker-connection.js';
import { createHubFolder } from './hub-folder.js';
import { listenAt } from './listen-at.js';
import { DEFAULT_QUEUED_BYTES, type LocalHubOptions, localHubChecks } from './options.js';
import { assertSocketPath, assertUnixSockets } from './socket-path.js';

/** Connections at a time; further ones are ended at once. */
const MAX_CONNECTIONS = 1_024;
/** How often a hub looks whether its socket is still there, in ms. */
const LOOK_MS = 1_000;
/** How long `close()` lets workers take what was sent to them, in ms. */
const CLOSE_GRACE_MS = 1_000;

/** Counters of a hub since it was made. Reading them costs nothing. */
export interface LocalHubStats {
  /** Workers connected now. */
  readonly workers: number;
  /** Channels that at least one of them subscribes to, and what servers tell each other on beside them. */
  readonly channels: number;
  /** Messages that came, and messages that were passed on to a worker. */
  readonly published: number;
  readonly delivered: number;
  /** Bytes that wait for workers. */
  readonly queuedBytes: number;
  /** Connections that the hub ended: workers that read too slowly, or sent what is no frame. */
  readonly cutOff: number;
  /** The logs of channels. */
  readonly log: LogStoreSize;
}

/** The hub of one machine: what its `localBroker()`s connect to. */
export interface LocalHub {
  /** The socket it listens on, for the option `path` of `localBroker()`. */
  readonly path: string;
  /** Counters since it was made. */
  stats(): LocalHubStats;
  /**
   * Ends all connections and removes the socket. The logs are gone. Takes at most a second; never rejects. Calling it
   * again returns the same promise.
   */
  close(): Promise<void>;
}

class Hub implements LocalHub, HubState {
  readonly path: string;
  readonly lanes = new Lanes<WorkerConnection>();
  readonly log: HubLog;
  readonly maxQueuedBytes: number;
  readonly helloTimeoutMs = 10_000;
  /** Made for the socket, and removed with it. */
  readonly #ownFolder: string | undefined;
  #server: Server;
  readonly #onWarning: (error: Error) => void;
  readonly #connections = new Set<WorkerConnection>();
  readonly #workers = new Map<string, WorkerConnection>();
  readonly #answers = new AnswersByWorker();
  #published = 0;
  #delivered = 0;
  #cutOff = 0;
  #lookTimer: NodeJS.Timeout | undefined;
  #isListeningAgain = false;
  /** Its socket was removed, and could not be made again. */
  #hasLostSocket = false;
  #closing: Promise<void> | undefined;

  constructor(path: string, options: LocalHubOptions, ownFolder: string | undefined) {
    this.path = path;
    this.#ownFolder = ownFolder;
    this.maxQueuedBytes = options.maxQueuedBytes ?? DEFAULT_QUEUED_BYTES;
    this.log = new HubLog(options.maxHistoryBytes ?? undefined);
    this.#onWarning = options.onWarning ?? ((error) => process.emitWarning(error));
    this.#server = this.#createServer();
  }

  async listen(): Promise<void> {
    await listenAt(this.#server, this.path);
    this.#server.on('error', (error) => this.#onWarning(error));
    this.#lookTimer ??= setInterval(() => void this.#look(), LOOK_MS).unref();
  }

  stats(): LocalHubStats {
    let queuedBytes = 0;
    for (const { waitingBytes } of this.#connections) queuedBytes += waitingBytes;
    return {
      workers: this.#workers.size,
      channels: this.lanes.size,
      published: this.#published,
      delivered: this.#delivered,
      queuedBytes,
      cutOff: this.#cutOff,
      log: this.log.size(),
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #createServer(): Server {
    return createServer((socket) => this.#onConnection(socket));
  }

  /** Where somebody has removed the socket, nobody could connect any more: makes it anew. The connections stay. */
  async #look(): Promise<void> {
    if (this.#isListeningAgain || existsSync(this.path)) return;
    this.#isListeningAgain = true;
    this.#server.close();
    this.#server = this.#createServer();
    try {
      mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
      await this.listen();
      this.#hasLostSocket = false;
      this.#warn('Somebody has removed its socket, and it has made it again');
    } catch (error) {
      if (!this.#hasLostSocket) {
        this.#warn(
          `Somebody has removed its socket, so that no worker can connect: ${(error as Error).message}; it tries again every second`,
        );
      }
      this.#hasLostSocket = true;
    }
    this.#isListeningAgain = false;
    if (this.#closing) this.#server.close();
  }

  async #close(): Promise<void> {
    clearInterval(this.#lookTimer);
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    if (this.#ownFolder !== undefined) rmSync(this.#ownFolder, { recursive: true, force: true });
    for (const connection of this.#connections) connection.close();
    await within(closed, CLOSE_GRACE_MS);
    for (const connection of this.#connections) connection.end();
    await closed;
  }

  #onConnection(socket: Socket): void {
    if (this.#connections.size >= MAX_CONNECTIONS) {
      socket.destroy();
      this.#warn(`It has ${MAX_CONNECTIONS} connections and refused another one`);
      return;
    }
    this.#connections.add(new WorkerConnection(socket, this));
  }

  // For its connections --------------------------------------------------------------------------

  onHello(connection: WorkerConnection) {
    // What it sent over an older connection and is still under way must not come after what it sends now.
    this.#workers.get(connection.id)?.end();
    this.#workers.set(connection.id, connection);
    this.log.join(connection);
    return this.#answers.come(connection.id);
  }

  onEnd(connection: WorkerConnection, failure: string | undefined): void {
    this.#connections.delete(connection);
    this.lanes.leaveAll(connection);
    this.log.leave(connection);
    if (this.#workers.get(connection.id) === connection) {
      this.#workers.delete(connection.id);
      this.#answers.go(connection.id, !connection.isLeaving);
    }
    if (failure === undefined) return;
    this.#cutOff++;
    this.#warn(`It has ended the connection of ${connection.name}, because ${failure}`);
  }

  onDelivered(count: number): void {
    this.#published++;
    this.#delivered += count;
  }

  #warn(message: string): void {
    this.#onWarning(new Error(`The hub at ${this.path}: ${message}`));
  }
}

/**
 * Starts the hub of this machine, best in a process that runs no code of the application, and so neither crashes nor
 * restarts: its memory holds the logs. Resolves when it listens. Throws `InvalidOptionsError` for impossible options;
 * rejects with `BrokerError` when another hub has the path, or the system refuses it.
 */
export async function localHub(options: LocalHubOptions = {}): Promise<LocalHub> {
  const checked = checkOptions(localHubChecks, options, 'localHub()');
  assertUnixSockets();
  if (checked.path !== undefined) assertSocketPath(checked.path, 'localHub()');
  // A folder that nobody else can enter.
  const folder = checked.path === undefined ? createHubFolder() : undefined;
  const hub = new Hub(checked.path ?? join(folder!, 'hub.sock'), checked, folder);
  try {
    await hub.listen();
  } catch (error) {
    if (folder !== undefined) rmSync(folder, { recursive: true });
    throw error;
  }
  return hub;
}

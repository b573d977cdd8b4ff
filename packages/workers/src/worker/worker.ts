import type { Broker } from '@asyngular/broker';
import { InvalidOptionsError } from '@asyngular/errors';
import { type AGServer, consume, type DrainOptions } from '@asyngular/server';
import type { WorkerHost } from '@asyngular/server/internal';
import { MAX_HUBS } from '../hub-path.js';
import type { ToPrimary, ToWorker, WorkerSettings } from '../messages.js';
import { answers } from './answers.js';

/** What a worker needs of its process. */
export interface WorkerProcess {
  send(message: ToPrimary): void;
  /** Ends the process, by what the application does on SIGTERM if it does something. */
  end(): void;
  createBroker(hubFolder: string | undefined, path: string): Broker;
}

/**
 * The servers of one worker, on behalf of the primary: gives them what their options leave open, says when they take
 * clients, answers questions about them, and lets their clients leave.
 */
export class Worker implements WorkerHost {
  readonly authKey: string;
  readonly speaksForAll: boolean;
  readonly reusePort: boolean;
  readonly #settings: WorkerSettings;
  readonly #process: WorkerProcess;
  readonly #servers = new Set<AGServer>();
  /** The brokers that servers got from here, by the path of the server. */
  readonly #brokers = new Map<string, Broker>();
  #hasSaidReady = false;
  /** All workers leave, so that nobody is left on this machine. */
  #isEnd = false;
  #leaving: Promise<void> | undefined;

  constructor(settings: WorkerSettings, process: WorkerProcess) {
    this.authKey = settings.authKey;
    this.speaksForAll = settings.speaksForAll;
    this.reusePort = settings.reusePort;
    this.#settings = settings;
    this.#process = process;
  }

  createBroker(path: string): Broker {
    const other = this.#brokers.get(path);
    // One that is idle belongs to a server that could not be made.
    if (other && other.status !== 'idle' && other.status !== 'closed') {
      throw new InvalidOptionsError(
        `Two servers of this process have the path '${path}' and no broker; workers cannot tell which of ` +
          'them belong together: give one of them another path, or both the broker option',
      );
    }
    if (!other && this.#brokers.size >= MAX_HUBS) {
      throw new InvalidOptionsError(
        `More than ${MAX_HUBS} paths of servers without a broker; workers share no more, so give these servers the broker option`,
      );
    }
    const broker = this.#process.createBroker(this.#settings.hubFolder, path);
    this.#brokers.set(path, broker);
    this.#process.send({ type: 'hub', path });
    return broker;
  }

  onServer(server: AGServer): void {
    for (const known of this.#servers) {
      if (known.health().status === 'closed') this.#servers.delete(known);
    }
    this.#servers.add(server);
    const { metrics } = server.options;
    if (metrics) this.#process.send({ type: 'metrics', options: metrics });
    consume(server.listener('ready'), () => this.#checkReady());
    server.httpServer?.once('listening', () => this.#checkReady());
    // Of a worker that is leaving nobody expects more.
    if (this.#leaving) void server.drain({ spread: 0 });
  }

  onMessage(message: ToWorker): void {
    switch (message.type) {
      case 'settings':
        break;
      case 'question':
        this.#answer(message);
        break;
      case 'refuse':
        this.#isEnd = true;
        this.#refuse();
        break;
      case 'leave':
        void this.leave(message.drain);
        break;
    }
  }

  /** Takes no more clients, lets those that are here leave, and ends the process. */
  leave(options: DrainOptions): Promise<void> {
    this.#leaving ??= this.#leave(options);
    return this.#leaving;
  }

  async #leave(options: DrainOptions): Promise<void> {
    this.#refuse();
    await Promise.allSettled([...this.#servers].map((server) => this.#drain(server, options)));
    this.#process.end();
  }

  /** Whose servers are all on this machine has clients that find no other one in the end, and need not look for it. */
  #drain(server: AGServer, options: DrainOptions): Promise<unknown> {
    const isLast = this.#isEnd && server.health().broker.name === 'local';
    return server.drain(isLast ? { ...options, moveTimeout: 0 } : options);
  }

  /** Connections go to other workers, or to other machines. */
  #refuse(): void {
    for (const { httpServer } of this.#servers) {
      if (httpServer?.listening) httpServer.close();
    }
  }

  get #openServers(): AGServer[] {
    return [...this.#servers].filter((server) => server.health().status !== 'closed');
  }

  #checkReady(): void {
    const servers = this.#openServers;
    if (this.#hasSaidReady || servers.length === 0) return;
    if (!servers.every((server) => server.health().isReady)) return;
    this.#hasSaidReady = true;
    const ports = servers.flatMap(({ port }) => port ?? []);
    this.#process.send({ type: 'ready', ports });
  }

  #answer({ id, kind, payload }: Extract<ToWorker, { type: 'question' }>): void {
    const answer = answers.get(kind);
    const reply = async () => {
      if (!answer) throw new Error(`this worker knows no question '${kind}'`);
      return answer(this.#openServers, payload);
    };
    reply().then(
      (value) => this.#process.send({ type: 'answer', id, answer: value }),
      (error: unknown) => this.#process.send({ type: 'noAnswer', id, reason: String(error) }),
    );
  }
}

import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import type { Transform } from 'node:stream';
import { nextEvent } from './event.js';
import { closeServer, listenOn, portOf } from './ports.js';

interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
  /** What the client gets: the upstream itself, or what a filter leaves of it. */
  readonly answers: Socket | Transform;
}

/** A port of loopback, or the path of a Unix socket. */
export type Address = number | string;

/** What a proxy may do beside passing everything on to one address. */
export interface TcpProxyOptions {
  /** Made for each connection; what it lets through of the server's bytes is what the client gets. */
  readonly filter?: () => Transform;
}

let sockets = 0;

async function listenBeside(server: Server, path: string): Promise<string> {
  const beside = `${path}.${++sockets}`;
  const listening = nextEvent(server, 'listening');
  server.listen(beside);
  await listening;
  return beside;
}

/** Stands between a client and a server and breaks the network on demand. */
export class TcpProxy {
  /** Where it listens: a free port, or before a Unix socket another one beside it. */
  readonly address: Address;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  readonly #options: TcpProxyOptions;
  #mode: 'open' | 'cut' | 'silent' | 'stalled' = 'open';

  private constructor(server: Server, address: Address, options: TcpProxyOptions) {
    this.#server = server;
    this.address = address;
    this.#options = options;
  }

  /** `target`: an address, or what names one for each connection, as a load balancer does. */
  static async start(
    target: Address | (() => Address),
    options: TcpProxyOptions = {},
  ): Promise<TcpProxy> {
    const server = createServer({ noDelay: true });
    const address =
      typeof target === 'string' ? await listenBeside(server, target) : await listenOn(server);
    const proxy = new TcpProxy(server, address, options);
    const addressOfTarget = typeof target === 'function' ? target : () => target;
    server.on('connection', (client) => proxy.#onConnection(client, addressOfTarget));
    return proxy;
  }

  get port(): number {
    return portOf(this.#server);
  }

  /** Resets every connection and refuses new ones. */
  cut(): void {
    this.#mode = 'cut';
    for (const { client, upstream } of this.#pairs) {
      this.#reset(client);
      upstream.destroy();
    }
  }

  /** Connections stay open, but nothing gets through any more: a pulled cable. */
  silence(): void {
    this.#mode = 'silent';
    for (const { client, upstream, answers } of this.#pairs) {
      // Unpiped, because a pipe that drains would resume its source.
      client.unpipe(upstream).pause();
      answers.unpipe(client).pause();
    }
  }

  /**
   * Resets every connection; new ones are accepted and never answered, also after `restore()`: a service
   * behind an address that has lost it.
   */
  stall(): void {
    this.cut();
    this.#mode = 'stalled';
  }

  /** New connections work again. Those that were silenced are reset, as a real network would in time. */
  restore(): void {
    if (this.#mode === 'silent') this.cut();
    this.#mode = 'open';
  }

  /** Lets the client's side stop reading, so that the server sees a slow consumer. */
  stopReading(): void {
    for (const { client, answers } of this.#pairs) answers.unpipe(client).pause();
  }

  /** Reads on; what the server has closed meanwhile is noticed now. */
  resumeReading(): void {
    // Of a connection made meanwhile, which is read, a second pipe would write every chunk twice.
    for (const { client, answers } of this.#pairs) answers.unpipe(client).pipe(client);
  }

  /** Takes nothing more from the client, so that what the client sends piles up on its side. */
  holdInbound(): void {
    for (const { client, upstream } of this.#pairs) client.unpipe(upstream).pause();
  }

  /** Lets what was held and what follows through. */
  releaseInbound(): void {
    for (const { client, upstream } of this.#pairs) client.unpipe(upstream).pipe(upstream);
  }

  async stop(): Promise<void> {
    this.cut();
    await closeServer(this.#server);
  }

  /** Unix sockets have no reset; their end is noticed at once. */
  #reset(client: Socket): void {
    if (typeof this.address === 'number') client.resetAndDestroy();
    else client.destroy();
  }

  #onConnection(client: Socket, addressOfTarget: () => Address): void {
    if (this.#mode === 'cut') {
      this.#reset(client);
      return;
    }
    const address = addressOfTarget();
    const upstream =
      typeof address === 'string'
        ? dial(address)
        : dial({ port: address, host: '127.0.0.1', noDelay: true });
    const filter = this.#options.filter?.();
    const pair: Pair = {
      client,
      upstream,
      answers: filter === undefined ? upstream : upstream.pipe(filter),
    };
    this.#pairs.add(pair);
    const close = () => {
      this.#pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) socket.on('error', close).on('close', close);
    if (this.#mode === 'silent' || this.#mode === 'stalled') {
      client.pause();
      return;
    }
    client.pipe(upstream);
    pair.answers.pipe(client);
  }
}

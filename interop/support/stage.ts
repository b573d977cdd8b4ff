import { Patience } from '@asyngular/test-utils/wait';
import type { ClientPeer, ClientSettings, TestClient } from './client.js';
import { type ServerOptions, type ServerPeer, TestServer } from './server.js';

export interface Pair {
  client: ClientPeer;
  server: ServerPeer;
}

export interface Connected {
  server: TestServer;
  client: TestClient;
  /** The server's side of the connection. */
  socket: any;
}

export interface Setup {
  server?: ServerOptions;
  client?: ClientSettings;
  /** Adds procedures, receivers and middleware before anything connects. */
  prepare?: (server: TestServer) => unknown;
}

/** One run of one duty: starts servers and clients, and takes them down again. */
export class Stage {
  readonly pair: Pair;
  readonly patience: Patience;
  /** `ackTimeout` of calls that some peers do not answer: ends before the patience does. */
  readonly callTimeoutMs: number;
  readonly #servers: TestServer[] = [];
  readonly #clients: TestClient[] = [];

  constructor(pair: Pair, patienceMs: number) {
    this.pair = pair;
    this.patience = new Patience(patienceMs);
    this.callTimeoutMs = patienceMs / 2;
  }

  /** Both ends are ours, so that they agree to the extension `types` (P17). */
  get hasTypes(): boolean {
    return this.pair.client.isOurs && this.pair.server.isOurs;
  }

  async server(options: ServerOptions = {}, prepare?: Setup['prepare']): Promise<TestServer> {
    const server = new TestServer(this.pair.server, options, this.patience);
    prepare?.(server);
    await server.start();
    this.#servers.push(server);
    return server;
  }

  client(server: TestServer, settings: ClientSettings = {}, peer = this.pair.client): TestClient {
    const client = peer.create(server.port, settings, this.patience);
    this.#clients.push(client);
    return client;
  }

  /** A server and one client that has completed its handshake. */
  async connected(setup: Setup = {}): Promise<Connected> {
    const server = await this.server(setup.server, setup.prepare);
    return { server, ...(await this.join(server, setup.client)) };
  }

  /** One more client on the same server. */
  async join(
    server: TestServer,
    settings: ClientSettings = {},
    peer = this.pair.client,
  ): Promise<Omit<Connected, 'server'>> {
    const client = this.client(server, settings, peer);
    await client.event('connect');
    let socket: any;
    await this.patience.until('the server socket', () => {
      socket = server.of('connection').find((event) => event.socket.id === client.id)?.socket;
      return socket !== undefined;
    });
    return { client, socket };
  }

  until: Patience['until'] = (...args) => this.patience.until(...args);

  settled: Patience['within'] = (...args) => this.patience.within(...args);

  /** Options that make the pair's server speak `version`; ours needs none. */
  speaking(version: 1 | 2): ServerOptions {
    return this.pair.server.isOurs ? {} : { protocolVersion: version };
  }

  async end(): Promise<void> {
    for (const client of this.#clients) client.disconnect();
    for (const server of this.#servers) await server.stop();
  }
}

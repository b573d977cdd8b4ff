import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { attach } from '@asyngular/server';
import { type Patience, pause } from '@asyngular/test-utils/wait';
import { loadPeer, type PublishedServer } from './peers.js';

/** What tokens are signed with, on every server. */
export const authKey = 'a key of more than thirty-two characters';

/** Published servers and ours have one API; a peer is how to attach one. */
export interface ServerPeer {
  name: string;
  isOurs: boolean;
  attach(http: HttpServer, options: object): any;
}

export const ourServer: ServerPeer = {
  name: '@asyngular/server',
  isOurs: true,
  attach: (http, options) => attach(http, options),
};

export function publishedServer(name: PublishedServer): ServerPeer {
  return { name, isOurs: false, attach: (http, options) => loadPeer(name).attach(http, options) };
}

export interface ServerOptions {
  [option: string]: unknown;
}

type Handler = (data: any, socket: any) => unknown;

const serverEvents = [
  'connection',
  'connectionAbort',
  'disconnection',
  'subscription',
  'unsubscription',
  'authentication',
  'deauthentication',
  'badSocketAuthToken',
  'warning',
] as const;

export type ServerEvent = (typeof serverEvents)[number];

/** A running server of either kind, with everything it reported. */
export class TestServer {
  readonly peer: ServerPeer;
  readonly events: { name: ServerEvent; payload: any }[] = [];
  /** Sockets in the order of their upgrade, with what arrived on each. */
  readonly sockets: { native: any; messages: unknown[]; raw: unknown[] }[] = [];
  readonly #options: ServerOptions;
  readonly #patience: Patience;
  readonly #procedures = new Map<string, Handler>();
  readonly #receivers = new Map<string, Handler>();
  readonly #middleware = new Map<string, (action: any) => void>();
  #http: HttpServer | undefined;
  #connections = new Set<Socket>();
  native: any;
  port = 0;

  constructor(peer: ServerPeer, options: ServerOptions, patience: Patience) {
    this.peer = peer;
    this.#options = options;
    this.#patience = patience;
  }

  /** Serves a procedure on every socket: the returned or thrown value is the answer. */
  procedure(name: string, handler: Handler): this {
    this.#procedures.set(name, handler);
    return this;
  }

  receiver(name: string, handler: Handler): this {
    this.#receivers.set(name, handler);
    return this;
  }

  /** Sees every action of a line; what it does not block is allowed. */
  middleware(line: string, judge: (action: any) => void): this {
    this.#middleware.set(line, judge);
    return this;
  }

  async start(): Promise<void> {
    const http = createServer();
    this.#http = http;
    http.on('connection', (connection) => {
      this.#connections.add(connection);
      connection.on('close', () => this.#connections.delete(connection));
    });
    this.native = this.peer.attach(http, {
      path: '/asyngular/',
      authKey,
      authAlgorithm: 'HS256',
      ...this.#options,
    });
    for (const name of serverEvents) {
      listen(this.native.listener(name), (payload) => this.events.push({ name, payload }));
    }
    listen(this.native.listener('error'), () => {});
    // Streams are taken before the handshake: nothing that follows it is missed.
    listen(this.native.listener('handshake'), ({ socket }) => this.#welcome(socket));
    for (const [line, judge] of this.#middleware) {
      this.native.setMiddleware(line, async (stream: AsyncIterable<any>) => {
        for await (const action of stream) {
          judge(action);
          if (action.outcome == null) action.allow();
        }
      });
    }
    await listenOn(http, this.port);
    this.port = (http.address() as AddressInfo).port;
  }

  /** Stops, cutting all connections, and starts anew on the same port. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async stop(): Promise<void> {
    const http = this.#http;
    if (!http) return;
    this.#http = undefined;
    const closed = new Promise((resolve) => http.close(resolve));
    await this.native.close();
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }

  of(name: ServerEvent): any[] {
    return this.events.filter((event) => event.name === name).map((event) => event.payload);
  }

  /** The payload of the `count`th event of that name. */
  async event(name: ServerEvent, count = 1): Promise<any> {
    await this.#patience.until(
      `server event ${name} ×${count}`,
      () => this.of(name).length >= count,
      () => this.events.map((event) => event.name),
    );
    return this.of(name)[count - 1];
  }

  #welcome(native: any): void {
    const seen: (typeof this.sockets)[number] = { native, messages: [], raw: [] };
    this.sockets.push(seen);
    listen(native.listener('message'), ({ message }) => seen.messages.push(message));
    listen(native.listener('raw'), ({ message }) => seen.raw.push(message));
    for (const [name, handler] of this.#receivers) {
      listen(native.receiver(name), (data) => handler(data, native));
    }
    for (const [name, handler] of this.#procedures) {
      listen(native.procedure(name), async (request: any) => {
        let result: unknown;
        try {
          result = await handler(request.data, native);
        } catch (error) {
          request.error(error);
          return;
        }
        request.end(result);
      });
    }
  }
}

function listen(stream: AsyncIterable<any>, onValue: (value: any) => unknown): void {
  void (async () => {
    for await (const value of stream) void onValue(value);
  })();
}

/** Listens on `port`; one that was just given up may still be taken for a moment. */
async function listenOn(http: HttpServer, port: number): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await new Promise<void>((resolve, reject) => {
        http.once('error', reject);
        http.listen(port, '127.0.0.1', () => {
          http.removeListener('error', reject);
          resolve();
        });
      });
      return;
    } catch (error) {
      if (attempt === 50) throw error;
      await pause(20);
    }
  }
}

export interface TokenOptions {
  expiresIn?: number;
  notBefore?: number;
  key?: string;
}

/** A token as an independent JWT library signs it. */
export function signToken(
  claims: object,
  { key = authKey, ...options }: TokenOptions = {},
): string {
  return loadPeer('jsonwebtoken').sign(claims, key, options);
}

import { type AGClientSocket, type ClientOptions, create } from '@asyngular/client';
import { expect, inject } from 'vitest';
import type { Faults, LogEntry, ServerKind, StartRequest } from '../fixture/control-types.js';
import { fromWire, toWire } from '../fixture/json.js';
import { patienceMs, soon, turn } from './within.js';

async function command(body: { id?: number; op: string; args: unknown[] }): Promise<any> {
  const response = await fetch(inject('acceptanceControl')[serverKind()], {
    method: 'POST',
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (answer.failure) {
    throw new Error(`fixture: ${answer.failure}`);
  }
  return answer.result;
}

const servers: TestServer[] = [];
const clients: AGClientSocket[] = [];
let lastToken = 0;

/** Which server this run is about. */
export function serverKind(): ServerKind {
  return inject('acceptanceServer');
}

/** Follows a client to the end of the test. */
export function adopt<Client extends AGClientSocket<any>>(client: Client): Client {
  clients.push(client as AGClientSocket);
  return client;
}

/** A scripted server in the fixture's process; see fixture/scripted-server.ts for what it does. */
export class TestServer {
  readonly id: number;
  readonly port: number;

  constructor(id: number, port: number) {
    this.id = id;
    this.port = port;
  }

  /**
   * A client of this server. It does not reconnect unless asked to, since reconnection can hide a
   * lost connection; each has a token key of its own, since tests share the page's storage.
   */
  client(options: ClientOptions = {}): AGClientSocket {
    return adopt(create(this.options(options)));
  }

  /** The options `client` would use. */
  options(options: ClientOptions = {}): ClientOptions {
    return {
      hostname: '127.0.0.1',
      port: this.port,
      path: '/asyngular/',
      autoReconnect: false,
      authTokenName: `acceptance.${this.id}.${++lastToken}`,
      ...options,
    };
  }

  /** A client that is open. */
  async open(options: ClientOptions = {}): Promise<AGClientSocket> {
    const client = this.client({ ...options, autoConnect: false });
    const connected = client.listener('connect').once();
    client.connect();
    await soon('the connection', connected);
    return client;
  }

  run(op: string, ...args: unknown[]): Promise<any> {
    return command({ id: this.id, op, args: args.map((arg) => (arg === undefined ? null : arg)) });
  }

  /** Waits until the fixture saw `count` entries with the members of `match`. */
  async seen(match: Record<string, unknown>, count = 1): Promise<LogEntry[]> {
    const found: LogEntry[] = await this.run('wait', match, count, patienceMs());
    if (found.length < count) {
      const all: LogEntry[] = await this.run('find', {});
      const tail = all.slice(-12).map((entry) => JSON.stringify(entry));
      expect.fail(
        `The server saw ${found.length} of ${count} × ${JSON.stringify(match)}; last:\n${tail.join('\n')}`,
      );
    }
    return found;
  }

  /** What the fixture saw so far. */
  find(match: Record<string, unknown>): Promise<LogEntry[]> {
    return this.run('find', match);
  }

  /** Text frames of the clients so far, parsed, without heartbeats. */
  async packets(): Promise<any[]> {
    const frames = await this.find({ type: 'frame', direction: 'in' });
    return frames
      .filter((frame) => typeof frame.data === 'string' && /^[[{]/.test(frame.data))
      .map((frame) => JSON.parse(frame.data));
  }

  faults(faults: Faults): Promise<void> {
    return this.run('faults', faults);
  }
  release(): Promise<void> {
    return this.run('release');
  }
  /** Cuts all connections without a close frame. */
  cut(): Promise<void> {
    return this.run('cut');
  }
  /** Closes all connections with any code, as a server could. */
  closeClients(code?: number, reason?: string): Promise<void> {
    return command({ id: this.id, op: 'closeClients', args: code ? [code, reason ?? ''] : [] });
  }
  stop(): Promise<void> {
    return this.run('stop');
  }
  start(): Promise<void> {
    return this.run('start');
  }
  /** Sends the clients a frame behind the server's back. */
  inject(data: string | Uint8Array): Promise<void> {
    return this.run('inject', toWire(data));
  }
  /** Sends the clients a packet behind the server's back. */
  injectPacket(packet: unknown): Promise<void> {
    return this.inject(JSON.stringify(packet));
  }
  /** The server sockets' `send()`. */
  send(data: string | Uint8Array): Promise<void> {
    return this.run('send', toWire(data));
  }
  transmit(event: string, data?: unknown): Promise<void> {
    return this.run('transmit', event, data);
  }
  /** The first server socket's `invoke()`: `{result}` or `{error}`. */
  invoke(event: string, data?: unknown): Promise<{ result?: any; error?: any }> {
    return this.run('invoke', event, data);
  }
  publish(channel: string, data: unknown): Promise<void> {
    return this.run('publish', channel, data);
  }
  sign(payload: object, key?: string): Promise<string> {
    return command({ id: this.id, op: 'sign', args: key ? [payload, key] : [payload] });
  }

  async dispose(): Promise<void> {
    const unhandled: string[] = await command({ id: this.id, op: 'dispose', args: [] });
    expect(unhandled, 'rejections our server left unhandled').toEqual([]);
  }
}

export async function startServer(request: Omit<StartRequest, 'kind'> = {}): Promise<TestServer> {
  const kind = serverKind();
  const { id, port } = await command({ op: 'create', args: [{ ...request, kind }] });
  const server = new TestServer(id, port);
  servers.push(server);
  return server;
}

/** Ends the clients and servers of a test. */
export async function disposeAll(): Promise<void> {
  for (const client of clients.splice(0)) {
    client.disconnect();
    client.killAllListeners();
    client.killAllReceivers();
    client.killAllProcedures();
    client.killAllChannels();
  }
  for (const server of servers.splice(0)) {
    await server.dispose();
  }
  globalThis.localStorage?.clear?.();
}

/**
 * A round trip: everything sent before it has been handled, and its effects have arrived. The answer may come in the
 * same segment as a message before it, and its promise settles sooner than loops run: they get a turn.
 */
export async function settle(client: AGClientSocket): Promise<void> {
  await soon('a round trip', client.invoke('echo', null));
  await turn();
}

export { fromWire };

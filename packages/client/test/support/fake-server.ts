import { jsonCodec } from '@asyngular/protocol';
import type { Platform, WebSocketLike } from '../../src/index.js';

/** What the fake server does; tests change members to make it misbehave. */
export interface Behaviour {
  /** `accept` opens, `refuse` fails like a closed port, `hang` never answers. */
  connect: 'accept' | 'refuse' | 'hang';
  handshake: (data: any) => { data?: any; error?: any } | undefined;
  subscribe: (data: any) => { data?: any; error?: any } | undefined;
  authenticate: (data: any) => { data?: any; error?: any } | undefined;
  /** Custom calls and invoked publishes. */
  invoke: (event: string, data: any) => { data?: any; error?: any } | undefined;
  /** One-way latency, ms. */
  latencyMs: number;
}

function later(callback: () => void, delayMs: number): void {
  setTimeout(callback, delayMs);
}

/** Both ends of one connection: the client's WebSocket, and the server's view of it. */
export class FakeConnection implements WebSocketLike {
  readyState = 0;
  binaryType = 'blob';
  /** What the network has not taken yet; tests say how much. */
  bufferedAmount = 0;
  onopen: ((event: any) => void) | null = null;
  onmessage: ((event: any) => void) | null = null;
  onerror: ((event: any) => void) | null = null;
  onclose: ((event: any) => void) | null = null;
  /** Messages as the client sent them. */
  readonly frames: any[] = [];
  /** Packets of those messages, batches flattened. */
  readonly packets: any[] = [];
  /** Code and reason the client closed with. */
  closedWith: { code: number | undefined; reason: string } | undefined;
  readonly uri: string;
  readonly #server: FakeServer;

  constructor(server: FakeServer, uri: string) {
    this.#server = server;
    this.uri = uri;
    const { connect, latencyMs } = server.behaviour;
    if (connect !== 'hang') {
      later(() => (connect === 'accept' ? this.#open() : this.#refuse()), latencyMs);
    }
  }

  send(message: any): void {
    if (this.readyState !== 1) {
      throw new Error('send on a WebSocket that is not open');
    }
    this.frames.push(message);
    const { latencyMs } = this.#server.behaviour;
    later(() => this.#receive(message), latencyMs);
  }

  close(code?: number, reason = ''): void {
    if (this.readyState >= 2) {
      return;
    }
    if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999)) {
      throw new Error(`close code ${code} is not allowed`);
    }
    if (Buffer.byteLength(reason) > 123) {
      throw new Error('close reason is too long');
    }
    this.closedWith = { code, reason };
    this.readyState = 2;
    later(() => this.#closed(code ?? 1005, reason), this.#server.behaviour.latencyMs);
  }

  /** Server: sends a packet, a batch, or a raw string. */
  emitMessage(message: unknown): void {
    if (this.readyState === 1) {
      this.onmessage?.({ data: typeof message === 'string' ? message : jsonCodec.encode(message) });
    }
  }

  /** Server: closes, or with 1006 vanishes. */
  drop(code: number, reason = ''): void {
    this.#closed(code, reason);
  }

  #open(): void {
    if (this.readyState === 0) {
      this.readyState = 1;
      this.onopen?.({});
    }
  }

  #refuse(): void {
    if (this.readyState === 0) {
      this.readyState = 3;
      this.onerror?.({ message: 'refused' });
      this.onclose?.({ code: 1006, reason: '' });
    }
  }

  #closed(code: number, reason: string): void {
    if (this.readyState !== 3) {
      this.readyState = 3;
      this.#server.onClosed(this);
      this.onclose?.({ code, reason });
    }
  }

  #receive(message: any): void {
    const content = message === '' ? undefined : jsonCodec.decode(message);
    for (const packet of Array.isArray(content) ? content : [content]) {
      if (packet && typeof packet === 'object') {
        this.packets.push(packet);
        this.#server.onPacket(this, packet);
      }
    }
  }
}

/** A server in memory that speaks the protocol, records what it gets and can misbehave. */
export class FakeServer {
  readonly behaviour: Behaviour = {
    connect: 'accept',
    handshake: () => ({ data: { id: this.nextId(), pingTimeout: 20_000, isAuthenticated: false } }),
    subscribe: () => ({}),
    authenticate: () => ({ data: { isAuthenticated: true, authError: null } }),
    invoke: (event, data) => ({ data: { event, data } }),
    latencyMs: 1,
  };
  /** Every connection ever opened, oldest first. */
  readonly connections: FakeConnection[] = [];
  readonly #ids = { last: 0 };

  /** Supplies sockets to a client: `create({ platform: server.platform() })`. */
  platform(overrides: Partial<Platform> = {}): Partial<Platform> {
    return {
      createWebSocket: (uri) => {
        const connection = new FakeConnection(this, uri);
        this.connections.push(connection);
        return connection;
      },
      ...overrides,
    };
  }

  get last(): FakeConnection {
    return this.connections.at(-1)!;
  }

  /** Packets of the last connection that carry `event`. */
  received(event: string): any[] {
    return this.last.packets.filter((packet) => packet.event === event);
  }

  nextId(): string {
    return `socket-${++this.#ids.last}`;
  }

  onClosed(_connection: FakeConnection): void {}

  onPacket(connection: FakeConnection, { event, data, cid }: any): void {
    if (event === '#publish' && data?.channel !== undefined) {
      later(() => connection.emitMessage({ event, data }), this.behaviour.latencyMs);
    }
    if (cid === undefined) {
      return;
    }
    const answers: Record<string, (data: any) => { data?: any; error?: any } | undefined> = {
      '#handshake': this.behaviour.handshake,
      '#subscribe': this.behaviour.subscribe,
      '#authenticate': this.behaviour.authenticate,
    };
    const answer = Object.hasOwn(answers, event)
      ? answers[event]!(data)
      : this.behaviour.invoke(event, data);
    if (answer) {
      later(() => connection.emitMessage({ rid: cid, ...answer }), this.behaviour.latencyMs);
    }
  }
}

import { type Patience, pause } from '@asyngular/test-utils/wait';

/** Settings that every client understands, whatever it calls them. */
export interface ClientSettings {
  path?: string;
  query?: Record<string, string | string[]>;
  timestampRequests?: boolean;
  protocolVersion?: 1 | 2;
  /** The stored token. */
  token?: string;
  /** How long the token takes to load. */
  tokenDelayMs?: number;
  ackTimeout?: number;
  channelPrefix?: string;
  pingTimeoutDisabled?: boolean;
  batchInterval?: number;
}

export interface SubscribeSettings {
  waitForAuth?: boolean;
  data?: unknown;
  priority?: number;
}

export const clientEvents = [
  'connect',
  'connectAbort',
  'disconnect',
  'error',
  'raw',
  'kickOut',
  'subscribe',
  'subscribeFail',
  'unsubscribe',
  'authenticate',
  'deauthenticate',
] as const;

export type ClientEvent = (typeof clientEvents)[number];

/** The peer lacks what a duty needs. Listed in differences.ts. */
export class PeerCannot extends Error {
  override name = 'PeerCannot';
}

/** A client of any kind behind one interface, with everything it reported. */
export abstract class TestClient {
  readonly events: { name: ClientEvent; payload: any }[] = [];
  /** Inbound messages as they came from the wire. */
  readonly messages: unknown[] = [];
  protected readonly shelf: TokenShelf;
  /** The peer's own client. Members that all kinds share are passed on here. */
  protected abstract readonly native: any;
  readonly #patience: Patience;

  constructor(settings: ClientSettings, patience: Patience) {
    this.shelf = new TokenShelf(settings);
    this.#patience = patience;
  }

  abstract transmit(name: string, data?: unknown): void;
  abstract invoke(name: string, data?: unknown): Promise<any>;
  abstract receiver(name: string, handler: (data: any) => void): void;
  abstract procedure(name: string, handler: (data: any) => unknown): void;
  /** Subscribes to several channels with one message. */
  abstract subscribeInOneMessage(channels: string[]): void;
  abstract watch(channel: string, handler: (data: any) => void): void;
  abstract publish(channel: string, data: unknown): void;
  abstract invokePublish(channel: string, data: unknown): Promise<void>;
  abstract authenticate(token: string): Promise<any>;
  abstract deauthenticate(): Promise<void>;
  abstract startBatching(): void;
  abstract stopBatching(): void;

  get id(): string | null {
    return this.native.id;
  }
  get state(): string {
    return this.native.state;
  }
  get authState(): string {
    return this.native.authState;
  }
  get authToken(): any {
    return this.native.authToken;
  }
  get signedAuthToken(): string | null {
    return this.native.signedAuthToken;
  }
  storedToken(): string | null {
    return this.shelf.token;
  }
  disconnect(code?: number, reason?: string): void {
    this.native.disconnect(code, reason);
  }
  /** What the client itself would write to. */
  get webSocket(): { send(message: string): void } {
    return this.native.transport.socket;
  }

  send(message: string | Uint8Array): void {
    this.native.send(message);
  }
  subscribe(channel: string, settings?: SubscribeSettings): void {
    this.native.subscribe(channel, settings);
  }
  unsubscribe(channel: string): void {
    this.native.unsubscribe(channel);
  }
  channelState(channel: string): string {
    return this.native.channel(channel).state;
  }

  of(name: ClientEvent): any[] {
    return this.events.filter((event) => event.name === name).map((event) => event.payload);
  }

  /** The payload of the `count`th event of that name. */
  async event(name: ClientEvent, count = 1): Promise<any> {
    await this.#patience.until(
      `client event ${name} ×${count}`,
      () => this.of(name).length >= count,
      () =>
        this.events.map((event) =>
          event.payload?.code ? `${event.name} ${event.payload.code}` : event.name,
        ),
    );
    return this.of(name)[count - 1];
  }

  async subscribed(channel: string): Promise<void> {
    await this.#patience.until(
      `subscription of '${channel}'`,
      () => this.channelState(channel) === 'subscribed',
      () => this.channelState(channel),
    );
  }

  /** Inbound packets, batches opened, in the order of the wire. */
  get packets(): any[] {
    return this.messages.flatMap((message) => {
      if (typeof message !== 'string' || !/^[{[]/.test(message)) return [];
      try {
        return JSON.parse(message);
      } catch {
        return [];
      }
    });
  }
}

/** A kind of client. */
export interface ClientPeer {
  name: string;
  isOurs: boolean;
  /** The protocol version it speaks unless told otherwise. */
  version: 1 | 2;
  create(port: number, settings: ClientSettings, patience: Patience): TestClient;
}

/** Holds one token, as an auth engine does; slowly if asked to. */
class TokenShelf {
  token: string | null;
  readonly #delayMs: number;

  constructor(settings: ClientSettings) {
    this.token = settings.token ?? null;
    this.#delayMs = settings.tokenDelayMs ?? 0;
  }

  async load(): Promise<string | null> {
    if (this.#delayMs > 0) await pause(this.#delayMs);
    return this.token;
  }

  save(token: string): string {
    this.token = token;
    return token;
  }

  /** Returns what it held. */
  remove(): string | null {
    const { token } = this;
    this.token = null;
    return token;
  }
}

/** The settings under the names that all clients share. */
export function commonOptions(port: number, settings: ClientSettings): any {
  const { token: _token, tokenDelayMs: _delay, protocolVersion: _version, ...options } = settings;
  return {
    hostname: '127.0.0.1',
    port,
    path: '/asyngular/',
    autoReconnectOptions: { initialDelay: 10, randomness: 10, multiplier: 1.5, maxDelay: 100 },
    ...options,
  };
}

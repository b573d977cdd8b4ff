import type { Patience } from './wait.js';

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

export type ClientEvent =
  | 'connect'
  | 'connectAbort'
  | 'disconnect'
  | 'error'
  | 'raw'
  | 'kickOut'
  | 'subscribe'
  | 'subscribeFail'
  | 'unsubscribe'
  | 'authenticate'
  | 'deauthenticate';

/** The peer lacks what a duty needs. Listed in differences.ts. */
export class PeerCannot extends Error {
  override name = 'PeerCannot';
}

/** A client of any kind behind one interface, with everything it reported. */
export abstract class TestClient {
  readonly events: { name: ClientEvent; payload: any }[] = [];
  /** Inbound messages as they came from the wire. */
  readonly messages: unknown[] = [];
  readonly #patience: Patience;

  constructor(patience: Patience) {
    this.#patience = patience;
  }

  abstract readonly id: string | null;
  abstract readonly state: string;
  abstract readonly authState: string;
  abstract readonly authToken: any;
  abstract readonly signedAuthToken: string | null;
  abstract storedToken(): string | null;
  abstract disconnect(code?: number, reason?: string): void;
  abstract transmit(name: string, data?: unknown): void;
  abstract invoke(name: string, data?: unknown): Promise<any>;
  abstract receiver(name: string, handler: (data: any) => void): void;
  abstract procedure(name: string, handler: (data: any) => unknown): void;
  abstract send(message: string | Uint8Array): void;
  abstract subscribe(channel: string, settings?: SubscribeSettings): void;
  /** Subscribes to several channels with one message. */
  abstract subscribeInOneMessage(channels: string[]): void;
  abstract unsubscribe(channel: string): void;
  abstract channelState(channel: string): string;
  abstract watch(channel: string, handler: (data: any) => void): void;
  abstract publish(channel: string, data: unknown): void;
  abstract invokePublish(channel: string, data: unknown): Promise<void>;
  abstract authenticate(token: string): Promise<any>;
  abstract deauthenticate(): Promise<void>;
  abstract startBatching(): void;
  abstract stopBatching(): void;

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
export class TokenShelf {
  token: string | null;
  readonly delayMs: number;

  constructor(settings: ClientSettings) {
    this.token = settings.token ?? null;
    this.delayMs = settings.tokenDelayMs ?? 0;
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

import { create } from '@asyngular/client';
import {
  type ClientEvent,
  type ClientPeer,
  type ClientSettings,
  commonOptions,
  type SubscribeSettings,
  TestClient,
  TokenShelf,
} from './client.js';
import { loadPeer, type PublishedClient } from './peers.js';
import { type Patience, pause } from './wait.js';

const names: ClientEvent[] = [
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
];

/** Clients whose events are streams: ours, Asyngular's, and SocketCluster's since version 15. */
class StreamClient extends TestClient {
  readonly #native: any;
  readonly #shelf: TokenShelf;

  constructor(
    start: (options: any) => any,
    port: number,
    settings: ClientSettings,
    patience: Patience,
  ) {
    super(patience);
    const shelf = new TokenShelf(settings);
    this.#shelf = shelf;
    this.#native = start({
      ...commonOptions(port, settings),
      protocolVersion: settings.protocolVersion ?? 2,
      authEngine: {
        async saveToken(_name: string, token: string) {
          shelf.token = token;
          return token;
        },
        async removeToken() {
          const { token } = shelf;
          shelf.token = null;
          return token;
        },
        async loadToken() {
          if (shelf.delayMs > 0) await pause(shelf.delayMs);
          return shelf.token;
        },
      },
    });
    for (const name of names) {
      this.#listen(this.#native.listener(name), (payload) => this.events.push({ name, payload }));
    }
    this.#listen(this.#native.listener('message'), ({ message }) => this.messages.push(message));
  }

  #listen(stream: AsyncIterable<any>, onValue: (value: any) => unknown): void {
    void (async () => {
      for await (const value of stream) void onValue(value);
    })();
  }

  get id() {
    return this.#native.id;
  }
  get state() {
    return this.#native.state;
  }
  get authState() {
    return this.#native.authState;
  }
  get authToken() {
    return this.#native.authToken;
  }
  get signedAuthToken() {
    return this.#native.signedAuthToken;
  }
  storedToken() {
    return this.#shelf.token;
  }
  disconnect(code?: number, reason?: string) {
    this.#native.disconnect(code, reason);
  }
  transmit(name: string, data?: unknown) {
    void this.#native.transmit(name, data);
  }
  invoke(name: string, data?: unknown) {
    return this.#native.invoke(name, data);
  }
  receiver(name: string, handler: (data: any) => void) {
    this.#listen(this.#native.receiver(name), handler);
  }
  procedure(name: string, handler: (data: any) => unknown) {
    this.#listen(this.#native.procedure(name), async (request: any) => {
      let result: unknown;
      try {
        result = await handler(request.data);
      } catch (error) {
        request.error(error);
        return;
      }
      request.end(result);
    });
  }
  send(message: string | Uint8Array) {
    this.#native.send(message);
  }
  subscribe(channel: string, settings?: SubscribeSettings) {
    this.#native.subscribe(channel, settings);
  }
  subscribeInOneMessage(channels: string[]) {
    this.#native.startBatch();
    for (const channel of channels) this.#native.subscribe(channel);
    this.#native.flushBatch();
  }
  unsubscribe(channel: string) {
    this.#native.unsubscribe(channel);
  }
  channelState(channel: string) {
    return this.#native.channel(channel).state;
  }
  watch(channel: string, handler: (data: any) => void) {
    this.#listen(this.#native.channel(channel), handler);
  }
  publish(channel: string, data: unknown) {
    void this.#native.transmitPublish(channel, data);
  }
  async invokePublish(channel: string, data: unknown) {
    await this.#native.invokePublish(channel, data);
  }
  authenticate(token: string) {
    return this.#native.authenticate(token);
  }
  async deauthenticate() {
    await this.#native.deauthenticate();
  }
  startBatching() {
    this.#native.startBatching();
  }
  stopBatching() {
    this.#native.stopBatching();
  }
}

export const ourClient: ClientPeer = {
  name: '@asyngular/client',
  isOurs: true,
  version: 2,
  create: (port, settings, patience) => new StreamClient(create, port, settings, patience),
};

export function publishedStreamClient(name: PublishedClient): ClientPeer {
  return {
    name,
    isOurs: false,
    version: 2,
    create: (port, settings, patience) =>
      new StreamClient(loadPeer(name).create, port, settings, patience),
  };
}

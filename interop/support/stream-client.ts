import { create } from '@asyngular/client';
import type { Patience } from '@asyngular/test-utils/wait';
import {
  type ClientPeer,
  type ClientSettings,
  clientEvents,
  commonOptions,
  TestClient,
} from './client.js';
import { loadPeer, type PublishedClient } from './peers.js';

/** Clients whose events are streams: ours, Asyngular's, and SocketCluster's since version 15. */
class StreamClient extends TestClient {
  protected readonly native: any;

  constructor(
    start: (options: any) => any,
    port: number,
    settings: ClientSettings,
    patience: Patience,
  ) {
    super(settings, patience);
    const { shelf } = this;
    this.native = start({
      ...commonOptions(port, settings),
      protocolVersion: settings.protocolVersion ?? 2,
      authEngine: {
        saveToken: async (_name: string, token: string) => shelf.save(token),
        removeToken: async () => shelf.remove(),
        loadToken: () => shelf.load(),
      },
    });
    for (const name of clientEvents) {
      this.#listen(this.native.listener(name), (payload) => this.events.push({ name, payload }));
    }
    this.#listen(this.native.listener('message'), ({ message }) => this.messages.push(message));
  }

  #listen(stream: AsyncIterable<any>, onValue: (value: any) => unknown): void {
    void (async () => {
      for await (const value of stream) void onValue(value);
    })();
  }

  transmit(name: string, data?: unknown) {
    void this.native.transmit(name, data);
  }
  invoke(name: string, data?: unknown) {
    return this.native.invoke(name, data);
  }
  receiver(name: string, handler: (data: any) => void) {
    this.#listen(this.native.receiver(name), handler);
  }
  procedure(name: string, handler: (data: any) => unknown) {
    this.#listen(this.native.procedure(name), async (request: any) => {
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
  subscribeInOneMessage(channels: string[]) {
    this.native.startBatch();
    for (const channel of channels) this.native.subscribe(channel);
    this.native.flushBatch();
  }
  watch(channel: string, handler: (data: any) => void) {
    this.#listen(this.native.channel(channel), handler);
  }
  publish(channel: string, data: unknown) {
    void this.native.transmitPublish(channel, data);
  }
  async invokePublish(channel: string, data: unknown) {
    await this.native.invokePublish(channel, data);
  }
  authenticate(token: string) {
    return this.native.authenticate(token);
  }
  async deauthenticate() {
    await this.native.deauthenticate();
  }
  startBatching() {
    this.native.startBatching();
  }
  stopBatching() {
    this.native.stopBatching();
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

import type { Patience } from '@asyngular/test-utils/wait';
import {
  type ClientEvent,
  type ClientPeer,
  type ClientSettings,
  commonOptions,
  PeerCannot,
  TestClient,
} from './client.js';
import { loadPeer, type PublishedClient } from './peers.js';

type Callback<T = unknown> = (error: unknown, value?: T) => void;

/** Event → its payload as newer clients report it. */
const payloads: Record<ClientEvent, (...args: any[]) => unknown> = {
  connect: (status) => status,
  connectAbort: (code, reason) => ({ code, reason }),
  disconnect: (code, reason) => ({ code, reason }),
  error: (error) => ({ error }),
  raw: (message) => ({ message }),
  kickOut: (message, channel) => ({ channel, message }),
  subscribe: (channel) => ({ channel }),
  subscribeFail: (error, channel) => ({ error, channel }),
  unsubscribe: (channel) => ({ channel }),
  authenticate: (signedAuthToken) => ({ signedAuthToken }),
  deauthenticate: (oldSignedAuthToken) => ({ oldSignedAuthToken }),
};

/** SocketCluster 14: protocol version 1, callbacks, no streams. */
class CallbackClient extends TestClient {
  protected readonly native: any;

  constructor(module: any, port: number, settings: ClientSettings, patience: Patience) {
    super(settings, patience);
    if (settings.protocolVersion === 2) throw new PeerCannot('speaks protocol version 1 only');
    const { shelf } = this;
    this.native = module.create({
      ...commonOptions(port, settings),
      multiplex: false,
      authEngine: {
        saveToken: (_name: string, token: string, _options: object, done: Callback) =>
          done(null, shelf.save(token)),
        removeToken: (_name: string, done: Callback) => done(null, shelf.remove()),
        loadToken: (_name: string, done: Callback) =>
          void shelf.load().then((token) => done(null, token)),
      },
    });
    for (const [name, payload] of Object.entries(payloads)) {
      this.native.on(name, (...args: unknown[]) =>
        this.events.push({ name: name as ClientEvent, payload: payload(...args) }),
      );
    }
    this.native.on('message', (message: unknown) => this.messages.push(message));
  }

  #call<T>(start: (done: Callback<T>) => void): Promise<T> {
    return new Promise((resolve, reject) =>
      start((error, value) => (error ? reject(error) : resolve(value as T))),
    );
  }

  transmit(name: string, data?: unknown) {
    this.native.emit(name, data);
  }
  invoke(name: string, data?: unknown) {
    return this.#call((done) => this.native.emit(name, data, done));
  }
  receiver(name: string, handler: (data: any) => void) {
    this.native.on(name, handler);
  }
  procedure(name: string, handler: (data: any) => unknown) {
    this.native.on(name, async (data: unknown, respond: Callback) => {
      let result: unknown;
      try {
        result = await handler(data);
      } catch (error) {
        respond(error);
        return;
      }
      try {
        respond(null, result);
      } catch (error) {
        this.events.push({ name: 'error', payload: { error } });
      }
    });
  }
  subscribeInOneMessage(channels: string[]) {
    for (const channel of channels) this.native.subscribe(channel, { batch: true });
  }
  watch(channel: string, handler: (data: any) => void) {
    this.native.watch(channel, handler);
  }
  publish(channel: string, data: unknown) {
    this.native.publish(channel, data);
  }
  async invokePublish(channel: string, data: unknown) {
    await this.#call((done) => this.native.publish(channel, data, done));
  }
  authenticate(token: string) {
    return new Promise((resolve, reject) =>
      this.native.authenticate(token, (error: unknown, status: unknown) =>
        error ? reject(error) : resolve(status),
      ),
    );
  }
  async deauthenticate() {
    await this.#call((done) => this.native.deauthenticate(done));
  }
  startBatching() {
    if (typeof this.native.startBatching !== 'function') {
      throw new PeerCannot('has no continuous batching');
    }
  }
  stopBatching() {}
}

export function publishedCallbackClient(name: PublishedClient): ClientPeer {
  return {
    name,
    isOurs: false,
    version: 1,
    create: (port, settings, patience) =>
      new CallbackClient(loadPeer(name), port, settings, patience),
  };
}

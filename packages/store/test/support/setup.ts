import { createServer } from 'node:http';
import { type AGClientSocket, type ClientOptions, create } from '@asyngular/client';
import { type AGServer, type AGServerOptions, attach } from '@asyngular/server';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { closeServer, listenOn } from '@asyngular/test-utils/ports';
import { TcpProxy } from '@asyngular/test-utils/tcp-proxy';
import { until } from '@asyngular/test-utils/wait';
import { type Store, Stores } from '../../src/index.js';
import { FakeTiming } from './fake-timing.js';

/** Channels as most of these tests need them. */
export const channels: AGServerOptions['channels'] = {
  'room:*': { history: { size: 200, ttl: 600_000 }, rewind: 50, presence: true },
};

export interface Setup {
  server: AGServer;
  socket: AGClientSocket;
  /** Between the socket and the server. */
  proxy: TcpProxy;
  stores: Stores;
  timing: FakeTiming;
  /** Events of the packets that the socket has sent, such as `#subscribe room:1`. */
  frames: string[];
  /** Another client of the same server. */
  connect(options?: ClientOptions): AGClientSocket;
}

export async function setup(
  options: AGServerOptions = {},
  clientOptions: ClientOptions = {},
): Promise<Setup> {
  const http = createServer();
  const server = attach(http, { authKey: 'key of a test', channels, ...options });
  const port = await listenOn(http);
  const proxy = await TcpProxy.start(port);
  const frames: string[] = [];
  const connect = (more?: ClientOptions, to = port) => {
    const socket = create({
      hostname: '127.0.0.1',
      port: to,
      autoReconnectOptions: { initialDelay: 1, randomness: 1, maxDelay: 20 },
      ...more,
    });
    onCleanup(() => socket.disconnect());
    return socket;
  };
  onCleanup(async () => {
    await proxy.stop();
    await server.close();
    await closeServer(http);
  });
  const socket = connect({ query: { recorded: 1 }, ...clientOptions }, proxy.port);
  server.use('inboundRaw', (action) => {
    if (action.socket.request.url?.includes('recorded')) record(frames, String(action.data));
  });
  const timing = new FakeTiming();
  const stores = new Stores(socket, timing);
  return { server, socket, proxy, stores, timing, frames, connect: (more) => connect(more) };
}

function record(frames: string[], message: string): void {
  if (!/^[[{]/.test(message)) return;
  const content = JSON.parse(message);
  for (const { event, data } of Array.isArray(content) ? content : [content]) {
    if (/^#(un)?subscribe$/.test(event)) frames.push(`${event} ${data.channel ?? data}`);
  }
}

/** Draws frames until the snapshot is as it should be; resolves with it. */
export async function snapshotOf<Snapshot>(
  store: Store<Snapshot>,
  timing: FakeTiming,
  what: string,
  isTrue: (snapshot: Snapshot) => boolean,
): Promise<Snapshot> {
  await until(
    what,
    () => {
      timing.draw();
      return isTrue(store.getSnapshot());
    },
    () => store.getSnapshot(),
  );
  return store.getSnapshot();
}

/** Listens to a store for as long as the test runs. */
export function use(store: Store<unknown>): () => void {
  const stop = store.subscribe(() => {});
  onCleanup(stop);
  return stop;
}

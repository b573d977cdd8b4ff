import { MemoryHub, memoryBroker } from '@asyngular/broker';
import {
  type AGClientSocket,
  type AppContract,
  type ClientOptions,
  create,
} from '@asyngular/client';
import { type AGServer, type AGServerOptions, listen } from '@asyngular/server';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { nextEvent } from '@asyngular/test-utils/event';
import { TcpProxy } from '@asyngular/test-utils/tcp-proxy';
import { within } from '@asyngular/test-utils/wait';

/** Events that a client which moves has none of. */
const signs = [
  'connecting',
  'connect',
  'disconnect',
  'connectAbort',
  'close',
  'subscribe',
  'subscribeFail',
  'subscribeStateChange',
  'unsubscribe',
  'authStateChange',
  'deauthenticate',
  'presenceFail',
  'error',
] as const;

export interface FleetOptions {
  readonly options?: AGServerOptions;
  readonly client?: ClientOptions;
}

/** Two servers that share a broker, and a load balancer in front of them. */
export async function startFleet<Api extends AppContract = any>({
  options = {},
  client: clientOptions = {},
}: FleetOptions = {}) {
  const hub = new MemoryHub();
  const servers: AGServer<Api>[] = [];
  for (let index = 0; index < 2; index++) {
    const server = listen<Api>(0, {
      authKey: 'a key',
      broker: memoryBroker({ hub }),
      channels: { 'log:*': { history: { size: 1_000 } }, 'who:*': { presence: true } },
      logger: false,
      ...options,
    });
    await nextEvent(server.httpServer!, 'listening');
    servers.push(server);
    onCleanup(async () => {
      await server.close();
      server.httpServer!.close();
    });
  }
  const [old, next] = servers as [AGServer<Api>, AGServer<Api>];
  let target = old;
  const balancer = await TcpProxy.start(() => target.port!);
  onCleanup(() => balancer.stop());

  return {
    hub,
    old,
    next,
    balancer,
    /** Whom the balancer sends new connections to. */
    route(server: AGServer<Api>): void {
      target = server;
    },
    /** A client, by way of the balancer, and what it tells the application. */
    async connect(more: ClientOptions = {}) {
      const socket = create<Api>({
        hostname: '127.0.0.1',
        port: balancer.port,
        autoReconnectOptions: { initialDelay: 20, randomness: 20, multiplier: 1, maxDelay: 50 },
        logger: false,
        ...clientOptions,
        ...more,
      });
      onCleanup(() => {
        socket.disconnect();
        socket.closeAllListeners();
        socket.killAllChannels();
      });
      await within('the connection', socket.listener('connect').once());
      return { socket, events: watchEvents(socket) };
    },
  };
}

/** Names of the events that the application sees from now on. */
function watchEvents(socket: AGClientSocket): string[] {
  const events: string[] = [];
  for (const name of signs) {
    (async () => {
      for await (const _ of socket.listener(name)) events.push(name);
    })();
  }
  return events;
}

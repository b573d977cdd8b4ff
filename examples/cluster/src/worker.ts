import cluster from 'node:cluster';
import type { Broker } from '@asyngular/broker';
import { natsBroker } from '@asyngular/broker-nats';
import { redisBroker } from '@asyngular/broker-redis';
import { listen } from '@asyngular/server';
import type { Settings } from './settings.js';

/** What clients can do here. */
export interface ClusterApi {
  procedures: {
    /** Which process serves the caller. */
    whereAmI(): { worker: number; pid: number };
  };
  channels: { [room: `room:${string}`]: { from: string; text: string } };
  /** What people show of themselves to everybody in the room, whichever worker they are on. */
  presence: { [room: `room:${string}`]: { name: string; isTyping?: boolean } };
}

function createBroker({ broker, brokerUrl, logReplicas }: Settings): Broker {
  if (broker === 'redis') return redisBroker({ url: brokerUrl! });
  return natsBroker({ servers: brokerUrl!, log: { replicas: logReplicas } });
}

/** One server process. All of them listen on the same port; the operating system distributes connections. */
export function runWorker(settings: Settings): void {
  const worker = cluster.worker!.id;
  const server = listen<ClusterApi>(settings.port, {
    authKey: process.env.AUTH_KEY!,
    broker: createBroker(settings),
    // What is said while somebody's server restarts is waiting when they are back, and nobody leaves for that.
    channels: { 'room:*': { history: { size: 200 }, presence: true } },
    health: true,
  });
  server.handle('whereAmI', () => ({ worker, pid: process.pid }));
  report(server.listener('warning'), ({ warning }) =>
    console.error(`worker ${worker}: ${warning.name}: ${warning.message}`),
  );
  report(server.exchange.listener('interruption'), ({ reason, since, until }) =>
    console.error(`worker ${worker}: messages of ${until - since} ms may be missing (${reason})`),
  );

  const leave = async () => {
    server.httpServer!.close();
    await server.drain({ spread: settings.drainMs, timeout: settings.drainMs + 5_000 });
    process.exit(0);
  };
  process.once('message', leave);
  // Ctrl+C reaches every process of the terminal; the primary says what to do.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  process.once('disconnect', () => process.exit(0));
}

async function report<T>(stream: AsyncIterable<T>, print: (value: T) => void): Promise<void> {
  for await (const value of stream) print(value);
}

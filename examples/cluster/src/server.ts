// An ordinary server: `node dist/server.js` runs it in one process, `asyngular start dist/server.js` on all cores.
import cluster from 'node:cluster';
import type { Broker } from '@asyngular/broker';
import { natsBroker } from '@asyngular/broker-nats';
import { redisBroker } from '@asyngular/broker-redis';
import { consume, listen } from '@asyngular/server';
import { readSettings, type Settings } from './settings.js';

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

/** Undefined: the broker of this machine, when there are several workers. */
function createBroker({ broker, brokerUrl, logReplicas }: Settings): Broker | undefined {
  if (brokerUrl === undefined) return undefined;
  if (broker === 'redis') return redisBroker({ url: brokerUrl });
  return natsBroker({ servers: brokerUrl, log: { replicas: logReplicas } });
}

const settings = readSettings([], process.env);
/** Zero alone. */
const worker = cluster.worker?.id ?? 0;

const server = listen<ClusterApi>(settings.port, {
  authKey: process.env.AUTH_KEY,
  broker: createBroker(settings),
  // What is said while somebody's server restarts is waiting when they are back, and nobody leaves for that.
  channels: { 'room:*': { history: { size: 200 }, presence: true } },
  health: true,
});
server.handle('whereAmI', () => ({ worker, pid: process.pid }));
consume(server.listener('warning'), ({ warning }) =>
  console.error(`worker ${worker}: ${warning.name}: ${warning.message}`),
);
consume(server.exchange.listener('interruption'), ({ reason, since, until }) =>
  console.error(`worker ${worker}: messages of ${until - since} ms may be missing (${reason})`),
);

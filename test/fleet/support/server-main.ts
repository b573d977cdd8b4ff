// One server of a fleet, as a process of its own: the tests bundle and start it.
import type { Broker } from '@asyngular/broker';
import { localBroker } from '@asyngular/broker-local';
import { natsBroker } from '@asyngular/broker-nats';
import { redisBroker } from '@asyngular/broker-redis';
import { type DrainOptions, listen } from '@asyngular/server';
import { ReadCounter } from './read-counter.js';
import type { BrokerKind, Question, ServerSettings } from './server-process.js';

const { brokerKind, brokerAddress, port, hasLogs, hasUsers, presence, deploy } = JSON.parse(
  process.argv[2]!,
) as ServerSettings;

// Quicker than the defaults, so that a fault is noticed and over within a test, and slower than a busy machine.
const haste = {
  heartbeatMs: 200,
  probeTimeoutMs: 2_000,
  connectTimeoutMs: 1_000,
  // Shorter than a client waits, so that it hears what its server waited for.
  timeoutMs: 8_000,
};
/** A port, except for the local broker. */
const brokerPort = Number(brokerAddress);
const create: Record<BrokerKind, () => Broker> = {
  nats: () =>
    natsBroker({
      ...haste,
      servers: `127.0.0.1:${brokerPort}`,
      ignoreClusterUpdates: true,
      reconnectTimeWait: 50,
      log: { storage: 'file' },
    }),
  redis: () =>
    redisBroker({
      ...haste,
      redis: {
        host: '127.0.0.1',
        port: brokerPort,
        ...(presence && { retryStrategy: () => 200 }),
      },
    }),
  local: () => localBroker({ ...haste, path: String(brokerAddress) }),
};
const broker = create[brokerKind]();

const reads = new ReadCounter(broker.log!);
/** Enough for whatever a test publishes, so that no position is out of reach for another reason than its fault. */
const history = { size: 10_000, ttl: 600_000, maxBytes: 256 * 1024 * 1024 };

const server = listen(port, {
  authKey: 'fleet',
  broker,
  closeTimeout: 2_000,
  // Clients leave a server that is frozen, too.
  ...(hasUsers && { userId: (socket) => socket.authToken?.sub, serverTimeout: 900 }),
  ...(presence && {
    ...presence,
    channels: { '*': { presence: true } },
  }),
  ...(deploy && { channels: { 'log:*': { history, rewind: 500 } }, userId: () => undefined }),
  ...(hasLogs && { channels: { '*': { history } }, pingInterval: 500, pingTimeout: 3_000 }),
});

/** Leaves, and then lets the process end by itself: with anything left of the server it would not. */
async function leave(how: 'drain' | 'close'): Promise<void> {
  process.off('disconnect', exit);
  if (how === 'drain') await server.drain(drainOptions());
  else await server.close();
  server.httpServer?.close();
  process.disconnect();
}

function drainOptions(): DrainOptions {
  if (deploy) return { spread: deploy.spreadMs, timeout: deploy.spreadMs + 20_000 };
  return { spread: presence ? 2_000 : 200, timeout: 2_000 };
}

function exit(): void {
  process.exit(0);
}

process.on('message', (request: Question | 'drain' | 'close') => {
  if (request === 'health') process.send!(server.health());
  else if (request === 'readsAtOnce') process.send!(reads.take());
  else void leave(request);
});
process.on('disconnect', exit);
await server.listener('ready').once();
process.send!('ready');

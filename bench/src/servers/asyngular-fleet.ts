// node servers/main.js asyngular-fleet <broker> <port or path of the broker> [history]
import { memoryBroker } from '@asyngular/broker';
import { localBroker } from '@asyngular/broker-local';
import { natsBroker } from '@asyngular/broker-nats';
import { redisBroker } from '@asyngular/broker-redis';
import { attach } from '@asyngular/server';
import { authKey } from '../payload.js';
import { listenHttp } from './listen.js';
import type { RunningServer } from './server.js';

const [, , , kind, address = '', history] = process.argv;
const port = Number(address);
const brokers: Record<string, () => ReturnType<typeof memoryBroker>> = {
  memory: () => memoryBroker(),
  local: () => localBroker({ path: address }),
  nats: () => natsBroker({ port }),
  redis: () => redisBroker({ redis: { port } }),
};

export async function start(): Promise<RunningServer> {
  const { server, port } = await listenHttp();
  const channels = history === 'history' ? { 'c*': { history: {} } } : undefined;
  const agServer = attach(server, { authKey, broker: brokers[kind!]!(), channels });
  if (!agServer.isReady) await agServer.listener('ready').once();
  agServer.handle('echo', (data) => data);
  return {
    port,
    received: () => agServer.health().broker.interruptions,
    publish: async (channel, data) => {
      await agServer.exchange.invokePublish(channel, data);
    },
  };
}

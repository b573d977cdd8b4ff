// node servers/main.js asyngular-presence <broker> <broker port>
import { memoryBroker } from '@asyngular/broker';
import { redisBroker } from '@asyngular/broker-redis';
import { attach } from '@asyngular/server';
import { authKey } from '../payload.js';
import { listenHttp } from './listen.js';
import type { RunningServer } from './server.js';

const [, , , kind, brokerPort] = process.argv;

export async function start(): Promise<RunningServer> {
  const { server, port } = await listenHttp();
  const broker =
    kind === 'redis' ? redisBroker({ redis: { port: Number(brokerPort) } }) : memoryBroker();
  const agServer = attach(server, { authKey, broker, channels: { 'room*': { presence: true } } });
  if (!agServer.isReady) await agServer.listener('ready').once();
  return { port, received: () => agServer.stats().presence?.repairs ?? 0 };
}

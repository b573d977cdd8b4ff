// Our server with a contract of zod schemas: every call, answer and publication is checked.
import { contract } from '@asyngular/contract';
import { attach } from '@asyngular/server';
import { z } from 'zod';
import { authKey } from '../payload.js';
import { listenHttp } from './listen.js';
import type { RunningServer } from './server.js';

const payload = z.strictObject({ id: z.number(), user: z.string(), text: z.string() });

const application = contract({
  procedures: { echo: { data: payload, result: payload } },
  channels: { 'fan-out': payload },
});

export async function start(): Promise<RunningServer> {
  const { server, port } = await listenHttp();
  const agServer = attach(server, { authKey, contract: application });
  agServer.handle('echo', (data) => data);
  if (!agServer.isReady) await agServer.listener('ready').once();
  return { port, received: () => 0 };
}

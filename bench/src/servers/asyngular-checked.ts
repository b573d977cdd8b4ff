// What `asyngular-contract` checks by schemas, checked by hand: what a contract costs is the difference.
import { attach, PublicError } from '@asyngular/server';
import { authKey, type payload } from '../payload.js';
import { listenHttp } from './listen.js';
import type { RunningServer } from './server.js';

const MEMBERS = 3;

function check(data: unknown): typeof payload {
  if (typeof data !== 'object' || data === null) throw new PublicError('an object is expected');
  const { id, user, text } = data as Partial<typeof payload>;
  if (typeof id !== 'number') throw new PublicError('id: a number is expected');
  if (typeof user !== 'string') throw new PublicError('user: a text is expected');
  if (typeof text !== 'string') throw new PublicError('text: a text is expected');
  if (Object.keys(data).length > MEMBERS) throw new PublicError('there are unknown members');
  return { id, user, text };
}

export async function start(): Promise<RunningServer> {
  const { server, port } = await listenHttp();
  const agServer = attach(server, { authKey });
  agServer.handle('echo', (data) => check(check(data)));
  agServer.use('inbound', ({ data }) => void check(data), { actions: ['publishIn'] });
  if (!agServer.isReady) await agServer.listener('ready').once();
  return { port, received: () => 0 };
}

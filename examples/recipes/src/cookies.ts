import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { attach } from '@asyngular/server';
import express from 'express';

interface Session {
  user: string;
}

/** `origins`: the pages that may connect, such as `['app.example.com:443']`. */
export function start(port: number, origins: string[]) {
  const sessions = new Map<string, Session>();
  const app = express();
  const httpServer = createServer(app);
  const server = attach(httpServer, { origins });

  function sessionOf(request: IncomingMessage): Session | undefined {
    const id = /(?:^|;\s*)sid=([^;]*)/.exec(request.headers.cookie ?? '')?.[1];
    return id === undefined ? undefined : sessions.get(id);
  }

  app.post('/login', express.text(), (request, response) => {
    const id = randomUUID();
    sessions.set(id, { user: request.body });
    response.cookie('sid', id, { httpOnly: true, sameSite: 'lax', secure: request.secure });
    response.sendStatus(204);
  });

  // The browser sends the page's cookies with the upgrade request, which the handshake line sees.
  const sessionsOfRequests = new WeakMap<IncomingMessage, Session>();
  server.setMiddleware('handshake', async (actions) => {
    for await (const action of actions) {
      if (action.type === 'handshakeWS') {
        const session = sessionOf(action.request);
        if (!session) {
          action.block(new Error('Log in first'));
          continue;
        }
        sessionsOfRequests.set(action.request, session);
      }
      action.allow();
    }
  });

  // A socket keeps its upgrade request, so the session is at hand wherever the socket is.
  server.handle('whoami', (_, { socket }) => sessionsOfRequests.get(socket.request)?.user);

  // A connection outlives the cookie that opened it: logging out has to end both.
  app.post('/logout', (request, response) => {
    const session = sessionOf(request);
    for (const [id, candidate] of sessions) if (candidate === session) sessions.delete(id);
    for (const socket of Object.values(server.clients)) {
      if (session && sessionsOfRequests.get(socket.request) === session) {
        socket.disconnect(4500, 'Logged out');
      }
    }
    response.clearCookie('sid').sendStatus(204);
  });

  httpServer.listen(port);
  return { httpServer, server };
}

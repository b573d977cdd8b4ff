import { createServer, type IncomingMessage } from 'node:http';
import { attach } from '@asyngular/server';
import express from 'express';

interface Api {
  authToken: { user: string };
  socketData: { user: string };
  procedures: { whoami(): string | undefined };
}

/** `origins`: the pages that may connect, such as `['https://app.example.com']`. */
export function start(port: number, authKey: string, origins: string[]) {
  const app = express();
  const httpServer = createServer(app);
  const server = attach<Api>(httpServer, { authKey, origins });

  // Check a password here. The cookie is for pages, which cannot read it; the answer is for other programs.
  app.post('/login', express.text(), async (request, response) => {
    const token = await server.signToken({ user: request.body }, { expiresIn: '2h' });
    response.cookie('token', token, { httpOnly: true, sameSite: 'lax', secure: request.secure });
    response.json({ token });
  });

  // The same token as `Authorization: Bearer …` of an HTTP request.
  app.get('/me', async (request, response) => {
    try {
      response.json(await server.verifyToken(tokenIn(request)));
    } catch {
      response.sendStatus(401);
    }
  });

  // A page's upgrade request brings the cookie; a program without one calls `authenticate(token)`.
  server.use('handshake', async (action) => {
    if (action.type !== 'handshakeAG') return;
    const token = tokenIn(action.request);
    if (token === '') return;
    action.socket.data.user = (await server.verifyToken(token)).user;
  });

  server.handle('whoami', (_, { socket }) => socket.data.user ?? socket.authToken?.user);

  httpServer.listen(port);
  return { httpServer, server };
}

/** The token of a request, from its Authorization header or its cookie; `''` without one. */
function tokenIn({ headers }: IncomingMessage): string {
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
  return bearer ?? /(?:^|;\s*)token=([^;]*)/.exec(headers.cookie ?? '')?.[1] ?? '';
}

import type { IncomingMessage } from 'node:http';
import { Router, urlencoded } from 'express';
import type { KanbanServer } from './kanban-server.js';

const COOKIE = 'kanban';
const DAY_S = 24 * 60 * 60;

/** Whose name a request bears. */
export interface User {
  readonly id: string;
  readonly name: string;
}

/**
 * Logging in and out. The cookie holds a token, which pages cannot read (HttpOnly) and every server can check, so that it
 * does not matter which of them answers. Anybody gets any name here: check a password where it counts.
 */
export function login(server: KanbanServer): Router {
  const router = Router();
  router.post(
    '/login',
    urlencoded({ extended: false, limit: '1kb' }),
    async (request, response) => {
      const name = readName(request.body?.name);
      if (name === undefined) {
        response.status(400).json({ message: 'A name has 1 to 24 characters.' });
        return;
      }
      const user: User = { id: crypto.randomUUID(), name };
      const token = await server.signToken({ ...user }, { expiresIn: DAY_S });
      const { secure } = request;
      response.cookie(COOKIE, token, {
        httpOnly: true,
        sameSite: 'strict',
        secure,
        maxAge: DAY_S * 1_000,
      });
      response.json(user);
    },
  );
  router.get('/me', async (request, response) => {
    response.set('cache-control', 'no-store');
    // Nobody is an answer, too: browsers print every 401 as an error, and a first visit is none.
    response.json((await userOf(server, request)) ?? null);
  });
  router.post('/logout', async (request, response) => {
    const user = await userOf(server, request);
    response.clearCookie(COOKIE).sendStatus(204);
    // A connection outlives the cookie that opened it, and may be on another server.
    if (user) await server.user(user.id).disconnect(4500, 'You have logged out');
  });
  return router;
}

/** Who sends this request, by its cookie; undefined for nobody, and for a token that is wrong or too old. */
export async function userOf(
  server: KanbanServer,
  { headers }: IncomingMessage,
): Promise<User | undefined> {
  const token = new RegExp(`(?:^|;\\s*)${COOKIE}=([^;]*)`).exec(headers.cookie ?? '')?.[1];
  if (!token) return undefined;
  try {
    const { id, name } = await server.verifyToken(token);
    return { id, name };
  } catch {
    return undefined;
  }
}

function readName(given: unknown): string | undefined {
  const name = typeof given === 'string' ? given.trim().replace(/\s+/g, ' ') : '';
  return name.length >= 1 && name.length <= 24 ? name : undefined;
}

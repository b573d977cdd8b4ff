import { randomUUID } from 'node:crypto';
import type { Server as HttpServer } from 'node:http';
import type { ServerApi } from '@asyngular/contract';
import { type AGServer, type AGServerSocket, attach } from '@asyngular/server';
import { chat, type RoomMember, type User } from '../shared/chat-contract.js';
import { ChatRuleError, HISTORY_LIMIT } from '../shared/rules.js';
import { guardInbound } from './guard.js';
import { Names } from './names.js';
import { Rooms } from './rooms.js';

type ChatApi = ServerApi<typeof chat>;

export type ChatServer = AGServer<ChatApi>;
export type ChatSocket = AGServerSocket<ChatApi>;

/** What was said is kept until nothing has been said in the room for this long. */
const HISTORY_TTL_MS = 24 * 60 * 60_000;

/** Adds the chat to an HTTP server. guard.ts says what a person may do. */
export function attachChat(httpServer: HttpServer, options: { authKey: string }): ChatServer {
  const server = attach(httpServer, {
    contract: chat,
    authKey: options.authKey,
    authDefaultExpiry: 7 * 24 * 60 * 60,
    maxPayload: 64 * 1024,
    socketChannelLimit: 20,
    // Several tabs with one login are one person.
    userId: ({ authToken }) => authToken?.id,
    channels: {
      'room:*': {
        history: { size: HISTORY_LIMIT, ttl: HISTORY_TTL_MS },
        rewind: HISTORY_LIMIT,
        presence: { accept: showMember },
      },
    },
  });
  const rooms = new Rooms({
    people: (room) => server.presence(`room:${room}`),
    announce(list) {
      // A closed server has no clients left to notify, and its broker would refuse.
      if (server.isReady) void server.exchange.transmitPublish('rooms', list);
    },
  });
  const names = new Names();

  guardInbound({ server, rooms, names });
  void serveConnections(server, rooms, names);
  void forgetDeauthenticated(server, names);
  void forgetClosed(server, names);
  return server;
}

/** What everybody sees of a person in a room: the name is the server's word, and only the typing is the page's. */
function showMember({ authToken }: ChatSocket, { isTyping }: RoomMember): RoomMember | false {
  return authToken !== null && { name: authToken.name, isTyping };
}

async function serveConnections(server: ChatServer, rooms: Rooms, names: Names): Promise<void> {
  for await (const { socket } of server.listener('connection')) {
    // Started in the same turn as the event, so not even the first call of a client is missed.
    void serve(socket.procedure('login'), ({ name }) => logIn(socket, names, name));
    void serve(socket.procedure('rooms'), () => rooms.summaries());
  }
}

/** Answers calls one after the other. Broken rules are reported to the caller; other errors are ours and stay here. */
async function serve<Data, Result>(
  requests: AsyncIterable<{ data: Data; end(result: Result): void; error(error: unknown): void }>,
  answer: (data: Data) => Result | Promise<Result>,
): Promise<void> {
  for await (const request of requests) {
    try {
      request.end(await answer(request.data));
    } catch (error) {
      if (error instanceof ChatRuleError) {
        request.error(error);
      } else {
        console.error(error);
        request.error(new ChatRuleError('Something went wrong on the server.'));
      }
    }
  }
}

async function logIn(socket: ChatSocket, names: Names, name: string): Promise<User> {
  if (socket.authState === 'authenticated') throw new ChatRuleError('You are already logged in.');
  const user: User = { id: randomUUID(), name };
  names.claim(user, socket);
  await socket.setAuthToken(user);
  return user;
}

async function forgetDeauthenticated(server: ChatServer, names: Names): Promise<void> {
  for await (const { socket } of server.listener('deauthentication')) {
    names.release(socket.id);
    // Logging out ends the right to listen, not only the right to speak.
    for (const channel of socket.subscriptions())
      void socket.kickOut(channel, 'You are logged out.');
  }
}

async function forgetClosed(server: ChatServer, names: Names): Promise<void> {
  for await (const { socket } of server.listener('closure')) names.release(socket.id);
}

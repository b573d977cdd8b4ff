import type { ChatMessage, Draft, User } from '../shared/chat-contract.js';
import { ChatRuleError, checkRoom } from '../shared/rules.js';
import type { ChatServer, ChatSocket } from './chat-server.js';
import type { Names } from './names.js';
import type { Rooms } from './rooms.js';

const ROOM_PREFIX = 'room:';

interface GuardedParts {
  readonly server: ChatServer;
  readonly rooms: Rooms;
  readonly names: Names;
}

/**
 * The only way in: every action of every client passes this middleware, one at a time and in order.
 * What no case allows is blocked with the reason. The contract has checked all data before.
 */
export function guardInbound({ server, rooms, names }: GuardedParts): void {
  server.setMiddleware(server.MIDDLEWARE_INBOUND, async (actions) => {
    for await (const action of actions) {
      const { socket } = action;
      try {
        switch (action.type) {
          case 'authenticate':
            names.claim(action.authToken, socket);
            action.allow();
            break;
          case 'invoke':
            if (action.procedure !== 'login') requireUser(socket);
            action.allow();
            break;
          case 'subscribe':
            requireUser(socket);
            if (action.channel !== 'rooms') rooms.open(roomOf(action.channel));
            action.allow();
            break;
          case 'publishIn':
            action.allow({ data: writeMessage(socket, rooms, action.channel, action.data) });
            break;
        }
      } catch (error) {
        action.block(error);
      }
    }
  });
}

/** What everybody gets of a draft, under the name of who is logged in. */
function writeMessage(
  socket: ChatSocket,
  rooms: Rooms,
  channel: string,
  draft: Draft,
): ChatMessage {
  const author = requireUser(socket).name;
  requireMember(socket, channel);
  const message = { ...draft, author, time: Date.now() };
  rooms.said(roomOf(channel), message.time);
  return message;
}

function requireUser(socket: ChatSocket): User {
  const user = socket.authToken;
  if (socket.authState !== 'authenticated' || !user)
    throw new ChatRuleError('Please log in first.');
  return user;
}

function requireMember(socket: ChatSocket, channel: string): void {
  if (!socket.isSubscribed(channel))
    throw new ChatRuleError('Join the room before you speak in it.');
}

/** The room of a channel; the name must be written exactly as the rules would write it. */
function roomOf(channel: string): string {
  const room = channel.slice(ROOM_PREFIX.length);
  if (checkRoom(room) !== room) throw new ChatRuleError(`There is no room called "${room}".`);
  return room;
}

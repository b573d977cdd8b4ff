import type { ChatMessage, User } from '../shared/chat-api.js';
import { ChatRuleError, checkMessageId, checkName, checkRoom, checkText } from '../shared/rules.js';
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
 * What no case allows is blocked with the reason.
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
            action.allow({ data: checkCall(socket, action.procedure, action.data) });
            break;
          case 'transmit':
            throw new ChatRuleError(`There is no notice named "${action.receiver}".`);
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

/** Returns the call's data in the form that its handler can trust. */
function checkCall(socket: ChatSocket, procedure: string, data: unknown): unknown {
  if (procedure === 'login') return { name: checkName(field(data, 'name')) };
  requireUser(socket);
  if (procedure === 'rooms') return {};
  throw new ChatRuleError(`There is no call named "${procedure}".`);
}

/** Takes only the id and the text from what a client publishes. */
function writeMessage(
  socket: ChatSocket,
  rooms: Rooms,
  channel: string,
  data: unknown,
): ChatMessage {
  const author = requireUser(socket).name;
  requireMember(socket, channel);
  const room = roomOf(channel);
  const id = checkMessageId(field(data, 'id'));
  const text = checkText(field(data, 'text'));
  const message: ChatMessage = { type: 'message', id, author, text, time: Date.now() };
  rooms.said(room, message.time);
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

/** A member of data of unknown shape. */
export function field(data: unknown, name: string): unknown {
  return typeof data === 'object' && data !== null ? Reflect.get(data, name) : undefined;
}

/** The room of a channel; the name must be written exactly as the rules would write it. */
function roomOf(channel: string): string {
  const room = channel.startsWith(ROOM_PREFIX) ? channel.slice(ROOM_PREFIX.length) : '';
  if (checkRoom(room) !== room) throw new ChatRuleError(`There is no room called "${room}".`);
  return room;
}

import { contract } from '@asyngular/contract';
import { z } from 'zod';
import { checkMessageId, checkName, checkText } from './rules.js';

/** The author of a message. `id` is chosen at random at login, so two people cannot share one name by accident. */
const user = z.object({ id: z.string(), name: z.string() });

/** What a browser publishes to a room. It never reaches other browsers: the server turns it into a message. */
const draft = z.object({
  /** A UUID chosen by the page. A draft sent again with the same one, because no answer came, is one message. */
  id: ruled(checkMessageId),
  text: ruled(checkText),
});

/** What everybody in the room receives. The author and the time are written by the server. */
const message = z.object({
  id: z.string(),
  author: z.string(),
  text: z.string(),
  /** Milliseconds since 1970, by the server's clock. */
  time: z.number(),
});

/** What everybody in a room sees of a person. The name is written by the server. */
const member = z.object({ name: z.string(), isTyping: z.boolean() });

const roomSummary = z.object({
  name: z.string(),
  members: z.number(),
  /** When the last message was said, by the server's clock; 0 when there is none. */
  latest: z.number(),
});

/**
 * Everything the page and the server say to each other, declared once. The server checks by it; the page has the types of
 * it, and no schema library.
 */
export const chat = contract({
  procedures: {
    login: { data: z.object({ name: ruled(checkName) }), result: user },
    rooms: { result: z.array(roomSummary) },
  },
  // None: whatever a page transmits is refused.
  receivers: {},
  channels: {
    /** The server keeps the last `HISTORY_LIMIT` messages of a room, and sends what somebody has missed. */
    'room:{name}': { publish: draft, data: message, presence: member },
    /** The list of rooms, published whenever it changes. */
    rooms: { data: z.array(roomSummary) },
  },
  authToken: user,
});

/** As the server has it, after the check. */
export type Draft = z.infer<typeof draft>;
export type User = z.infer<typeof user>;
export type ChatMessage = z.infer<typeof message>;
export type RoomMember = z.infer<typeof member>;
export type RoomSummary = z.infer<typeof roomSummary>;

/** A text as a rule of the chat writes it. Where it is broken, the schema says it in the rule's words. */
function ruled(check: (text: string) => string) {
  return z.string().transform((text, context) => {
    try {
      return check(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  });
}

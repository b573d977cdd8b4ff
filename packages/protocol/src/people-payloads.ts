import { membersOf } from './own.js';
import { parseSubscribeReply, type SubscribeReply } from './recovery-payloads.js';

/** Data of `#joined`: the server has subscribed the client to a channel (P18.5). */
export interface Joined {
  readonly channel: string;
  /** How the subscription begins, as in the answer to a `#subscribe`. */
  readonly reply: SubscribeReply;
}

/** Reads what a client offers as `people`: the name that its publications leave it out by; `undefined` if it is none. */
export function parsePublisherName(offered: unknown): string | undefined {
  const { id } = membersOf(offered);
  return typeof id === 'string' && /^[\w-]{1,64}$/.test(id) ? id : undefined;
}

/** Whether a `#publish` is not to reach who sends it (P18.2). */
export function exceptsPublisher(publication: unknown): boolean {
  return membersOf(publication).except === true;
}

/** Reads a `#joined`; `undefined` when the channel is no text. */
export function parseJoined(data: unknown): Joined | undefined {
  const { channel } = membersOf(data);
  return typeof channel === 'string' ? { channel, reply: parseSubscribeReply(data) } : undefined;
}

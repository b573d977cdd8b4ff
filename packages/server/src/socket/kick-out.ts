import { InvalidActionError, InvalidArgumentsError, protocolEvents } from '@asyngular/protocol';
import type { Session } from '../session/session.js';

/** See `AGServerSocket.kickOut()`. */
export function kickOut(session: Session, channel: unknown, message: unknown): Promise<void> {
  const left = namesOf(session, channel).map(async (name) => {
    if (session.isOpen) {
      session.outbound.send({ event: protocolEvents.kickOut, data: { channel: name, message } });
    }
    const result = session.unsubscribe(name);
    if (result instanceof InvalidActionError) throw result;
  });
  const all = Promise.all(left).then(() => {});
  // A promise that nobody awaits must not end the process; those who await it still see the error.
  all.catch(() => {});
  return all;
}

function namesOf(session: Session, channel: unknown): readonly string[] {
  if (channel === undefined || channel === null) return [...(session.subscriptions ?? [])];
  const names: unknown = typeof channel === 'string' ? [channel] : channel;
  if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names;
  throw new InvalidArgumentsError(
    'kickOut() takes the name of a channel, an array of names, or nothing for all channels',
  );
}

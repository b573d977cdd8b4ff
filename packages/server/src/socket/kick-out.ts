import { InvalidActionError, InvalidArgumentsError, protocolEvents } from '@asyngular/protocol';
import type { Session } from '../session/session.js';
import { harmless } from '../turns/harmless.js';

/** See `AGServerSocket.kickOut()`. */
export function kickOut(session: Session, channel: unknown, message: unknown): Promise<void> {
  const left = namesOf(session, channel).map(async (name) => {
    if (session.isOpen) {
      session.outbound.send({ event: protocolEvents.kickOut, data: { channel: name, message } });
    }
    const result = session.unsubscribe(name);
    if (result instanceof InvalidActionError) throw result;
  });
  return harmless(Promise.all(left).then(() => {}));
}

function namesOf(session: Session, channel: unknown): readonly string[] {
  if (channel === undefined || channel === null) return [...(session.subscriptions ?? [])];
  const names: unknown = typeof channel === 'string' ? [channel] : channel;
  if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names;
  throw new InvalidArgumentsError(
    'kickOut() takes the name of a channel, an array of names, or nothing for all channels',
  );
}

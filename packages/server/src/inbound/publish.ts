import { InvalidActionError } from '@asyngular/protocol';
import { parsePublication } from '@asyngular/protocol/internal';
import {
  type EventPacket,
  malformedName,
  nameTooLong,
  passInbound,
  refuse,
  succeed,
  whileWaiting,
} from './inbound-line.js';
import type { InboundSession } from './inbound-session.js';
import { publicationId, publishAnswer } from './recovery-wire.js';

/** `#publish` (P6.7). */
export function handlePublish(
  session: InboundSession,
  packet: EventPacket,
  size: number,
): void | Promise<void> {
  const expired = session.auth.checkExpiry();
  if (!session.core.server.allowClientPublish) {
    refuse(
      session,
      packet,
      new InvalidActionError(
        'Client publish feature is disabled: the allowClientPublish option of the server is false',
      ),
    );
    return;
  }
  const publication = parsePublication(packet.data);
  if (!publication) {
    refuse(session, packet, malformedName('Publish', packet.data));
    return;
  }
  const { channel, data } = publication;
  if (channel.length > session.core.options.maxNameLength) {
    refuse(session, packet, nameTooLong(session, 'channel', channel));
    return;
  }
  try {
    publicationId(session, channel, packet.data);
  } catch (error) {
    refuse(session, packet, error as Error);
    return;
  }
  if (session.core.middleware.inbound === undefined) {
    return publishInTime(session, packet, channel, data, size);
  }
  const pass = passInbound(session, packet, 'publishIn', { channel }, data, expired);
  return pass.then((allowed) => {
    if (allowed) return publishInTime(session, packet, channel, allowed.data, size);
  });
}

/** Publishes now, or when a loop of this server that lags behind on the channel has caught up. */
function publishInTime(
  session: InboundSession,
  packet: EventPacket,
  channel: string,
  data: unknown,
  size: number,
): void | Promise<void> {
  const room = session.core.backlogs.roomToPublish(channel, session);
  if (room === undefined) {
    publish(session, packet, channel, data, size);
    return;
  }
  // Others that waited, too, may have filled it again.
  return session.inbound.delay(room).then(() => {
    if (!session.isClosed) return publishInTime(session, packet, channel, data, size);
  });
}

function publish(
  session: InboundSession,
  packet: EventPacket,
  channel: string,
  data: unknown,
  size: number,
): void {
  const { hub, recovery } = session.core;
  try {
    if (recovery?.isRecoverable(channel)) {
      const id = publicationId(session, channel, packet.data);
      const published = recovery.publish(channel, data, { id, origin: session });
      answer(session, packet, size, published, (result) => publishAnswer(session, result));
    } else {
      answer(session, packet, size, hub.publish(channel, data, session), () => undefined);
    }
  } catch (error) {
    refuse(session, packet, error as Error);
  }
}

/** Answers, now or when the broker has accepted the publication. */
function answer<Outcome>(
  session: InboundSession,
  packet: EventPacket,
  size: number,
  outcome: Outcome | Promise<Outcome>,
  dataOf: (outcome: Outcome) => unknown,
): void {
  const confirm = (result: Outcome): void => succeed(session, packet, dataOf(result));
  if (!(outcome instanceof Promise)) {
    confirm(outcome);
    return;
  }
  whileWaiting(session, size, outcome, confirm, (error) => {
    session.core.publishFailures.report(error);
    if (packet.cid !== undefined && !session.isClosed) session.respondError(packet.cid, error);
  });
}

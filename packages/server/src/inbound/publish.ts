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
  let accepted: void | Promise<void>;
  try {
    accepted = session.core.hub.publish(channel, data, session);
  } catch (error) {
    refuse(session, packet, error as Error);
    return;
  }
  if (accepted === undefined) {
    succeed(session, packet);
    return;
  }
  whileWaiting(
    session,
    size,
    accepted,
    () => succeed(session, packet),
    (error) => {
      session.core.publishFailures.report(error);
      if (packet.cid !== undefined && !session.isClosed) session.respondError(packet.cid, error);
    },
  );
}

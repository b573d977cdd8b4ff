import type { PublishOrigin } from '@asyngular/broker';
import type { Published } from '@asyngular/channels';
import { InvalidActionError } from '@asyngular/protocol';
import {
  exceptsPublisher,
  PEOPLE_EXTENSION,
  parsePublication,
  parseTraceContext,
  refusedPublisher,
} from '@asyngular/protocol/internal';
import { refusedUserChannel, USER_CHANNEL } from '../channels/user-channel.js';
import type { RecoverableChannels } from '../recovery/recoverable-channels.js';
import { publishChannel } from '../tracing/channels.js';
import { tracePublish } from '../tracing/publish-trace.js';
import { passContract, passRelay } from './contract-line.js';
import {
  type EventPacket,
  malformedName,
  passInbound,
  refuse,
  refusedChannel,
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
  const refused = refusedChannel(session, channel) ?? refusedToPublish(session, channel);
  if (refused) {
    refuse(session, packet, refused);
    return;
  }
  try {
    publicationId(session, channel, packet.data);
  } catch (error) {
    refuse(session, packet, error as Error);
    return;
  }
  const { contract } = session.core;
  if (contract === undefined) return admit(session, packet, channel, data, size, expired);
  const check = {
    session,
    packet,
    about: { channel },
    find: () => {
      const checks = contract.channel(channel);
      if (checks !== undefined && checks.publish === undefined) throw refusedPublisher(channel);
      return checks?.publish;
    },
    go: (checked: unknown) => admit(session, packet, channel, checked, size, expired),
  };
  return passContract(check, data);
}

/** Through the inbound line, if there is a function, and on to the subscribers. */
function admit(
  session: InboundSession,
  packet: EventPacket,
  channel: string,
  data: unknown,
  size: number,
  expired: Error | undefined,
): void | Promise<void> {
  if (session.core.middleware.inbound === undefined) {
    return relay(session, packet, channel, data, size);
  }
  const pass = passInbound(session, packet, 'publishIn', { channel }, data, expired);
  return pass.then((allowed) => {
    if (allowed) return relay(session, packet, channel, allowed.data, size);
  });
}

function refusedToPublish({ core }: InboundSession, channel: string) {
  const isOfUser = channel === USER_CHANNEL && core.users !== undefined;
  return isOfUser ? refusedUserChannel() : undefined;
}

/** What arrives may differ from what was published: by now it has to be what the contract says of that. */
function relay(
  session: InboundSession,
  packet: EventPacket,
  channel: string,
  data: unknown,
  size: number,
): void | Promise<void> {
  const schema = session.core.contract?.channel(channel)?.relay;
  if (schema === undefined) return publishInTime(session, packet, channel, data, size);
  const check = {
    session,
    packet,
    about: { channel },
    find: () => schema,
    go: (checked: unknown) => publishInTime(session, packet, channel, checked, size),
  };
  return passRelay(check, data);
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

/** Who publishes, and that they do not get it themselves if they have said so (P18.2). */
function originOf(session: InboundSession, { data }: EventPacket): PublishOrigin {
  if (!exceptsPublisher(data) || !session.extensions?.has(PEOPLE_EXTENSION)) return session;
  return {
    get isClosed() {
      return session.isClosed;
    },
    except: session.exceptId,
  };
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
      publishToLog(session, packet, channel, data, size, recovery);
      return;
    }
    const origin = originOf(session, packet);
    const accepted = publishChannel.hasSubscribers
      ? tracePublish(traced(session, packet, channel), () => hub.publish(channel, data, origin))
      : hub.publish(channel, data, origin);
    if (accepted === undefined) succeed(session, packet);
    else answerLater(session, packet, size, accepted, nothing);
  } catch (error) {
    refuse(session, packet, error as Error);
  }
}

/** The message of the tracing channel about a publication. */
function traced({ socket, core }: InboundSession, { trace }: EventPacket, channel: string) {
  const pattern = core.traffic.of(channel).pattern;
  return { channel, pattern, server: core.server, socket, context: parseTraceContext(trace) };
}

function publishToLog(
  session: InboundSession,
  packet: EventPacket,
  channel: string,
  data: unknown,
  size: number,
  recovery: RecoverableChannels,
): void {
  const id = publicationId(session, channel, packet.data);
  const request = { id, origin: originOf(session, packet) };
  const published = publishChannel.hasSubscribers
    ? tracePublish(traced(session, packet, channel), () => recovery.publish(channel, data, request))
    : recovery.publish(channel, data, request);
  const answerOf = (result: Published) => publishAnswer(session, result);
  if (published instanceof Promise) {
    answerLater(session, packet, size, published, answerOf);
  } else {
    succeed(session, packet, answerOf(published));
  }
}

/** Answers when the broker has accepted the publication. */
function answerLater<Outcome>(
  session: InboundSession,
  packet: EventPacket,
  size: number,
  outcome: Promise<Outcome>,
  answerOf: (outcome: Outcome) => object | undefined,
): void {
  whileWaiting(
    session,
    size,
    outcome,
    (done) => succeed(session, packet, answerOf(done)),
    (error) => {
      session.core.publishFailures.report(error);
      if (packet.cid !== undefined && !session.isClosed) session.respondError(packet.cid, error);
    },
  );
}

function nothing(): undefined {}

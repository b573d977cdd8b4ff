import { describeValue } from '@asyngular/errors/options';
import {
  BrokerError,
  closeCodes,
  dehydrateError,
  InvalidActionError,
  type InvokePacket,
  protocolEvents,
} from '@asyngular/protocol';
import {
  isRecord,
  parseDisconnectNotice,
  parsePublication,
  parseSubscribeRequest,
  parseUnsubscribeRequest,
  readOwn,
} from '@asyngular/protocol/internal';
import { handleHandshake } from '../handshake/handshake.js';
import { type EventPacket, nameTooLong, passInbound, refuse } from './inbound-line.js';
import type { InboundSession } from './inbound-session.js';

/** A packet of the protocol itself. */
interface ControlHandler {
  /** May come before the handshake is complete. */
  readonly early?: boolean;
  /** A promise means: the socket's next packet waits. `size` is the packet's share of its message. */
  handle(session: InboundSession, packet: EventPacket, size: number): void | Promise<void>;
}

/** The `#` packets a server reacts to; other names with `#` are ordinary names. Source: P3.8. */
export const controlHandlers: ReadonlyMap<string, ControlHandler> = new Map([
  [protocolEvents.handshake, { early: true, handle: handleHandshake }],
  [protocolEvents.authenticate, { handle: handleAuthenticate }],
  [protocolEvents.removeAuthToken, { handle: handleRemoveAuthToken }],
  [protocolEvents.subscribe, { handle: handleSubscribe }],
  [protocolEvents.unsubscribe, { handle: handleUnsubscribe }],
  [protocolEvents.publish, { handle: handlePublish }],
  [protocolEvents.disconnect, { early: true, handle: handleDisconnect }],
] as [string, ControlHandler][]);

/** `data` is the channel's name, or has it as `channel`. */
function malformedName(what: string, data: unknown): InvalidActionError {
  const name = isRecord(data) ? readOwn(data, 'channel') : data;
  return new InvalidActionError(
    `${what} channel name was malformatted: it is ${describeValue(name)}, and must be a text`,
  );
}

function succeed(session: InboundSession, packet: EventPacket, data?: unknown): void {
  if (packet.cid !== undefined && !session.isClosed) session.respond(packet.cid, data);
}

async function handleAuthenticate(session: InboundSession, packet: EventPacket): Promise<void> {
  if (packet.cid === undefined) {
    session.emitError(
      new InvalidActionError(
        'Authenticate request was malformatted: it has no cid, and must be a call',
      ),
    );
    session.close(closeCodes.handshakeRejected);
    return;
  }
  const signedAuthToken = typeof packet.data === 'string' ? packet.data : (packet.data ?? null);
  const authError = await session.auth.authenticate(signedAuthToken);
  if (session.isClosed) return;
  const isBad = authError !== undefined && (authError as { isBadToken?: unknown }).isBadToken;
  if (isBad) {
    session.respondError(packet.cid, authError);
    session.auth.tellRemoved();
    return;
  }
  session.respond(packet.cid, {
    isAuthenticated: authError === undefined,
    authError: authError === undefined ? null : dehydrateError(authError),
  });
}

function handleRemoveAuthToken(session: InboundSession, packet: EventPacket): void {
  session.auth.deauthenticateSelf();
  succeed(session, packet);
}

function handleSubscribe(
  session: InboundSession,
  packet: EventPacket,
  size: number,
): void | Promise<void> {
  const expired = session.auth.checkExpiry();
  const request = parseSubscribeRequest(packet.data);
  if (!request) {
    refuse(session, packet, malformedName('Subscribe', packet.data));
    return;
  }
  const { channel } = request;
  if (channel.length > session.core.options.maxNameLength) {
    refuse(session, packet, nameTooLong(session, 'channel', channel));
    return;
  }
  if (packet.cid === undefined) {
    // Nobody would learn of a refusal, so there is no such thing as a one-way subscription (P6.1).
    refuse(
      session,
      packet,
      new InvalidActionError(
        'Subscribe request was malformatted: it has no cid, and must be a call',
      ),
    );
    return;
  }
  const options = {
    ...(request.waitForAuth && { waitForAuth: true }),
    ...(request.data !== undefined && { data: request.data }),
  };
  if (session.core.middleware.inbound === undefined) {
    subscribe(session, packet, channel, options, size);
    return;
  }
  const pass = passInbound(session, packet, 'subscribe', { channel }, request.data, expired);
  return pass.then((allowed) => {
    if (!allowed) return;
    if (allowed.data !== undefined) options.data = allowed.data;
    subscribe(session, packet, channel, options, size);
  });
}

function subscribe(
  session: InboundSession,
  packet: InvokePacket,
  channel: string,
  subscriptionOptions: { waitForAuth?: boolean; data?: unknown },
  size: number,
): void {
  const { core } = session;
  session.subscriptions ??= new Set();
  const { subscriptions } = session;
  const limit = core.server.socketChannelLimit;
  const isNew = !subscriptions.has(channel);
  if (isNew && limit && subscriptions.size >= limit) {
    session.countLimit('socketChannelLimit');
    const reason = `InvalidActionError: Socket ${session.id} tried to exceed the channel subscription limit of ${limit}`;
    failSubscribe(session, packet, channel, reason);
    return;
  }
  const confirm = (): void => {
    if (session.isClosed) return;
    if (!session.subscriptions?.has(channel)) {
      failSubscribe(session, packet, channel, 'it was unsubscribed meanwhile');
      return;
    }
    session.respond(packet.cid, undefined);
    session.announce('subscribe', { channel, subscriptionOptions });
  };
  if (isNew) subscriptions.add(channel);
  // Publications made on this server come from now on; the answer says that those of others do, too.
  const joined = isNew ? core.hub.add(channel, session) : core.hub.confirmation(channel);
  if (joined === undefined) {
    confirm();
    return;
  }
  whileWaiting(session, size, joined, confirm, (error) => {
    if (session.isClosed) return;
    session.subscriptions?.delete(channel);
    core.hub.remove(channel, session);
    failSubscribe(session, packet, channel, String(error));
  });
}

/**
 * The broker takes its time with a packet. The socket's other packets go on meanwhile: a broker that
 * is away must not hold up calls. What waits counts as the socket's backlog, so that a client which
 * publishes faster than the broker accepts is read more slowly.
 */
function whileWaiting(
  { inbound }: InboundSession,
  size: number,
  outcome: Promise<void>,
  onDone: () => void,
  onError: (error: unknown) => void,
): void {
  inbound.meter.add(size);
  outcome.finally(() => inbound.meter.remove(size)).then(onDone, onError);
}

function failSubscribe(
  session: InboundSession,
  packet: InvokePacket,
  channel: string,
  reason: string,
): void {
  const error = new BrokerError(`Failed to subscribe socket to the ${channel} channel - ${reason}`);
  session.emitError(error);
  session.respondError(packet.cid, error);
}

function handleUnsubscribe(session: InboundSession, packet: EventPacket): void {
  session.auth.checkExpiry();
  const channel = parseUnsubscribeRequest(packet.data);
  if (channel === undefined) {
    refuse(session, packet, malformedName('Unsubscribe', packet.data));
    return;
  }
  const left = session.unsubscribe(channel);
  if (left instanceof Error) {
    const error = new BrokerError(
      `Failed to unsubscribe socket from the ${channel} channel - InvalidActionError: ${left.message}`,
    );
    session.emitError(error);
    if (packet.cid !== undefined) session.respondError(packet.cid, error);
    return;
  }
  succeed(session, packet);
}

function handlePublish(
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

/** Version 1 clients announce code and reason ahead of a close frame without any (P11.4). */
function handleDisconnect(session: InboundSession, packet: EventPacket): void {
  const { code, data } = parseDisconnectNotice(packet.data);
  session.end(code ?? closeCodes.noStatus, data ?? '', () =>
    session.connection.close(closeCodes.normal, ''),
  );
}

import {
  BrokerError,
  InvalidActionError,
  type InvokePacket,
  protocolEvents,
} from '@asyngular/protocol';
import {
  parseDisconnectNotice,
  parsePublication,
  parseSubscribeRequest,
  parseUnsubscribeRequest,
} from '@asyngular/protocol/internal';
import { handleHandshake } from './handshake.js';
import { type EventPacket, nameTooLong, passInbound, refuse } from './inbound-line.js';
import type { Session } from './session.js';

/** A packet of the protocol itself. */
interface ControlHandler {
  /** May come before the handshake is complete. */
  readonly early?: boolean;
  handle(session: Session, packet: EventPacket): void | Promise<void>;
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

function succeed(session: Session, packet: EventPacket, data?: unknown): void {
  if (packet.type === 'invoke' && !session.isClosed) session.respond(packet.cid, data);
}

async function handleAuthenticate(session: Session, packet: EventPacket): Promise<void> {
  if (packet.type !== 'invoke') {
    session.emitError(new InvalidActionError('Authenticate request was malformatted'));
    session.close(4008);
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
    authError: authError === undefined ? null : session.core.dehydrate(authError),
  });
}

function handleRemoveAuthToken(session: Session, packet: EventPacket): void {
  session.auth.deauthenticateSelf();
  succeed(session, packet);
}

function handleSubscribe(session: Session, packet: EventPacket): void | Promise<void> {
  const expired = session.auth.checkExpiry();
  const request = parseSubscribeRequest(packet.data);
  if (!request) {
    refuse(session, packet, new InvalidActionError('Subscribe channel name was malformatted'));
    return;
  }
  const { channel } = request;
  if (channel.length > session.core.options.maxNameLength) {
    refuse(session, packet, nameTooLong(session, 'channel name'));
    return;
  }
  if (packet.type !== 'invoke') {
    // Nobody would learn of a refusal, so there is no such thing as a one-way subscription (P6.1).
    refuse(session, packet, new InvalidActionError('Subscribe request was malformatted: no cid'));
    return;
  }
  const options = {
    ...(request.waitForAuth && { waitForAuth: true }),
    ...(request.data !== undefined && { data: request.data }),
  };
  if (session.core.middleware.inbound === undefined) {
    return subscribe(session, packet, channel, options);
  }
  const pass = passInbound(session, packet, 'subscribe', { channel }, request.data, expired);
  return pass.then((allowed) => {
    if (!allowed) return;
    if (allowed.data !== undefined) options.data = allowed.data;
    return subscribe(session, packet, channel, options);
  });
}

function subscribe(
  session: Session,
  packet: InvokePacket,
  channel: string,
  subscriptionOptions: { waitForAuth?: boolean; data?: unknown },
): void | Promise<void> {
  const { core } = session;
  session.subscriptions ??= new Set();
  const { subscriptions } = session;
  const limit = core.server.socketChannelLimit;
  const isNew = !subscriptions.has(channel);
  if (isNew && limit && subscriptions.size >= limit) {
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
    session.socket.emit('subscribe', { channel, subscriptionOptions });
    core.server.emit('subscription', { socket: session.socket, channel, subscriptionOptions });
  };
  if (!isNew) {
    confirm();
    return;
  }
  subscriptions.add(channel);
  const joined = core.hub.add(channel, session);
  if (joined === undefined) {
    confirm();
    return;
  }
  return joined.then(confirm, (error: unknown) => {
    if (session.isClosed) return;
    session.subscriptions?.delete(channel);
    core.hub.remove(channel, session);
    failSubscribe(session, packet, channel, String(error));
  });
}

function failSubscribe(
  session: Session,
  packet: InvokePacket,
  channel: string,
  reason: string,
): void {
  const error = new BrokerError(`Failed to subscribe socket to the ${channel} channel - ${reason}`);
  session.emitError(error);
  session.respondError(packet.cid, error);
}

function handleUnsubscribe(session: Session, packet: EventPacket): void | Promise<void> {
  session.auth.checkExpiry();
  const channel = parseUnsubscribeRequest(packet.data);
  if (channel === undefined) {
    refuse(session, packet, new InvalidActionError('Unsubscribe channel name was malformatted'));
    return;
  }
  const left = session.core.unsubscribe(session, channel);
  if (left instanceof Error) {
    const error = new BrokerError(
      `Failed to unsubscribe socket from the ${channel} channel - InvalidActionError: ${left.message}`,
    );
    refuse(session, packet, error);
    return;
  }
  if (left === undefined) {
    succeed(session, packet);
    return;
  }
  // The socket has left at once; the answer, but not its next packet, waits for the broker.
  left.then(
    () => succeed(session, packet),
    (error: unknown) => session.core.emitWarning(error),
  );
}

function handlePublish(session: Session, packet: EventPacket): void | Promise<void> {
  const expired = session.auth.checkExpiry();
  if (!session.core.server.allowClientPublish) {
    refuse(session, packet, new InvalidActionError('Client publish feature is disabled'));
    return;
  }
  const publication = parsePublication(packet.data);
  if (!publication) {
    refuse(session, packet, new InvalidActionError('Publish channel name was malformatted'));
    return;
  }
  const { channel, data } = publication;
  if (channel.length > session.core.options.maxNameLength) {
    refuse(session, packet, nameTooLong(session, 'channel name'));
    return;
  }
  if (session.core.middleware.inbound === undefined) {
    return publish(session, packet, channel, data);
  }
  const pass = passInbound(session, packet, 'publishIn', { channel }, data, expired);
  return pass.then((allowed) => allowed && publish(session, packet, channel, allowed.data));
}

function publish(
  session: Session,
  packet: EventPacket,
  channel: string,
  data: unknown,
): void | Promise<void> {
  const { hub } = session.core;
  let accepted: void | Promise<void>;
  try {
    accepted = hub.publish(channel, data);
  } catch (error) {
    refuse(session, packet, error as Error);
    return;
  }
  if (accepted === undefined) {
    succeed(session, packet);
    return;
  }
  return accepted.then(
    () => succeed(session, packet),
    (error: unknown) => {
      session.core.emitWarning(error);
      const message = `Failed to publish to the ${channel} channel - ${error}`;
      if (packet.type === 'invoke' && !session.isClosed) {
        session.respondError(packet.cid, new BrokerError(message));
      }
    },
  );
}

/** Version 1 clients announce code and reason ahead of a close frame without any (P11.4). */
function handleDisconnect(session: Session, packet: EventPacket): void {
  const { code, data } = parseDisconnectNotice(packet.data);
  session.end(code ?? 1005, data ?? '', () => session.connection.close(1000, ''));
}

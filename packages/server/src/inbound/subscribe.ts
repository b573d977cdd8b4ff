import {
  BrokerError,
  InvalidActionError,
  type InvokePacket,
  UnrecoverablePositionError,
} from '@asyngular/protocol';
import {
  type PresenceRequest,
  parseSubscribeRequest,
  parseUnsubscribeRequest,
} from '@asyngular/protocol/internal';
import type { Subscribed, SubscribeRequest } from '../channels/history-requests.js';
import { USER_CHANNEL } from '../channels/user-channel.js';
import { isKnownChannel } from './contract-line.js';
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
import { recoveryRequest, subscribeAnswer } from './recovery-wire.js';
import {
  enterSubscribed,
  type PresenceEntry,
  passEntry,
  presenceRequest,
  watchSubscribed,
} from './subscribe-presence.js';

/** `#subscribe` (P6.1). */
export function handleSubscribe(
  session: InboundSession,
  packet: EventPacket,
  size: number,
): void | Promise<void> {
  // The client has left, and asks the next server.
  if (session.hasDeparted) return;
  const expired = session.auth.checkExpiry();
  const request = parseSubscribeRequest(packet.data);
  if (!request) {
    refuse(session, packet, malformedName('Subscribe', packet.data));
    return;
  }
  const { channel } = request;
  const refused = refusedChannel(session, channel);
  if (refused) {
    refuse(session, packet, refused);
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
  if (!isKnownChannel(session, packet, channel)) return;
  const recovery = recoveryRequest(session, packet.data);
  if (!recovery) {
    refuse(session, packet, new InvalidActionError('Subscribe position was malformatted'));
    return;
  }
  let presence: PresenceRequest | null;
  try {
    presence = presenceRequest(session, packet.data);
  } catch (error) {
    refuse(session, packet, error as Error);
    return;
  }
  const options = {
    ...(request.waitForAuth && { waitForAuth: true }),
    ...(request.data !== undefined && { data: request.data }),
  };
  if (session.core.middleware.inbound === undefined) {
    subscribe(session, packet, { channel, options, recovery, presence }, size);
    return;
  }
  const pass = passInbound(session, packet, 'subscribe', { channel }, request.data, expired);
  return pass.then(async (allowed) => {
    if (!allowed) return;
    if (allowed.data !== undefined) options.data = allowed.data;
    const entry = presence && (await passEntry(session, channel, presence));
    if (entry === undefined) return;
    subscribe(session, packet, { channel, options, recovery, presence: entry }, size);
  });
}

/** What a client wants to subscribe to, and how. */
interface Subscription {
  readonly channel: string;
  readonly options: { waitForAuth?: boolean; data?: unknown };
  readonly recovery: SubscribeRequest;
  readonly presence: PresenceEntry | null;
}

function subscribe(
  session: InboundSession,
  packet: InvokePacket,
  { channel, options, recovery, presence }: Subscription,
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
  const hasLeft = (): void => {
    failSubscribe(session, packet, channel, 'it was unsubscribed meanwhile');
  };
  const confirm = (subscribed?: Subscribed): void => {
    if (session.isClosed) return;
    if (!session.subscriptions?.has(channel)) {
      hasLeft();
      return;
    }
    const answer = subscribed && subscribeAnswer(session, subscribed);
    const member = presence && enterSubscribed(session, channel, presence);
    session.respond(packet.cid, member ? { ...answer, ...member } : answer);
    session.announce('subscribe', { channel, subscriptionOptions: options });
    if (presence) watchSubscribed(session, channel, presence);
    if (subscribed) subscribed.begin();
    else session.catchUp(channel);
  };
  /** If the socket has left the channel, what it is subscribed to now is another subscription. */
  const confirmIfHere = (subscribed: Subscribed | undefined): void => {
    if (subscribed !== undefined) confirm(subscribed);
    else if (!session.isClosed) hasLeft();
  };
  const fail = (error: unknown): void => {
    if (session.isClosed) return;
    session.subscriptions?.delete(channel);
    core.hub.remove(channel, session);
    // The client asked to be refused then.
    if (error instanceof UnrecoverablePositionError) session.respondError(packet.cid, error);
    else failSubscribe(session, packet, channel, String(error));
  };
  if (channel === USER_CHANNEL && core.users !== undefined) {
    subscribeToUser(session, packet, options);
    return;
  }
  if (isNew) subscriptions.add(channel);
  if (core.recovery?.isRecoverable(channel)) {
    const subscribed = core.recovery.subscribe(channel, session, recovery);
    if (subscribed instanceof Promise) whileWaiting(session, size, subscribed, confirmIfHere, fail);
    else confirm(subscribed);
    return;
  }
  // Publications made on this server come from now on; the answer says that those of others do, too.
  const joined = isNew ? core.hub.add(channel, session) : core.hub.confirmation(channel);
  if (joined === undefined) confirm();
  else whileWaiting(session, size, joined, () => confirm(), fail);
}

/** The user's own channel is none of the hub: what is published there comes to the sockets of the user, one by one. */
function subscribeToUser(
  session: InboundSession,
  packet: InvokePacket,
  options: Subscription['options'],
): void {
  if (session.userId === undefined) {
    const reason = 'the connection belongs to no user; authenticate first';
    failSubscribe(session, packet, USER_CHANNEL, reason);
    return;
  }
  session.subscriptions?.add(USER_CHANNEL);
  session.respond(packet.cid, undefined);
  session.announce('subscribe', { channel: USER_CHANNEL, subscriptionOptions: options });
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

/** `#unsubscribe` (P6.5). */
export function handleUnsubscribe(session: InboundSession, packet: EventPacket): void {
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

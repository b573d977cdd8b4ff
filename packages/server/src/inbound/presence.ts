import { InvalidActionError } from '@asyngular/protocol';
import { type PresenceCommand, parsePresenceCommand } from '@asyngular/protocol/internal';
import type { SessionMembers } from '../members/session-members.js';
import { answerToFailure } from './failed-call.js';
import { type EventPacket, nameTooLong, passInbound, succeed } from './inbound-line.js';
import type { InboundSession } from './inbound-session.js';

/** `#presence` (P15.6). */
export function handlePresence(session: InboundSession, packet: EventPacket): void | Promise<void> {
  const expired = session.auth.checkExpiry();
  let channel: string | undefined;
  try {
    const command = commandIn(session, packet);
    ({ channel } = command);
    const members = membersIn(session, channel);
    if (command.type !== 'enter' && command.type !== 'update') {
      perform(members, command);
      succeed(session, packet);
      return;
    }
    const { type, state } = command;
    const whole = type === 'update' ? members.merged(channel, state) : state;
    const change: StateChange = { type, channel, state: whole };
    if (session.core.middleware.inbound === undefined) {
      applyState(session, packet, change);
      return;
    }
    const pass = passInbound(session, packet, 'presence', { channel }, whole, expired);
    return pass.then((allowed) => {
      if (allowed) tryState(session, packet, { ...change, state: allowed.data });
    });
  } catch (error) {
    fail(session, packet, channel, error);
  }
}

/** A state that a member is to have, whole. */
interface StateChange {
  readonly type: 'enter' | 'update';
  readonly channel: string;
  readonly state: unknown;
}

function tryState(session: InboundSession, packet: EventPacket, change: StateChange): void {
  try {
    applyState(session, packet, change);
  } catch (error) {
    fail(session, packet, change.channel, error);
  }
}

function applyState(
  session: InboundSession,
  packet: EventPacket,
  { type, channel, state }: StateChange,
): void {
  // It may have been kicked out while middleware was thinking.
  const members = membersIn(session, channel);
  members[type](channel, state);
  succeed(session, packet, type === 'enter' ? { key: members.key } : undefined);
}

function perform(members: SessionMembers, command: PresenceCommand): void {
  const { channel } = command;
  if (command.type === 'leave') members.leave(channel);
  else if (command.type === 'watch') {
    if (command.watch) members.watch(channel);
    else members.unwatch(channel);
  }
}

function commandIn(session: InboundSession, { data }: EventPacket): PresenceCommand {
  const command = parsePresenceCommand(data);
  if (command === undefined) {
    throw new InvalidActionError(
      'Presence request was malformatted: it takes the name of a channel and one of enter (a state), update (a state ' +
        'or a part of it), leave (true) and watch (true or false)',
    );
  }
  if (command.channel.length > session.core.options.maxNameLength) {
    throw nameTooLong(session, 'channel', command.channel);
  }
  return command;
}

/** Throws `InvalidActionError` where the socket may not ask for members, or there are none. */
function membersIn(session: InboundSession, channel: string): SessionMembers {
  if (!session.subscriptions?.has(channel)) {
    throw new InvalidActionError(
      `Socket ${session.id} asked for the members of the ${channel} channel, and is not subscribed to it; subscribe first`,
    );
  }
  session.core.members?.assertHas(channel);
  return session.members;
}

/** Answers with the error, or reports it when nobody waits. */
function fail(
  session: InboundSession,
  { cid }: EventPacket,
  channel: string | undefined,
  error: unknown,
): void {
  const about = channel === undefined ? {} : { channel };
  if (cid === undefined) session.emitError(error, about);
  else session.respondError(cid, answerToFailure(session, 'The change of presence', about, error));
}

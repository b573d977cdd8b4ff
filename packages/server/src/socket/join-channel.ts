import { checkOptions, count, type OptionTable } from '@asyngular/errors/options';
import {
  BrokerError,
  InvalidActionError,
  InvalidArgumentsError,
  protocolEvents,
} from '@asyngular/protocol';
import { PEOPLE_EXTENSION } from '@asyngular/protocol/internal';
import { assertChannelName } from '../channels/reserved-names.js';
import { USER_CHANNEL } from '../channels/user-channel.js';
import { subscribeAnswer } from '../inbound/recovery-wire.js';
import { notOpenError } from '../session/not-open-error.js';
import type { Session } from '../session/session.js';
import { kickOut } from './kick-out.js';

/** Options of `socket.joinChannel()`. */
export interface JoinChannelOptions {
  /** Publications to begin with, where the channel has history. Default, and at most: what the pattern of the channel says. */
  readonly rewind?: number | undefined;
}

const joinTable = { rewind: count('publications') } satisfies OptionTable<JoinChannelOptions>;

/** See `AGServerSocket.joinChannel()`. */
export async function joinChannel(
  session: Session,
  channel: string,
  options?: JoinChannelOptions,
): Promise<void> {
  assertChannelName(channel);
  const { rewind } = checkOptions<JoinChannelOptions>(
    joinTable,
    options,
    'joinChannel()',
    InvalidArgumentsError,
  );
  // Of a client that comes from another server it is not known before what it has had there.
  if (session.arrival?.isSettled === false) await session.arrival.settled;
  const { hub, recovery, users } = session.core;
  if (!session.isOpen || session.isLeaving || session.hasDeparted)
    throw notOpenError('joining of the channel', channel);
  session.subscriptions ??= new Set();
  const { subscriptions } = session;
  if (subscriptions.has(channel)) return hub.confirmation(channel);
  if (channel === USER_CHANNEL && users !== undefined) {
    if (session.userId === undefined) throw belongsToNobody(session);
    subscriptions.add(channel);
    announce(session, channel);
    return;
  }
  subscriptions.add(channel);
  try {
    if (recovery?.isRecoverable(channel)) {
      const subscribed = await recovery.subscribe(channel, session, { rewind });
      if (subscribed === undefined || session.isClosed) throw leftMeanwhile(session, channel);
      announce(session, channel, subscribeAnswer(session, subscribed));
      subscribed.begin();
      return;
    }
    // Before the first publication, which may be one of this server and come in this turn.
    announce(session, channel);
    const joined = hub.add(channel, session);
    session.catchUp(channel);
    await joined;
  } catch (error) {
    if (session.isOpen && subscriptions.has(channel)) await kickOut(session, channel, undefined);
    if (error instanceof InvalidActionError) throw error;
    throw new BrokerError(`Failed to join socket to the ${channel} channel - ${error}`, {
      cause: error,
    });
  }
  if (!subscriptions.has(channel)) throw leftMeanwhile(session, channel);
}

/** Tells the client, if it understands that, and the application's listeners. */
function announce(session: Session, channel: string, answer?: object): void {
  if (session.extensions?.has(PEOPLE_EXTENSION)) {
    session.outbound.send({ event: protocolEvents.joined, data: { channel, ...answer } });
  }
  session.announce('subscribe', { channel, subscriptionOptions: {}, byServer: true });
}

function belongsToNobody({ id }: Session): InvalidActionError {
  return new InvalidActionError(
    `Socket ${id} cannot join ${USER_CHANNEL}: it belongs to no user, by the option userId`,
  );
}

function leftMeanwhile({ id }: Session, channel: string): InvalidActionError {
  return new InvalidActionError(
    `Socket ${id} left the ${channel} channel, or closed, before it had joined it`,
  );
}

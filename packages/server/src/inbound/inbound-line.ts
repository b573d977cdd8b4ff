import { describeValue } from '@asyngular/errors/options';
import { InvalidActionError, type InvokePacket, type TransmitPacket } from '@asyngular/protocol';
import { isRecord, readOwn } from '@asyngular/protocol/internal';
import { isReservedName, reservedName } from '../channels/reserved-names.js';
import type { WarningDetails } from '../events/warning-details.js';
import { ActionBase } from '../middleware/action.js';
import type { InboundActionKind } from '../middleware/inbound-actions.js';
import type { BlockedAction } from '../middleware/middleware.js';
import type { InboundSession } from './inbound-session.js';

/** A packet with an event name. */
export type EventPacket = TransmitPacket | InvokePacket;

/**
 * Offers an action to the inbound line, if it is set. Resolves to the payload to go on with, or to
 * `undefined` when the action was blocked (and answered) or the socket has gone meanwhile.
 */
export async function passInbound(
  session: InboundSession,
  packet: EventPacket,
  type: Exclude<InboundActionKind, 'authenticate'>,
  fields: Pick<WarningDetails, 'channel' | 'procedure' | 'receiver'> & { isStream?: true },
  data: unknown,
  authTokenExpiredError: Error | undefined,
): Promise<{ data: unknown } | undefined> {
  const verdict = await judgeInbound(session, type, fields, data, authTokenExpiredError);
  if (verdict === undefined || !('error' in verdict)) return verdict;
  if (packet.cid !== undefined) refuse(session, packet, verdict.error as Error);
  return undefined;
}

/** The same, without an answer: resolves to the error for the client when the action was blocked. */
export async function judgeInbound(
  session: InboundSession,
  type: Exclude<InboundActionKind, 'authenticate'>,
  fields: Pick<WarningDetails, 'channel' | 'procedure' | 'receiver'>,
  data: unknown,
  authTokenExpiredError?: Error,
): Promise<{ data: unknown } | { error: unknown } | undefined> {
  const { socket, lanes } = session;
  const lane = lanes.useInbound(type);
  if (lane === undefined) return { data };
  const members = { socket, ...fields, ...(authTokenExpiredError && { authTokenExpiredError }) };
  try {
    const verdict = await lane.process(new ActionBase(type, members, data));
    return session.isClosed ? undefined : { data: verdict.data };
  } catch (blocked) {
    if (session.isClosed) return undefined;
    const { clientError } = blocked as BlockedAction;
    lanes.reportBlocked(blocked as BlockedAction, fields);
    return { error: clientError };
  }
}

/** Answers a call with the error, or reports it when nobody waits for an answer. */
export function refuse(session: InboundSession, packet: EventPacket, error: Error): void {
  if (packet.cid === undefined) {
    session.emitError(error);
    return;
  }
  if (!packet.event.startsWith('#')) session.core.calls.count(packet.event, 'refused');
  session.respondError(packet.cid, error);
}

/** `data` is the channel's name, or has it as `channel`. */
export function malformedName(what: string, data: unknown): InvalidActionError {
  const name = isRecord(data) ? readOwn(data, 'channel') : data;
  return new InvalidActionError(
    `${what} channel name was malformatted: it is ${describeValue(name)}, and must be a text`,
  );
}

export function nameTooLong(
  session: InboundSession,
  what: string,
  name: string,
): InvalidActionError {
  session.countLimit('maxNameLength');
  return new InvalidActionError(
    `The name of the ${what} ${describeValue(name)} has ${name.length} characters; the maxNameLength option of the ` +
      `server allows ${session.core.options.maxNameLength}`,
  );
}

/** Why a client cannot name a channel so, whatever it wants there. */
export function refusedChannel(
  session: InboundSession,
  channel: string,
): InvalidActionError | undefined {
  if (channel.length > session.core.options.maxNameLength) {
    return nameTooLong(session, 'channel', channel);
  }
  return isReservedName(channel) ? reservedName(channel) : undefined;
}

/** Answers a call; a one-way message is done without. */
export function succeed(session: InboundSession, packet: EventPacket, data?: unknown): void {
  if (packet.cid !== undefined && !session.isClosed) session.respond(packet.cid, data);
}

/**
 * The broker takes its time with a packet. The socket's other packets go on meanwhile: a broker that
 * is away must not hold up calls. What waits counts as the socket's backlog, so that a client which
 * publishes faster than the broker accepts is read more slowly.
 */
export function whileWaiting<Outcome>(
  { inbound }: InboundSession,
  size: number,
  outcome: Promise<Outcome>,
  onDone: (outcome: Outcome) => void,
  onError: (error: unknown) => void,
): void {
  inbound.meter.add(size);
  outcome.then(
    (value) => {
      inbound.meter.remove(size);
      onDone(value);
    },
    (error: unknown) => {
      inbound.meter.remove(size);
      onError(error);
    },
  );
}

import { describeValue } from '@asyngular/errors/options';
import { InvalidActionError, type InvokePacket, type TransmitPacket } from '@asyngular/protocol';
import type { WarningDetails } from '../events/warning-details.js';
import { ActionBase } from '../middleware/action.js';
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
  type: 'transmit' | 'invoke' | 'subscribe' | 'publishIn',
  fields: Pick<WarningDetails, 'channel' | 'procedure' | 'receiver'>,
  data: unknown,
  authTokenExpiredError: Error | undefined,
): Promise<{ data: unknown } | undefined> {
  const { socket, lanes } = session;
  const lane = lanes.use('inbound');
  if (lane === undefined) return { data };
  const members = { socket, ...fields, ...(authTokenExpiredError && { authTokenExpiredError }) };
  try {
    const verdict = await lane.process(new ActionBase(type, members, data));
    return session.isClosed ? undefined : { data: verdict.data };
  } catch (blocked) {
    if (session.isClosed) return undefined;
    const { clientError } = blocked as BlockedAction;
    lanes.reportBlocked(blocked as BlockedAction, fields);
    if (packet.cid !== undefined) session.respondError(packet.cid, clientError);
    return undefined;
  }
}

/** Answers a call with the error, or reports it when nobody waits for an answer. */
export function refuse(session: InboundSession, packet: EventPacket, error: Error): void {
  if (packet.cid !== undefined) session.respondError(packet.cid, error);
  else session.emitError(error);
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

import { AsyngularError, TimeoutError } from '@asyngular/protocol';
import type { PayloadCheck } from '@asyngular/protocol/internal';
import { USER_CHANNEL } from '../channels/user-channel.js';
import type { WarningDetails } from '../events/warning-details.js';
import { failInternally } from './failed-call.js';
import { type EventPacket, refuse } from './inbound-line.js';
import type { InboundSession } from './inbound-session.js';

/** What a packet is about. */
type About = Pick<WarningDetails, 'channel' | 'procedure' | 'receiver'>;

/** A packet of a client on its way through the contract. */
interface Checked {
  readonly session: InboundSession;
  readonly packet: EventPacket;
  readonly about: About;
}

/** Its payload on the way through a check. */
interface Check extends Checked {
  /** Gives the check; throws the error that the client gets for a name that the contract does not have. */
  find(): PayloadCheck | undefined;
  /** Goes on with what the schema makes of the payload. */
  go(data: unknown): void | Promise<void>;
}

/**
 * Checks what a client sends by the contract, in this turn unless the schema is asynchronous: then the socket's next
 * packet waits. Data that do not fit are the client's fault: it gets an error, or its socket has an `error`.
 */
export function passContract(check: Check, data: unknown): void | Promise<void> {
  return pass(check, data, refuseData);
}

/** The same of what the server has made of it: data that do not fit are the server's fault then. */
export function passRelay(check: Check, data: unknown): void | Promise<void> {
  return pass(check, data, blameServer);
}

/** Whether the contract has the channel; if not, the client gets an error. */
export function isKnownChannel(
  session: InboundSession,
  packet: EventPacket,
  channel: string,
): boolean {
  try {
    // The channel of a user is there without being declared.
    if (channel !== USER_CHANNEL) session.core.contract?.channel(channel);
    return true;
  } catch (error) {
    refuseData({ session, packet, about: { channel } }, error);
    return false;
  }
}

function pass(
  check: Check,
  data: unknown,
  fail: (check: Checked, error: unknown) => void,
): void | Promise<void> {
  const { session } = check;
  let checked: unknown;
  try {
    const schema = check.find();
    checked = schema === undefined ? data : schema(data);
  } catch (error) {
    fail(check, error);
    return;
  }
  if (!(checked instanceof Promise)) return check.go(checked);
  return checked.then(
    (value) => {
      if (!session.isClosed) return check.go(value);
    },
    (error: unknown) => {
      if (!session.isClosed) fail(check, error);
    },
  );
}

function refuseData(check: Checked, error: unknown): void {
  if (!(error instanceof AsyngularError) || error instanceof TimeoutError) {
    // The schema itself has failed, or did not answer.
    blameServer(check, error);
    return;
  }
  const { session, packet, about } = check;
  session.core.counters.invalidMessages++;
  if (packet.cid === undefined) session.emitError(error, about);
  else refuse(session, packet, error);
}

function blameServer({ session, packet, about }: Checked, error: unknown): void {
  if (packet.cid === undefined) session.emitError(error, about);
  else failInternally(session, packet.cid, about, error);
}

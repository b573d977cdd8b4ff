import { type InvokePacket, protocolEvents, type TransmitPacket } from '@asyngular/protocol';
import {
  CANCEL_EXTENSION,
  parseBodyPart,
  parseCallReference,
  parseCredit,
  STREAM_EXTENSION,
} from '@asyngular/protocol/internal';
import type { InboundSession } from './inbound-session.js';

/** The packets about calls under way (P16), and the extensions of which one has to be agreed. */
export const callControls: ReadonlyMap<string, readonly string[]> = new Map<
  string,
  readonly string[]
>([
  [protocolEvents.credit, [STREAM_EXTENSION]],
  [protocolEvents.cancel, [STREAM_EXTENSION, CANCEL_EXTENSION]],
  [protocolEvents.body, [STREAM_EXTENSION]],
]);

/** Whether the client may send that packet about a call. */
export function isCallControl({ extensions }: InboundSession, event: string): boolean {
  return callControls.get(event)?.some((name) => extensions?.has(name)) === true;
}

/**
 * Handles such a packet; `false` if there is nothing that it could be about. Out of its turn it is then to be tried
 * again, behind the call that it may belong to. In either case it may come twice.
 */
export function handleCallControl(
  session: InboundSession,
  { event, data }: TransmitPacket | InvokePacket,
  size: number,
  isInTurn = true,
): boolean {
  if (event === protocolEvents.body) {
    const part = parseBodyPart(data);
    return part !== undefined && session.served?.acceptBody(part, size, isInTurn) === true;
  }
  if (event === protocolEvents.cancel) {
    const call = parseCallReference(data);
    if (call === undefined) return false;
    return call.isSenders ? session.served?.withdraw(call.id) === true : session.stopBody(call.id);
  }
  return grant(session, data) !== undefined;
}

/** Whether a `#credit` tells anything new: then it counts in no rate limit (P16.12). */
export function isNewCredit(
  session: InboundSession,
  { event, data }: TransmitPacket | InvokePacket,
): boolean {
  return (
    event === protocolEvents.credit &&
    isCallControl(session, event) &&
    grant(session, data) === true
  );
}

/** Whether the credit is new; undefined: it is for no call. */
function grant(session: InboundSession, data: unknown): boolean | undefined {
  const credit = parseCredit(data);
  if (credit === undefined) return undefined;
  const { id, isSenders, upTo } = credit;
  if (isSenders) return session.served?.get(id)?.grant(upTo);
  return session.grantBody(id, upTo);
}

import { type LogPosition, parsePosition } from '@asyngular/broker';
import type { Published } from '@asyngular/channels';
import { InvalidActionError } from '@asyngular/protocol';
import {
  INTERRUPTION_EXTENSION,
  parsePublicationId,
  parseRecoveryRequest,
  RECOVERY_EXTENSION,
} from '@asyngular/protocol/internal';
import type { Subscribed, SubscribeRequest } from '../channels/history-requests.js';
import type { InboundSession } from './inbound-session.js';

// What packets of a socket say of recovery. Of a client that did not agree to the extension nothing is read, and it is
// sent nothing (P14.1).

const NOTHING_ASKED: SubscribeRequest = {};

/** Whether the client agreed to the extension; without channels that have history none has. */
function speaksRecovery({ core, extensions }: InboundSession): boolean {
  return core.recovery !== undefined && extensions?.has(RECOVERY_EXTENSION) === true;
}

/** Whether the client agreed to hear of holes: of all, or of those on channels with history (P12.6, P14.11). */
export function hearsOfInterruptions(
  agreed: ReadonlyMap<string, unknown> | undefined,
  { position }: { readonly position?: string },
): boolean {
  if (agreed === undefined) return false;
  return (
    agreed.has(INTERRUPTION_EXTENSION) || (position !== undefined && agreed.has(RECOVERY_EXTENSION))
  );
}

/** How a subscription is to begin (P14.4, P14.5); `undefined` when that cannot be read. */
export function recoveryRequest(
  session: InboundSession,
  data: unknown,
): SubscribeRequest | undefined {
  if (!speaksRecovery(session)) return NOTHING_ASKED;
  const request = parseRecoveryRequest(data);
  return request && { ...request, recover: positionIn(request.recover) };
}

/** The data of the answer to a subscription (P14.6). */
export function subscribeAnswer(
  session: InboundSession,
  { position, recovered, rewind }: Subscribed,
): object | undefined {
  if (!speaksRecovery(session)) return undefined;
  return {
    position,
    ...(recovered !== undefined && { recovered }),
    ...(rewind > 0 && { rewind }),
  };
}

/** The id of a publication, if it has one. Throws `InvalidActionError` for one that it cannot have (P14.14). */
export function publicationId(
  session: InboundSession,
  channel: string,
  data: unknown,
): string | undefined {
  if (!speaksRecovery(session)) return undefined;
  const id = parsePublicationId(data);
  if (id === null) return undefined;
  if (id === undefined) {
    throw new InvalidActionError('The id of a publication must be a text of 1 to 64 characters');
  }
  if (session.core.recovery?.isRecoverable(channel)) return id;
  throw new InvalidActionError(
    `A publication on the ${channel} channel cannot have an id, because the channel has no history; leave the id ` +
      "out, or give the channel history with the server's option channels",
  );
}

/** The data of the answer to a publication (P14.13). */
export function publishAnswer(
  session: InboundSession,
  { position, duplicate }: Published,
): object | undefined {
  return speaksRecovery(session) ? { position, ...(duplicate && { duplicate }) } : undefined;
}

/** A position that a client sent; `null` for one that no log has. */
export function positionIn(text: string | undefined): LogPosition | null | undefined {
  return text === undefined ? undefined : (parsePosition(text) ?? null);
}

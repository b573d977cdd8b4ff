import { dehydrateError, InvalidActionError } from '@asyngular/protocol';
import { type PresenceRequest, parsePresenceRequest } from '@asyngular/protocol/internal';
import { answerToFailure } from './failed-call.js';
import { judgeInbound } from './inbound-line.js';
import type { InboundSession } from './inbound-session.js';

// What a `#subscribe` does beside the subscription (P15.4, P15.5).

/** What is to be done once the channel is subscribed to. */
export interface PresenceEntry {
  /** `undefined`: it does not enter. */
  readonly state: unknown;
  readonly watch: boolean | undefined;
  /** Middleware refused the state. */
  readonly error?: unknown;
}

/** What a subscription asks for; `null`: nothing. Throws `InvalidActionError` when that cannot be read. */
export function presenceRequest(session: InboundSession, data: unknown): PresenceRequest | null {
  if (!session.speaksPresence) return null;
  const request = parsePresenceRequest(data);
  if (request !== undefined) return request;
  throw new InvalidActionError(
    'The presence of a subscription was malformatted: it takes a state and watch, which is true or false',
  );
}

/** Offers the state to the inbound line. Resolves to `undefined` when the socket has gone meanwhile. */
export async function passEntry(
  session: InboundSession,
  channel: string,
  request: PresenceRequest,
): Promise<PresenceEntry | undefined> {
  if (request.state === undefined) return request;
  const verdict = await judgeInbound(session, 'presence', { channel }, request.state);
  if (verdict === undefined) return undefined;
  return 'error' in verdict
    ? { ...request, error: verdict.error }
    : { ...request, state: verdict.data };
}

/** Enters, and answers with the member `presence` of the reply. */
export function enterSubscribed(
  session: InboundSession,
  channel: string,
  { state, error: refused }: PresenceEntry,
): { presence: object } {
  try {
    session.core.members?.assertHas(channel);
    if (refused !== undefined) return { presence: { error: dehydrateError(refused) } };
    if (state !== undefined) session.members.enter(channel, state);
    return { presence: { key: session.members.key } };
  } catch (error) {
    const answer = answerToFailure(session, 'Entering the channel', { channel }, error);
    return { presence: { error: dehydrateError(answer) } };
  }
}

/** Begins or ends watching, after the answer. */
export function watchSubscribed(
  session: InboundSession,
  channel: string,
  { watch }: PresenceEntry,
): void {
  if (watch === undefined || !session.core.members?.has(channel)) return;
  if (watch) session.members.watch(channel);
  else session.members.unwatch(channel);
}

import { decodeExtensions, type ExtensionAnswer, negotiateExtensions } from '@asyngular/protocol';
import {
  CANCEL_EXTENSION,
  INTERRUPTION_EXTENSION,
  isRecord,
  LIMITS_EXTENSION,
  MOVING_EXTENSION,
  PEOPLE_EXTENSION,
  PRESENCE_EXTENSION,
  parseLimits,
  parsePresenceOffer,
  parsePublisherName,
  RECOVERY_EXTENSION,
  STREAM_EXTENSION,
  TRACE_EXTENSION,
  UNHANDLED_EXTENSION,
} from '@asyngular/protocol/internal';
import { ARRIVAL_MS, Arrival } from '../channels/arrival.js';
import type { Codecs } from '../codecs/codecs.js';
import { isTracing } from '../tracing/channels.js';
import { deadlines } from '../turns/deadlines.js';
import type { HandshakeServer, HandshakeSession } from './handshake-session.js';

/** What decides on extensions. */
type ExtensionsServer = Pick<HandshakeServer, 'options' | 'recovery' | 'members' | 'codecs'>;

type Answers = ReadonlyMap<string, ExtensionAnswer>;

/** What the servers of this process answer, by their codecs: those are replaced as a whole, and belong to one server. */
const answersByCodecs = new WeakMap<Codecs, Answers>();

/**
 * Agrees with a client on what both sides name, and keeps what its offer says beside that (P12.2). Most other clients
 * offer nothing.
 */
export function agreeOnExtensions(session: HandshakeSession, ext: unknown): void {
  if (ext === undefined) return;
  const agreed = negotiateExtensions(ext, answersOf(session.core));
  if (agreed.size === 0) return;
  session.extensions = agreed;
  session.isTraced = agreed.has(TRACE_EXTENSION);
  const offered = decodeExtensions(ext);
  if (agreed.has(LIMITS_EXTENSION)) {
    session.outbound.limits = parseLimits(offered.get(LIMITS_EXTENSION));
  }
  if (session.speaksPresence) {
    session.formerId = parsePresenceOffer(offered.get(PRESENCE_EXTENSION)).was;
  }
  if (agreed.has(PEOPLE_EXTENSION)) {
    session.publisherName = parsePublisherName(offered.get(PEOPLE_EXTENSION));
  }
  if (agreed.has(MOVING_EXTENSION) && isOnTheWay(offered.get(MOVING_EXTENSION))) {
    expectArrival(session);
  }
}

/** Whether the client has another connection, which it is about to leave (P19.3). */
function isOnTheWay(offer: unknown): boolean {
  return isRecord(offer) && typeof offer.from === 'string';
}

/** Whether the client ever says that it has left the other server is up to the client. */
function expectArrival(session: HandshakeSession): void {
  const arrival = new Arrival();
  session.arrival = arrival;
  deadlines.add(ARRIVAL_MS, () => arrival.settle(), undefined);
}

function answersOf(core: ExtensionsServer): Answers {
  let answers = answersByCodecs.get(core.codecs);
  if (answers === undefined) {
    answers = createAnswers(core);
    answersByCodecs.set(core.codecs, answers);
  }
  return answers;
}

function createAnswers({ options, recovery, members, codecs }: ExtensionsServer): Answers {
  return new Map<string, ExtensionAnswer>([
    [INTERRUPTION_EXTENSION, agree],
    // Read anew for each client: limits change while a server runs.
    [
      LIMITS_EXTENSION,
      () => ({ maxPayload: options.maxPayload, maxBatchLength: options.maxBatchLength }),
    ],
    [PRESENCE_EXTENSION, (params) => members?.answerOffer(parsePresenceOffer(params))],
    [RECOVERY_EXTENSION, () => (recovery ? {} : undefined)],
    [MOVING_EXTENSION, agree],
    [UNHANDLED_EXTENSION, agree],
    [STREAM_EXTENSION, agree],
    [CANCEL_EXTENSION, agree],
    // Asked anew for each client: tracing begins and ends while a server runs.
    [TRACE_EXTENSION, () => (isTracing() ? {} : undefined)],
    ...codecs.further.map(({ extension }) => [extension!, agree] as const),
    [PEOPLE_EXTENSION, (params) => (parsePublisherName(params) === undefined ? undefined : {})],
  ]);
}

function agree(): object {
  return {};
}

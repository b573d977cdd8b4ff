import { decodeExtensions, type ExtensionAnswer, negotiateExtensions } from '@asyngular/protocol';
import {
  CANCEL_EXTENSION,
  INTERRUPTION_EXTENSION,
  LIMITS_EXTENSION,
  type Limits,
  PEOPLE_EXTENSION,
  PRESENCE_EXTENSION,
  parseLimits,
  parsePresenceOffer,
  parsePublisherName,
  RECOVERY_EXTENSION,
  STREAM_EXTENSION,
  UNHANDLED_EXTENSION,
} from '@asyngular/protocol/internal';
import type { HandshakeServer } from './handshake-session.js';

/** What decides on extensions. */
type ExtensionsServer = Pick<HandshakeServer, 'options' | 'recovery' | 'members' | 'codecs'>;

/** What both sides named; `undefined` when that is nothing, as for most other clients (P12.2). */
export function agreeOnExtensions(
  offered: unknown,
  { options: { maxPayload, maxBatchLength }, recovery, members, codecs }: ExtensionsServer,
): ReadonlyMap<string, unknown> | undefined {
  if (offered === undefined) return undefined;
  const supported = new Map<string, ExtensionAnswer>([
    [INTERRUPTION_EXTENSION, () => ({})],
    [LIMITS_EXTENSION, () => ({ maxPayload, maxBatchLength })],
    [PRESENCE_EXTENSION, (params) => members?.answerOffer(parsePresenceOffer(params))],
    [RECOVERY_EXTENSION, () => (recovery ? {} : undefined)],
    [UNHANDLED_EXTENSION, () => ({})],
    [STREAM_EXTENSION, () => ({})],
    [CANCEL_EXTENSION, () => ({})],
    ...codecs.further.map(({ extension }) => [extension!, () => ({})] as const),
    [PEOPLE_EXTENSION, (params) => (parsePublisherName(params) === undefined ? undefined : {})],
  ]);
  const agreed = negotiateExtensions(offered, supported);
  return agreed.size === 0 ? undefined : agreed;
}

/** The id of the socket that the client had before, as it says (P15.2). */
export function formerIdOfClient(offered: unknown): string | undefined {
  return parsePresenceOffer(decodeExtensions(offered).get(PRESENCE_EXTENSION)).was;
}

/** How large a message the client takes, by what it offered. */
export function limitsOfClient(offered: unknown): Limits {
  return parseLimits(decodeExtensions(offered).get(LIMITS_EXTENSION));
}

/** What the client calls itself as a publisher, over all its connections (P18.1). */
export function publisherNameIn(offered: unknown): string | undefined {
  return parsePublisherName(decodeExtensions(offered).get(PEOPLE_EXTENSION));
}

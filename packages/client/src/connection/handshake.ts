import {
  type Codec,
  closeCodes,
  InvalidMessageError,
  legalCloseCode,
  protocolEvents,
} from '@asyngular/protocol';
import {
  CANCEL_EXTENSION,
  type HandshakeReply,
  INTERRUPTION_EXTENSION,
  LIMITS_EXTENSION,
  MOVING_EXTENSION,
  PEOPLE_EXTENSION,
  PRESENCE_EXTENSION,
  parseHandshakeReply,
  RECOVERY_EXTENSION,
  STREAM_EXTENSION,
  typedJsonCodec,
  UNHANDLED_EXTENSION,
} from '@asyngular/protocol/internal';
import { development } from '#development';
import type { Presence } from '../channels/presence.js';
import { type Context, emitError } from '../context.js';
import type { Requests } from '../messages/requests.js';
import { tracing } from '../tracing.js';
import type { Link } from './link.js';

/** What else of the socket a handshake uses. */
export interface HandshakeNeeds {
  readonly requests: Pick<Requests, 'callNow'>;
  readonly presence: Pick<Presence, 'offer'>;
}

/**
 * Introduces the client on an open link, with its token. A failure is an `error` event, except on the way from one server
 * to another, `from` being the socket's id there, and ends the link; nothing happens to a link that has ended meanwhile.
 */
export function shakeHands(
  context: Context,
  { requests, presence }: HandshakeNeeds,
  link: Link,
  token: Promise<string | null>,
  from: string | undefined,
  onAccepted: (reply: HandshakeReply, authToken: string | null) => void,
): void {
  const { maxPayload }: { maxPayload?: unknown } = context.options.wsOptions;
  /** What this client can use beyond the plain protocol (P12). */
  const offeredExtensions = new Map<string, unknown>([
    [INTERRUPTION_EXTENSION, {}],
    [LIMITS_EXTENSION, { maxPayload }],
    [UNHANDLED_EXTENSION, {}],
    [RECOVERY_EXTENSION, {}],
    [STREAM_EXTENSION, {}],
    [CANCEL_EXTENSION, {}],
    [PRESENCE_EXTENSION, presence.offer],
    ...negotiableCodecs(context).map(({ extension }) => [extension!, {}] as const),
    [PEOPLE_EXTENSION, { id: context.publisherName }],
  ]);
  if (context.options.autoReconnect) {
    offeredExtensions.set(MOVING_EXTENSION, { from });
  }
  tracing?.offer(context.options, offeredExtensions);

  function send(authToken: string | null): void {
    // While the token was loading, the connection may have ended and another one begun.
    if (link.isOver) {
      return;
    }
    const introduction = { authToken, ext: Object.fromEntries(offeredExtensions) };
    const caller = {
      resolve(data: unknown) {
        const reply = parseHandshakeReply(data, offeredExtensions);
        if (reply) {
          onAccepted(reply, authToken);
        } else {
          fail(
            new InvalidMessageError(
              development
                ? 'The #handshake response has no id; check both codecs'
                : protocolEvents.handshake,
            ),
          );
        }
      },
      reject: fail,
    };
    requests.callNow(
      protocolEvents.handshake,
      introduction,
      context.options.ackTimeout,
      caller,
      link,
    );
  }

  function fail(error: unknown): void {
    if (link.isOver) {
      return;
    }
    const { statusCode } = withStatus(error);
    if (!from) {
      emitError(context, error);
    }
    // An error's status may be anything (401 of an HTTP-minded server); a close code may not.
    link.end(
      legalCloseCode(statusCode, closeCodes.handshakeFailed),
      String(error),
      error instanceof Error ? error : undefined,
    );
  }

  token.then(send, fail);
}

/** What both ends may change to after the handshake, best first; nothing if the application's codec is to be used at once. */
export function negotiableCodecs({ options: { codecEngine } }: Pick<Context, 'options'>): Codec[] {
  return codecEngine.extension ? [codecEngine, typedJsonCodec] : [];
}

/** The error, which has the code of the close that follows unless it has a status of its own. */
function withStatus(error: unknown): { statusCode?: unknown } {
  const result: { statusCode?: unknown } = Object(error);
  if (error instanceof Error) {
    result.statusCode ??= closeCodes.handshakeFailed;
  }
  return result;
}

import type { ChannelHistory } from '@asyngular/channels';
import { InvalidActionError } from '@asyngular/protocol';
import { type HistoryRequest, parseHistoryRequest } from '@asyngular/protocol/internal';
import type { HistoryQuery } from '../channels/history-requests.js';
import type { RecoverableChannels } from '../recovery/recoverable-channels.js';
import {
  type EventPacket,
  nameTooLong,
  passInbound,
  refuse,
  succeed,
  whileWaiting,
} from './inbound-line.js';
import type { InboundSession } from './inbound-session.js';
import { positionIn } from './recovery-wire.js';

/** Most bytes of publications in one answer, and most publications: the other sockets wait while it is made. */
const MAX_PAGE_BYTES = 1_048_576;
const MAX_PAGE_ENTRIES = 1_000;

/** `#history` (P14.16 to P14.18). */
export function handleHistory(
  session: InboundSession,
  packet: EventPacket,
  size: number,
): void | Promise<void> {
  const expired = session.auth.checkExpiry();
  let request: HistoryRequest;
  try {
    request = requestIn(session, packet);
    logsFor(session, request.channel);
  } catch (error) {
    refuse(session, packet, error as Error);
    return;
  }
  if (session.core.middleware.inbound === undefined) {
    return readInTurn(session, packet, request, size);
  }
  const { channel, ...query } = request;
  const pass = passInbound(session, packet, 'history', { channel }, query, expired);
  return pass.then((allowed) => {
    if (allowed) return readInTurn(session, packet, request, size);
  });
}

function requestIn(session: InboundSession, { cid, data }: EventPacket): HistoryRequest {
  const request = parseHistoryRequest(data);
  if (!request || cid === undefined) {
    const reason = request
      ? 'it has no cid, and must be a call'
      : 'it takes the name of a channel, a limit of 1 or more, before or after (positions, and not both), and an ' +
        "order, 'newest' or 'oldest'";
    throw new InvalidActionError(`History request was malformatted: ${reason}`);
  }
  if (request.channel.length > session.core.options.maxNameLength) {
    throw nameTooLong(session, 'channel', request.channel);
  }
  return request;
}

/** What to read the channel's log with. Throws `InvalidActionError` where the socket may not, or there is none. */
function logsFor(
  { id, core, subscriptions }: InboundSession,
  channel: string,
): RecoverableChannels {
  if (!subscriptions?.has(channel)) {
    throw new InvalidActionError(
      `Socket ${id} asked for the history of the ${channel} channel, and is not subscribed to it; subscribe first`,
    );
  }
  if (core.recovery?.isRecoverable(channel)) return core.recovery;
  throw new InvalidActionError(
    `The ${channel} channel has no history; the server's option channels would give it one`,
  );
}

/** A socket has one read under way; its next one, and what follows that, waits. */
function readInTurn(
  session: InboundSession,
  packet: EventPacket,
  request: HistoryRequest,
  size: number,
): void | Promise<void> {
  const { historyRead } = session;
  if (historyRead === undefined) {
    read(session, packet, request, size);
    return;
  }
  return session.inbound.delay(historyRead).then(() => {
    if (!session.isClosed) return readInTurn(session, packet, request, size);
  });
}

function read(
  session: InboundSession,
  packet: EventPacket,
  request: HistoryRequest,
  size: number,
): void {
  const { channel } = request;
  const fail = (error: unknown): void => {
    if (!session.isClosed) refuse(session, packet, error as Error);
  };
  try {
    // It may have been kicked out while middleware was thinking.
    const logs = logsFor(session, channel);
    const page = logs.history(channel, queryFor(session, request));
    const answer = (read: ChannelHistory): void => {
      succeed(session, packet, session.core.codecs.fitForAll(read, session.codec));
    };
    if (!(page instanceof Promise)) {
      answer(page);
      return;
    }
    session.historyRead = page.then(ignore, ignore).then(() => {
      session.historyRead = undefined;
    });
    whileWaiting(session, size, page, answer, fail);
  } catch (error) {
    fail(error);
  }
}

function queryFor(
  { core, outbound }: InboundSession,
  { channel, limit, before, after, order }: HistoryRequest,
): HistoryQuery {
  return {
    limit: Math.min(limit, core.recovery?.policyOf(channel)?.log.size ?? limit, MAX_PAGE_ENTRIES),
    before: positionIn(before),
    after: positionIn(after),
    order,
    // The answer has a position beside each publication, which the packet in the log has not.
    maxBytes: Math.min(MAX_PAGE_BYTES, outbound.limits.maxPayload / 2),
  };
}

function ignore(): void {}

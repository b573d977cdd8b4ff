import { elsewhere } from '@asyngular/errors/internal';
import {
  BadConnectionError,
  closeCodes,
  decodeReason,
  reconnectMode,
  type SocketProtocolError,
} from '@asyngular/protocol';
import { dropQueuedRuns } from './handler-lanes.js';
import type { Session } from './session.js';

/** The connection is gone. A client that closed it in good order is heard out first. */
export function endByClient(session: Session, code: number, reason: string): void {
  const isAbnormal = code === closeCodes.abnormal;
  // A client that was sent away and just hung up has gone as it was told.
  if (session.isLeaving && isAbnormal) {
    session.end(closeCodes.goingAway, '');
    return;
  }
  const end = () => session.end(code, decodeReason(code, reason));
  if (isAbnormal || !session.inbound.whenHeardOut(end)) {
    session.inbound.hearOut();
    end();
    return;
  }
  // It takes nothing any more, so nothing waits for that.
  session.outbound.outbox.drained();
}

/**
 * Everything that happens when a socket is over, in the documented order: pending calls rejected,
 * `disconnect` (or `connectAbort`), `close`, removal from `clients`, `error` unless the close was
 * ordinary, one `unsubscribe` per channel, `end`, and the clean-up of streams.
 * Every socket event has its server twin right after it.
 */
export function endSession(
  session: Session,
  wasOpen: boolean,
  code: number,
  reason: unknown,
  error: SocketProtocolError | undefined,
): void {
  const { core } = session;
  core.closes.add(code);
  session.heartbeat.stop();
  session.auth.stop();
  session.inbound.stop();
  dropQueuedRuns(session);
  session.handshakeSlot?.release();
  if (session.address) session.address.sockets--;

  const type = wasOpen ? 'disconnect' : 'connectAbort';
  session.rejectAllCalls((event) =>
    elsewhere(
      new BadConnectionError(
        `Event ${event} was aborted due to a bad connection`,
        type,
        code,
        (reason as string) || undefined,
      ),
    ),
  );
  session.existingMembers?.end(reconnectMode(code) !== 'never');
  const channels = [...(session.subscriptions ?? [])];
  for (const channel of channels) core.hub.remove(channel, session);
  session.subscriptions = undefined;

  session.announce(type, { code, reason });
  session.announce('close', { code, reason });
  core.forget(session);
  if (error) report(session, code, error);

  // Each step in a turn of its own: code that awaits `disconnect`, behind however many promises, runs
  // before `unsubscribe`, a loop that has had several `unsubscribe` sees `end` after them, and a kill must
  // not take the events above from loops that wait for them.
  if (channels.length > 0) setImmediate(announceUnsubscribed, session, channels);
  else finish(session);
}

/** A client that just leaves is no warning: `closure` tells it. Its socket's `error` is for those who ask. */
function report(session: Session, code: number, error: SocketProtocolError): void {
  if (isLeave(code)) session.socket.announce('error', { error });
  else session.emitError(error);
}

function isLeave(code: number): boolean {
  return code === closeCodes.abnormal || code === closeCodes.noStatus;
}

function announceUnsubscribed(session: Session, channels: readonly string[]): void {
  for (const channel of channels) session.announce('unsubscribe', { channel });
  setImmediate(finish, session);
}

function finish(session: Session): void {
  session.socket.announce('end', undefined);
  setImmediate(cleanUp, session);
}

function cleanUp({ socket, core, inbound, existingLanes }: Session): void {
  existingLanes?.handshake?.end('close');
  const mode = core.options.socketStreamCleanupMode;
  if (mode === 'kill') socket.killAllStreams();
  else if (mode === 'close') socket.closeAllStreams();
  inbound.meter.close();
}

/** Closes a socket that has left too much waiting, and drops it. */
export function shedSession(session: Session, error: Error): void {
  if (!session.isClosed) {
    session.emitError(error);
    session.close(closeCodes.policyViolation, 'The server does not keep up; try again later');
  }
  session.socket.killInputStreams();
  session.inbound.meter.leave();
}

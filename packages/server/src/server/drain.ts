import { BadConnectionError, BrokerError, closeCodes, protocolEvents } from '@asyngular/protocol';
import { MOVING_EXTENSION } from '@asyngular/protocol/internal';
import { HELD_BY_DRAIN } from '../inbound/reading.js';
import type { Session } from '../session/session.js';
import { sessionOf } from '../socket/socket-streams.js';
import { type DrainOptions, resolveDrainOptions } from './drain-options.js';
import { dueAt, planDrain, turnOf } from './drain-plan.js';
import type { ServerCore } from './server-core.js';

/** What became of the clients. */
export interface DrainResult {
  /** Sockets that were closed with nothing under way. */
  finished: number;
  /** Sockets whose calls or unsent bytes were not done at the timeout. */
  unfinished: number;
}

/** How often it is looked at whose turn it is and who has finished. */
const TICK_MS = 10;
/** How long a client may take to answer the close frame, after everything else. */
const FAREWELL_MS = 2_000;

/**
 * Sends every client away, one after the other, no faster than the servers that remain can take them.
 *
 * A client that knows how (P19) is told when to go. It connects to another server, and is served here until it says that
 * it has left; what is under way then ends here, until `timeout`. All others, and those that find no other server in
 * time, are closed with 1001 ("going away"): all known clients come back after it, with a delay and jitter, to whichever
 * server answers then; 1000 and 4500 upwards would keep them away, and 4000, 4001 and 1005 bring them all at once. A
 * client that is about to be closed is not read from any more; when its calls are answered, its messages consumed and its
 * bytes sent, it gets the close frame. What it had sent by then is still taken, except calls, which it may repeat elsewhere.
 */
export async function drainServer(core: ServerCore, options: DrainOptions): Promise<DrainResult> {
  const { timeout, spread, moveTimeout, handshakeRate } = resolveDrainOptions(
    options,
    core.broker.isAlone === true,
  );
  const { server } = core;
  core.isDraining = true;
  server.isReady = false;
  core.fleet.announce();
  // They have asked for nothing yet; elsewhere they can do so at once.
  for (const socket of Object.values(server.pendingClients))
    sessionOf(socket).close(closeCodes.goingAway);

  const sessions = Object.values(server.clients).map(sessionOf);
  const { durationMs, excessRate } = planDrain({
    clients: sessions.length,
    remaining: countRemaining(core, moveTimeout > 0),
    handshakeRate,
    spreadMs: spread,
    timeoutMs: timeout,
  });
  if (excessRate !== undefined) warnOfRate(core, sessions.length, excessRate);
  const result = { finished: 0, unfinished: 0 };
  const startMs = performance.now();
  /** Until when those who move may be on their way. */
  const moving = new Map<Session, number>();
  if (moveTimeout > 0) {
    for (const [index, session] of sessions.entries()) {
      if (!session.extensions?.has(MOVING_EXTENSION)) continue;
      const turnMs = turnOf(index, sessions.length, durationMs);
      const data = { in: turnMs, within: Math.min(moveTimeout, Math.max(0, timeout - turnMs)) };
      session.outbound.send({ event: protocolEvents.reconnect, data });
      moving.set(session, turnMs + moveTimeout);
    }
  }
  const leaving = new Set<Session>();
  const sendAway = (session: Session): void => {
    session.inbound.hold(HELD_BY_DRAIN);
    session.endStreams(goingAway());
    leaving.add(session);
  };
  let next = 0;
  while (next < sessions.length || leaving.size > 0 || moving.size > 0) {
    const passedMs = performance.now() - startMs;
    const isOver = passedMs >= timeout;
    // Nobody needs to wait for a turn any more when all have hung up, or the server was closed.
    const due =
      server.clientsCount === 0 ? sessions.length : dueAt(sessions.length, durationMs, passedMs);
    for (; next < due; next++) if (!moving.has(sessions[next]!)) sendAway(sessions[next]!);
    for (const [session, dueMs] of moving) {
      const isLate = isOver || (passedMs >= dueMs && !session.hasDeparted);
      if (!isLate && !session.isClosed) continue;
      moving.delete(session);
      sendAway(session);
    }
    for (const session of leaving) {
      const isDone = isIdle(session);
      if (!isDone && !isOver && !session.isClosed) continue;
      leaving.delete(session);
      // Who hangs up has finished; whom `close()` has cut has not.
      if (isDone || (session.isClosed && !core.isClosed)) result.finished++;
      else result.unfinished++;
      session.leave();
    }
    if (next < sessions.length || leaving.size > 0 || moving.size > 0) await tick();
  }
  const endMs = performance.now() + FAREWELL_MS;
  const isAnyoneLeft = () => server.clientsCount > 0 || core.closing.size > 0;
  while (isAnyoneLeft() && performance.now() < endMs) await tick();
  return result;
}

/** Other servers that are there and stay, as far as this one hears of them; says so if clients are to move and all leave. */
function countRemaining(core: ServerCore, isMoving: boolean): number {
  const servers = [...core.fleet.membership.servers.values()];
  const remaining = servers.filter(({ isDraining }) => !isDraining).length;
  if (isMoving && servers.length > 0 && remaining === 0) {
    core.emitWarning(
      new BrokerError(
        `All ${servers.length + 1} servers of the fleet are draining, so that clients find nobody to go to until one of ` +
          'them is started again; drain one after the other',
      ),
    );
  }
  return remaining;
}

/** Nothing is under way in either direction: no call waits for its answer, nothing to be consumed. */
export function isIdle({ inbound, outbound, unansweredCalls, callsInFlight }: Session): boolean {
  return (
    unansweredCalls === 0 &&
    callsInFlight === 0 &&
    inbound.backpressure === 0 &&
    inbound.meter.messages === 0 &&
    outbound.preparedCount === outbound.sentCount &&
    outbound.outbox.bufferedBytes === 0
  );
}

/** Streams end with what will end their connection: whoever reads them calls again, elsewhere. */
function goingAway(): BadConnectionError {
  return new BadConnectionError(
    'The stream has ended because the server leaves; retry it after the reconnect',
    'disconnect',
    closeCodes.goingAway,
  );
}

function warnOfRate(core: ServerCore, clients: number, rate: number): void {
  core.emitWarning(
    new BrokerError(
      `${clients} clients leave so fast that each server which remains gets ${rate} handshakes a second; give drain() more ` +
        'timeout',
    ),
  );
}

function tick(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, TICK_MS));
}

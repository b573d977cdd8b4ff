import { checkOptions, milliseconds, type OptionTable } from '@asyngular/errors/options';
import { BadConnectionError, closeCodes } from '@asyngular/protocol';
import { HELD_BY_DRAIN } from '../inbound/reading.js';
import type { Session } from '../session/session.js';
import { sessionOf } from '../socket/socket-streams.js';
import type { ServerCore } from './server-core.js';

/** How a server leaves; times in ms. */
export interface DrainOptions {
  /** When the remaining clients are closed without waiting for their calls any longer. Default 30,000. */
  timeout?: number;
  /** The clients are asked to leave one after the other over this time. Default 10,000; at most `timeout`. */
  spread?: number;
}

const drainTable = {
  timeout: milliseconds(),
  spread: milliseconds(),
} satisfies OptionTable<DrainOptions>;

/** The options that were given. Throws `InvalidOptionsError` for what cannot work. */
export function checkDrainOptions(options: unknown): DrainOptions {
  return checkOptions<DrainOptions>(drainTable, options, 'drain()');
}

/** What became of the clients. */
export interface DrainResult {
  /** Sockets that were closed with nothing under way. */
  finished: number;
  /** Sockets whose calls or unsent bytes were not done at the timeout. */
  unfinished: number;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_SPREAD_MS = 10_000;
/** How often it is looked at whose turn it is and who has finished. */
const TICK_MS = 10;
/** How long a client may take to answer the close frame, after everything else. */
const FAREWELL_MS = 2_000;

/**
 * Sends every client away with 1001 ("going away"): all known clients come back after it, with a delay
 * and jitter, to whichever server answers then; 1000 and 4500 upwards would keep them away, and
 * 4000, 4001 and 1005 bring them all at once. A client whose turn it is is not read from any more; when
 * its calls are answered, its messages consumed and its bytes sent, it gets the close frame. What it had
 * sent by then is still taken, except calls, which it may repeat elsewhere.
 */
export async function drainServer(core: ServerCore, options: DrainOptions): Promise<DrainResult> {
  const timeoutMs = options.timeout ?? DEFAULT_TIMEOUT_MS;
  const spreadMs = Math.min(options.spread ?? DEFAULT_SPREAD_MS, timeoutMs);
  const { server } = core;
  core.isDraining = true;
  server.isReady = false;
  // They have asked for nothing yet; elsewhere they can do so at once.
  for (const socket of Object.values(server.pendingClients))
    sessionOf(socket).close(closeCodes.goingAway);

  const sessions = Object.values(server.clients).map(sessionOf);
  const result = { finished: 0, unfinished: 0 };
  const startMs = performance.now();
  /** How many have had their turn by then. */
  const dueAt = (passedMs: number): number => {
    if (passedMs >= spreadMs) return sessions.length;
    return Math.floor((passedMs * sessions.length) / spreadMs) + 1;
  };
  const leaving = new Set<Session>();
  let next = 0;
  while (next < sessions.length || leaving.size > 0) {
    const passedMs = performance.now() - startMs;
    const isOver = passedMs >= timeoutMs;
    // Nobody needs to wait for a turn any more when all have hung up, or the server was closed.
    const due = server.clientsCount === 0 ? sessions.length : dueAt(passedMs);
    for (; next < due; next++) {
      const session = sessions[next]!;
      session.inbound.hold(HELD_BY_DRAIN);
      session.endStreams(goingAway());
      leaving.add(session);
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
    if (next < sessions.length || leaving.size > 0) await tick();
  }
  const endMs = performance.now() + FAREWELL_MS;
  const isAnyoneLeft = () => server.clientsCount > 0 || core.closing.size > 0;
  while (isAnyoneLeft() && performance.now() < endMs) await tick();
  return result;
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

function tick(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, TICK_MS));
}

import { TimeoutError } from '@asyngular/protocol';
import { closeBroker } from '../channels/broker-close.js';
import { sessionOf } from '../socket/socket-streams.js';
import { nextTurn } from '../turns/next-turn.js';
import { isIdle } from './drain.js';
import { stopMetrics } from './read-metrics.js';
import type { ServerCore } from './server-core.js';
import { closingOf } from './server-state.js';

/** Accepts no more clients and drops those whose handshake is not complete. */
export function stopAccepting(core: ServerCore): void {
  if (core.isClosed) return;
  core.isClosed = true;
  core.server.isReady = false;
  core.stopUpgrades?.();
  for (const socket of Object.values(core.server.pendingClients)) sessionOf(socket).terminate();
  // Of those that are still being judged there is no socket.
  for (const handshake of [...core.handshakes]) handshake.cut();
  core.engine.close();
}

/**
 * Ends everything that a server has, so that nothing of it keeps the process alive. What would not have ended
 * by itself is cut and named in one `warning`. `unfinished`: sockets that `drain()` has cut before.
 */
export async function closeServer(core: ServerCore, unfinished = 0): Promise<void> {
  const { server, broker, options } = core;
  const cut = cutClients(core, unfinished);
  closingOf(server).abort();
  stopMetrics(core);
  core.hub.close();
  core.recovery?.close();
  core.people.close();
  core.members?.close();
  core.fleet.close();
  if (!(await closeBroker(broker, options.closeTimeout))) {
    cut.push(
      `the ${broker.name} broker, which did not close within ${options.closeTimeout} ms and may keep the process alive`,
    );
  }
  if (cut.length > 0) {
    core.emitWarning(
      new TimeoutError(`The server cut what had not ended when it closed: ${cut.join('; ')}`),
    );
  }
  // The sockets' last events follow in the next turns.
  await nextTurn();
  core.exchange.destroy();
  core.brokerEngine.closeAllListeners();
  server.closeAllListeners();
  core.ownHttpServer?.closeAllConnections();
}

/** Drops all connections; returns what those were in the middle of. */
function cutClients({ server, closing, isDraining }: ServerCore, unfinished: number): string[] {
  let busy = unfinished;
  // Only a drain has given them time to answer.
  let silent = isDraining ? closing.size : 0;
  for (const session of Object.values(server.clients).map(sessionOf)) {
    if (session.isLeaving) silent++;
    else if (!isIdle(session)) busy++;
    session.terminate();
  }
  closing.terminateAll();
  const cut = [];
  if (busy > 0) {
    const hint = isDraining ? '' : ' (drain() lets clients finish)';
    cut.push(`${count(busy, 'socket')} with calls or messages under way${hint}`);
  }
  if (silent > 0) cut.push(`${count(silent, 'connection')} without an answer to the close frame`);
  return cut;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

import { once } from 'node:events';
import { within } from './wait.js';

/**
 * The arguments of the next event of a Node emitter, such as a TCP socket, a process or a client of ws.
 * Rejects when it emits `error` first, or nothing in time.
 */
export function nextEvent(
  emitter: NodeJS.EventEmitter,
  event: string,
  seen?: () => unknown,
): Promise<any[]> {
  return within(`the event '${event}'`, once(emitter, event), seen);
}

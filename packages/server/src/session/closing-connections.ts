import {
  socketProtocolErrorStatuses,
  socketProtocolIgnoreStatuses,
  truncateReason,
} from '@asyngular/protocol';
import type { Connection } from '../engine/engine.js';
import { deadlines } from '../turns/deadlines.js';

/** How long a connection that does not read may still take to read its close frame. */
const SLOW_CLOSE_MS = 1_000;

/** Connections of closed sockets whose peers have not answered the close frame yet. */
export class ClosingConnections {
  readonly #connections = new Set<Connection>();

  get size(): number {
    return this.#connections.size;
  }

  /**
   * Starts the closing handshake. `code` must be legal to send. The reason is cut to 123 bytes, and left out
   * when it is the one that the code stands for.
   */
  close(connection: Connection, code: number, reason: string): void {
    this.#connections.add(connection);
    const known = socketProtocolErrorStatuses[code] ?? socketProtocolIgnoreStatuses[code];
    connection.close(code, reason === known ? '' : truncateReason(reason));
  }

  /** The same with a peer that probably does not read: its buffered bytes must not linger. */
  closeSoon(connection: Connection, code: number): void {
    this.close(connection, code, '');
    this.terminateSoon(connection);
  }

  /** Cuts a connection that does not read. */
  terminateSoon(connection: Connection): void {
    deadlines.add(SLOW_CLOSE_MS, terminate, connection);
  }

  /** The connection is gone. */
  remove(connection: Connection): void {
    this.#connections.delete(connection);
  }

  /** The server closes. */
  terminateAll(): void {
    for (const connection of [...this.#connections]) connection.terminate();
  }
}

function terminate(connection: Connection): void {
  connection.terminate();
}

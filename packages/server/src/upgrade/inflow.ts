import type { Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';

/** Upgrade requests that are read in one turn of the event loop: 2 ms of work for Node's HTTP parser, 4 ms at first. */
const REQUESTS_PER_TURN = 64;

/** What Node reads a socket with, below its streams: the HTTP parser has no use for those. */
interface Handle {
  readStart(): void;
  readStop(): void;
}

/** `undefined` in environments whose sockets are made of something else. */
function handleOf(socket: Socket): Handle | undefined {
  const { _handle: handle } = socket as { _handle?: Partial<Handle> | null };
  return handle?.readStart && handle.readStop ? (handle as Handle) : undefined;
}

/**
 * Leaves the requests of a crowd unread until it is their turn. In one turn of the event loop Node reads all sockets that
 * have something, and would parse thousands of requests while those who are connected wait for a tenth of a second. Of
 * the connections that have sent nothing so far, so many are read in a turn as bring that many requests; what the others
 * send waits in the kernel, in the order in which they came. Connections that stay silent take nobody's turn.
 *
 * There is no public way to stop Node's HTTP server from reading a connection. Where the inner one is missing nothing is
 * stopped, nor with TLS, whose own handshakes come apart and cost more than these requests.
 */
export class Inflow {
  readonly #httpServer: HttpServer;
  /** One for all connections. */
  readonly #onClose: (this: Socket) => void;
  /** Connections that are read and may have sent nothing yet. */
  readonly #fresh = new Set<Socket>();
  /** Connections that have sent nothing, and are not read. */
  readonly #held = new Set<Socket>();
  #requests = 0;
  #isScheduled = false;

  constructor(httpServer: HttpServer) {
    this.#httpServer = httpServer;
    const forget = (socket: Socket): void => this.#forget(socket);
    this.#onClose = function () {
      forget(this);
    };
    if (!(httpServer instanceof TlsServer)) httpServer.on('connection', this.#onConnection);
  }

  /** A connection has brought its request for an upgrade. */
  count(socket: Socket): void {
    this.#forget(socket);
    this.#requests++;
    this.#schedule();
    if (this.#requests !== REQUESTS_PER_TURN) return;
    for (const other of this.#fresh) this.#hold(other);
    this.#fresh.clear();
  }

  /** Reads all connections again. */
  close(): void {
    this.#httpServer.off('connection', this.#onConnection);
    for (const socket of this.#held) handleOf(socket)?.readStart();
    for (const socket of [...this.#held, ...this.#fresh]) this.#forget(socket);
  }

  readonly #onConnection = (socket: Socket): void => {
    socket.on('close', this.#onClose);
    if (this.#held.size > 0) this.#hold(socket);
    else this.#fresh.add(socket);
  };

  #forget(socket: Socket): void {
    socket.off('close', this.#onClose);
    this.#fresh.delete(socket);
    this.#held.delete(socket);
  }

  /** Node has plans of its own with connections that have sent something. */
  #hold(socket: Socket): void {
    if (socket.bytesRead > 0) return;
    const handle = handleOf(socket);
    if (handle === undefined) return;
    handle.readStop();
    this.#held.add(socket);
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#nextTurn);
  }

  readonly #nextTurn = (): void => {
    this.#isScheduled = false;
    this.#requests = 0;
    let room = REQUESTS_PER_TURN;
    for (const socket of this.#held) {
      if (room-- === 0) break;
      this.#held.delete(socket);
      this.#fresh.add(socket);
      handleOf(socket)?.readStart();
    }
    if (this.#held.size > 0) this.#schedule();
  };
}

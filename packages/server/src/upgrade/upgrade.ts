import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { InvalidOptionsError } from '@asyngular/protocol';
import type { Connection, Engine, Upgrade } from '../engine/engine.js';
import { Inflow } from './inflow.js';

type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Several AGServers may share an HTTP server; one listener tells their upgrades apart by path. */
interface Upgrades {
  readonly handlers: Map<string, UpgradeHandler>;
  readonly listener: UpgradeHandler;
  readonly inflow: Inflow;
}

const registry = new WeakMap<HttpServer, Upgrades>();

/**
 * Handles the upgrades of one exact path; returns the function that ends it. Other paths are left to
 * the HTTP server's other `upgrade` listeners, and refused with 400 when there are none, because
 * nobody else would ever answer. Throws `InvalidOptionsError` when the path is taken.
 */
export function handleUpgrades(
  httpServer: HttpServer,
  path: string,
  handler: UpgradeHandler,
): () => void {
  let upgrades = registry.get(httpServer);
  if (!upgrades) {
    upgrades = createUpgrades(httpServer);
    registry.set(httpServer, upgrades);
    httpServer.on('upgrade', upgrades.listener);
  }
  const { handlers, listener, inflow } = upgrades;
  const key = pathOf(path);
  if (handlers.has(key)) {
    throw new InvalidOptionsError(
      `The path ${path} is served by another AGServer on this HTTP server; give each its own path`,
    );
  }
  handlers.set(key, handler);
  return () => {
    if (handlers.get(key) !== handler) return;
    handlers.delete(key);
    if (handlers.size > 0) return;
    httpServer.off('upgrade', listener);
    inflow.close();
    registry.delete(httpServer);
  };
}

function createUpgrades(httpServer: HttpServer): Upgrades {
  const handlers = new Map<string, UpgradeHandler>();
  const inflow = new Inflow(httpServer);
  return {
    handlers,
    inflow,
    listener(request, socket, head) {
      inflow.count(request.socket);
      const { url = '' } = request;
      // Most requests name the path as we do, without a query.
      const handler = handlers.get(url) ?? handlers.get(pathOf(url));
      if (handler) handler(request, socket, head);
      else if (httpServer.listenerCount('upgrade') === 1) {
        socket.on('error', ignoreError);
        refuseUpgrade(socket, 400, 'Bad Request');
      }
    },
  };
}

/** The path of a URL as it is compared: without the query, and percent-encoded in one way. */
export function pathOf(url = ''): string {
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  try {
    return encodeURI(decodeURI(path));
  } catch {
    // Not UTF-8, so not the path of any server.
    return path;
  }
}

/** An upgrade request of a Node HTTP server. */
export class HttpUpgrade implements Upgrade {
  readonly request: IncomingMessage;
  readonly #socket: Duplex;
  readonly #head: Buffer;
  readonly #engine: Engine;

  constructor(engine: Engine, request: IncomingMessage, socket: Duplex, head: Buffer) {
    this.#engine = engine;
    this.request = request;
    this.#socket = socket;
    this.#head = head;
    socket.on('error', ignoreError);
  }

  get isGone(): boolean {
    return this.#socket.destroyed;
  }

  accept(onConnection: (connection: Connection) => void, onRefused: () => void): void {
    const socket = this.#socket;
    let isConnected = false;
    this.#engine.upgrade(this.request, socket, this.#head, (connection) => {
      isConnected = true;
      onConnection(connection);
    });
    if (isConnected) return;
    // Refused by the engine, or being verified by a `verifyClient` of its own that takes its time.
    if (socket.writableEnded || socket.destroyed) onRefused();
    else socket.once('close', () => isConnected || onRefused());
  }

  refuse(status: number, body: string): void {
    refuseUpgrade(this.#socket, status, body);
  }

  drop(): void {
    this.#socket.destroy();
  }
}

/** Answers an upgrade with an HTTP error and ends the connection. */
function refuseUpgrade(socket: Duplex, status: number, body: string): void {
  if (socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  // Nobody else listens; a peer's reset that is not heard would end the process.
  socket.on('error', () => {});
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/html\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Until an engine takes over, nobody else listens; an unheard error would end the process. */
function ignoreError(): void {}

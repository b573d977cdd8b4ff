import type { IncomingMessage } from 'node:http';
import type { EngineHost, EngineOptions, ListeningEngine, Recipient } from '../engine.js';
import { UwsConnection, type UwsLimits } from './connection.js';
import { UwsFrame, UwsFrames } from './frames.js';
import { answer, faultOfUpgrade, isUpgrade } from './http.js';
import type { UwsModule, UwsRequest, UwsResponse, UwsWebSocket } from './module.js';
import { addressOf, UpgradeRequest } from './request.js';
import { Topic } from './topic.js';
import { UwsUpgrade } from './upgrade.js';

/** Finds the connection of a WebSocket without a closure per connection. */
const kConnection = Symbol('asyngular.connection');

type Tagged = { [kConnection]?: UwsConnection };

/** Fails when the port is taken, where the default would share it with another process. */
const EXCLUSIVE_PORT = 1;
const SHARED_PORT = 0;
/** Largest value of uWebSockets.js' `maxPayloadLength` that fits a signed integer. */
const MAX_PAYLOAD_LENGTH = 0x7fff_ffff;

/** How the engine listens, and what it holds. */
export interface UwsSettings {
  readonly host: string | undefined;
  readonly ssl: object | undefined;
  readonly maxHeldBytes: number;
}

/** An app of uWebSockets.js with one route for all upgrades and one for all other requests. */
export class UwsEngine implements ListeningEngine {
  readonly raw: ReturnType<UwsModule['App']>;
  port: number | undefined;
  readonly #uWS: UwsModule;
  readonly #options: EngineOptions;
  readonly #settings: UwsSettings;
  readonly #limits: UwsLimits;
  readonly #topic: Topic;
  #listenSocket: unknown;
  /** The WebSocket that an upgrade has just made, until it has its connection. */
  #made: UwsWebSocket | undefined;

  constructor(uWS: UwsModule, options: EngineOptions, settings: UwsSettings) {
    this.#uWS = uWS;
    this.#options = options;
    this.#settings = settings;
    this.#limits = { maxPayload: options.maxPayload, maxHeldBytes: settings.maxHeldBytes };
    this.raw = settings.ssl ? uWS.SSLApp(settings.ssl) : uWS.App();
    this.#topic = new Topic(this.raw);
  }

  listen(port: number, host: EngineHost): void {
    this.raw.ws('/*', {
      ...this.#options.wsEngineServerOptions,
      compression: 0,
      // The server bounds what is unsent and has a heartbeat of its own.
      maxBackpressure: 0,
      idleTimeout: 0,
      maxLifetime: 0,
      sendPingsAutomatically: false,
      // Beyond it uWebSockets.js cuts the connection; up to it the peer can be told why.
      maxPayloadLength: Math.min(
        this.#limits.maxPayload * 2 || MAX_PAYLOAD_LENGTH,
        MAX_PAYLOAD_LENGTH,
      ),
      upgrade: (response: UwsResponse, request: UwsRequest, context: unknown) => {
        if (isUpgrade(request)) this.#onUpgrade(host, response, request, context);
        else onRequest(host, response, request);
      },
      open: (raw: UwsWebSocket) => {
        this.#made = raw;
      },
      message: onMessage,
      ping: onPing,
      pong: onPong,
      drain: onDrain,
      close: (raw: UwsWebSocket, code: number, reason: ArrayBuffer) => {
        if (raw === this.#made) this.#made = undefined;
        else connectionOf(raw).closed(code, Buffer.from(reason).toString());
      },
    });
    this.raw.any('/*', (response, request) => {
      if (isUpgrade(request)) refuse(response, faultOfUpgrade(request) ?? 'Bad Request');
      else onRequest(host, response, request);
    });
    const listening = (socket: unknown) => {
      this.#listenSocket = socket;
    };
    const { host: name } = this.#settings;
    this.raw.listen(
      ...(name === undefined ? [] : [name]),
      port,
      host.sharesPort ? SHARED_PORT : EXCLUSIVE_PORT,
      listening,
    );
    if (!this.#listenSocket) {
      const where = `port ${port}${name === undefined ? '' : ` of ${name}`}`;
      throw new Error(`Cannot listen on ${where}: it is in use, or this process may not use it`);
    }
    this.port = this.#uWS.us_socket_local_port(this.#listenSocket);
  }

  prepare(message: string | Uint8Array): UwsFrame {
    return new UwsFrame(message);
  }

  join(frames: readonly (UwsFrame | UwsFrames)[]): UwsFrames {
    return new UwsFrames(frames);
  }

  sendToAll(recipients: readonly Recipient[], frame: UwsFrame | UwsFrames): void {
    if (frame instanceof UwsFrames && this.#topic.send(recipients, frame)) return;
    for (const recipient of recipients) {
      if (!recipient.connection.sendPrepared(frame)) recipient.block();
    }
  }

  close(): void {
    if (this.#listenSocket) this.#uWS.us_listen_socket_close(this.#listenSocket);
    this.#listenSocket = undefined;
    this.port = undefined;
  }

  #onUpgrade(host: EngineHost, response: UwsResponse, request: UwsRequest, context: unknown): void {
    const fault = faultOfUpgrade(request);
    if (fault !== undefined) {
      refuse(response, fault);
      return;
    }
    // All that is needed later is copied: the request is gone when this returns.
    const key = request.getHeader('sec-websocket-key');
    const offered = request.getHeader('sec-websocket-protocol');
    const address = addressOf(response.getRemoteAddress());
    const read = new UpgradeRequest(request, address, this.#settings.ssl !== undefined);
    const incoming = read as unknown as IncomingMessage;
    const chooseProtocol = (): string => this.#chooseProtocol(offered, incoming);
    const complete = (protocol: string): UwsConnection => {
      const raw = this.#upgrade(response, key, protocol, context);
      const connection = new UwsConnection(raw, address, read.byteLength, this.#limits);
      (raw as Tagged)[kConnection] = connection;
      return connection;
    };
    host.onUpgrade(new UwsUpgrade(incoming, response, { chooseProtocol, complete }));
  }

  /**
   * Nothing else may happen until the upgrade returns. In a later turn than the request's, uWebSockets before
   * 20.79 then reads memory that it has given back, to see whether it is to close the connection, and closes it
   * when that memory was used meanwhile. Source: its commit fe7c01a, "Fix cork() closing a WebSocket that was
   * upgraded asynchronously".
   */
  #upgrade(response: UwsResponse, key: string, protocol: string, context: unknown): UwsWebSocket {
    response.cork(() => response.upgrade({}, key, protocol, '', context));
    const raw = this.#made;
    this.#made = undefined;
    if (raw !== undefined) return raw;
    throw new Error(
      'uWebSockets.js closed a connection while it upgraded it; versions made of uWebSockets 20.79 or later do not',
    );
  }

  /** As `ws` does: the first one that is offered, unless there is a function. */
  #chooseProtocol(offered: string, request: IncomingMessage): string {
    if (offered === '') return '';
    const protocols = new Set(offered.split(',').map((name) => name.trim()));
    const { handleProtocols } = this.#options;
    if (typeof handleProtocols === 'function') return handleProtocols(protocols, request) || '';
    return [...protocols][0]!;
  }
}

/** Without a listener for aborts uWebSockets.js ends the process when an answer has no body, or fails. */
function onRequest(host: EngineHost, response: UwsResponse, request: UwsRequest): void {
  response.onAborted(ignoreAbort);
  const method = request.getCaseSensitiveMethod();
  answer(response, host.onRequest(method, request.getUrl()), method);
}

function refuse(response: UwsResponse, body: string): void {
  answer(response, { status: 400, headers: { 'Content-Type': 'text/html' }, body });
}

function ignoreAbort(): void {}

function connectionOf(raw: UwsWebSocket): UwsConnection {
  return (raw as Tagged)[kConnection]!;
}

function onMessage(raw: UwsWebSocket, data: ArrayBuffer, isBinary: boolean): void {
  connectionOf(raw).receive(data, isBinary);
}

function onPing(raw: UwsWebSocket, data: ArrayBuffer): void {
  connectionOf(raw).pinged(data.byteLength);
}

function onPong(raw: UwsWebSocket, data: ArrayBuffer): void {
  connectionOf(raw).countFrame(data.byteLength);
}

function onDrain(raw: UwsWebSocket): void {
  connectionOf(raw).drained();
}

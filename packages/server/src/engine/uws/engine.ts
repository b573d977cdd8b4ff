import type { IncomingMessage } from 'node:http';
import type {
  Connection,
  EngineHost,
  EngineOptions,
  ListeningEngine,
  Recipient,
} from '../engine.js';
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
  /** Takes the WebSocket that `upgrade()` is just making. */
  #opening: ((raw: UwsWebSocket) => void) | undefined;

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
      open: (raw: UwsWebSocket) => this.#opening?.(raw),
      message: onMessage,
      ping: onPing,
      pong: onPong,
      drain: onDrain,
      close: onClose,
    });
    this.raw.any('/*', (response, request) => {
      if (isUpgrade(request)) refuse(response, faultOfUpgrade(request) ?? 'Bad Request');
      else onRequest(host, response, request);
    });
    const listening = (socket: unknown) => {
      this.#listenSocket = socket;
    };
    const { host: name } = this.#settings;
    this.raw.listen(...(name === undefined ? [] : [name]), port, EXCLUSIVE_PORT, listening);
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
    const complete = (onConnection: (connection: Connection) => void) => {
      this.#opening = (raw) => {
        const connection = new UwsConnection(raw, address, read.byteLength, this.#limits);
        (raw as Tagged)[kConnection] = connection;
        onConnection(connection);
      };
      response.upgrade({}, key, this.#chooseProtocol(offered, incoming), '', context);
      this.#opening = undefined;
    };
    host.onUpgrade(new UwsUpgrade(incoming, response, complete));
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

function onMessage(raw: UwsWebSocket, data: ArrayBuffer, isBinary: boolean): void {
  (raw as Tagged)[kConnection]!.receive(data, isBinary);
}

function onPing(raw: UwsWebSocket, data: ArrayBuffer): void {
  (raw as Tagged)[kConnection]!.pinged(data.byteLength);
}

function onPong(raw: UwsWebSocket, data: ArrayBuffer): void {
  (raw as Tagged)[kConnection]!.countFrame(data.byteLength);
}

function onDrain(raw: UwsWebSocket): void {
  (raw as Tagged)[kConnection]!.drained();
}

function onClose(raw: UwsWebSocket, code: number, reason: ArrayBuffer): void {
  (raw as Tagged)[kConnection]!.closed(code, Buffer.from(reason).toString());
}

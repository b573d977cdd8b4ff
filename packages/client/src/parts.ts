import type { ChannelStreams } from '@asyngular/channels/internal';
import { BadConnectionError, dehydrateError } from '@asyngular/protocol';
import { AGRequest, cloneDeep } from '@asyngular/protocol/internal';
import { Authentication } from './authentication.js';
import type { Connection } from './connection.js';
import type { EmitEvent } from './events.js';
import { Inbound } from './inbound.js';
import { Lifecycle } from './lifecycle.js';
import type { ResolvedOptions } from './options.js';
import { Outlet } from './outlet.js';
import type { Platform } from './platform/platform.js';
import { type OutboundPacket, Requests } from './requests.js';
import { Subscriptions } from './subscriptions.js';
import type { AuthEngine } from './token-storage.js';

/** Shortest wait for an answer to `#subscribe`. */
const MIN_RETRY_MS = 1_000;

/** What the parts need from the object that users hold. */
export interface SocketHooks {
  /** Shown to procedures as `request.socket`. */
  readonly socket: unknown;
  readonly platform: Platform;
  /** Read at each use: `connect(options)` replaces them. */
  readonly options: ResolvedOptions;
  readonly authEngine: AuthEngine;
  readonly channelStreams: ChannelStreams;
  readonly emit: EmitEvent;
  readonly hasMessageListener: boolean;
  writeToReceiver(name: string, data: unknown): void;
  writeToProcedure(name: string, request: AGRequest): void;
}

export interface SocketParts {
  readonly lifecycle: Lifecycle;
  readonly requests: Requests;
  readonly subscriptions: Subscriptions;
  readonly authentication: Authentication;
  readonly outlet: Outlet;
}

/** Builds the parts of one socket and connects them; each knows only the host written here. */
export function createParts(hooks: SocketHooks): SocketParts {
  const { platform, emit, channelStreams } = hooks;
  const onError = (error: unknown) => emit('error', { error });

  const outlet = new Outlet({
    get codec() {
      return hooks.options.codecEngine;
    },
    write: (message) => lifecycle.connection?.send(message) ?? false,
    onUnencodable(packet: OutboundPacket, error: unknown) {
      if (packet.cid !== undefined) {
        requests.reject(packet.cid, error);
        return;
      }
      if (packet.rid !== undefined && packet.error === undefined) {
        // The caller would otherwise wait for its timeout.
        outlet.send({ rid: packet.rid, error: dehydrateError(error) });
      }
      onError(error);
    },
    onUnwritable(packet: OutboundPacket) {
      // A call fails with the close event that is on its way; a transmit has nothing to wait for.
      if (packet.event !== undefined && packet.cid === undefined) {
        const error = new BadConnectionError(
          `Event ${packet.event} was aborted due to a bad connection`,
          'disconnect',
        );
        emit('transmitDropped', { event: packet.event, data: packet.data, error });
      }
    },
  });

  const requests: Requests = new Requests({
    emit,
    get maxUnsent() {
      return hooks.options.maxUnsentMessages;
    },
    get maxInFlight() {
      return hooks.options.maxCallsInFlight;
    },
    get ackTimeoutMs() {
      return hooks.options.ackTimeout;
    },
    get generateId() {
      return hooks.options.callIdGenerator;
    },
    prepareToSend: () => lifecycle.prepareToSend(),
    send: (packet) => outlet.send(packet),
  });

  const subscriptions: Subscriptions = new Subscriptions({
    emit,
    emitChannel: (channel, name, payload) => channelStreams.emit(channel, name, payload),
    get isOpen() {
      return lifecycle.state === 'open';
    },
    get isAuthenticated() {
      return authentication.state === 'authenticated';
    },
    get channelPrefix() {
      return hooks.options.channelPrefix;
    },
    get retryAfterMs() {
      // A tiny ackTimeout says that calls may fail fast, not that the server should be asked in a loop.
      return Math.max(hooks.options.ackTimeout, MIN_RETRY_MS);
    },
    own: (data) => (hooks.options.cloneData ? cloneDeep(data) : data),
    call: (event, data, resolve, reject) => requests.callNow(event, data, null, resolve, reject),
    forget: (callId) => requests.forget(callId),
    transmit: (event, data) => outlet.send({ event, data }),
    setTimeout: (callback, delayMs) => platform.setTimeout(callback, delayMs),
    clearTimeout: (handle) => platform.clearTimeout(handle),
  });

  const authentication: Authentication = new Authentication({
    emit,
    get engine() {
      return hooks.authEngine;
    },
    get tokenName() {
      return hooks.options.authTokenName;
    },
    get isClosed() {
      return lifecycle.state === 'closed';
    },
    call: (event, data, resolve, reject) => requests.call(event, data, undefined, resolve, reject),
    transmit: (event) => requests.transmit(event, undefined),
    onAuthenticated: () => subscriptions.onAuthenticated(),
    setTimeout: (callback, delayMs) => platform.setTimeout(callback, delayMs),
  });

  const respond = (id: number, data?: unknown) =>
    outlet.send(data === undefined ? { rid: id } : { rid: id, data });
  const respondError = (id: number, error: unknown) =>
    outlet.send({ rid: id, error: dehydrateError(error) });

  // Answers go to the connection their request came through, if it is still there: the next one
  // would take them for answers to its own calls.
  const createResponder = (connection: Connection | undefined) => {
    const isCurrent = () => lifecycle.connection === connection && lifecycle.state === 'open';
    return {
      connection,
      respond: (id: number, data: unknown) => isCurrent() && respond(id, data),
      respondError: (id: number, error: unknown) => isCurrent() && respondError(id, error),
    };
  };
  let responder = createResponder(undefined);

  const inbound = new Inbound({
    get codec() {
      return hooks.options.codecEngine;
    },
    get protocolVersion() {
      return hooks.options.protocolVersion;
    },
    get hasMessageListener() {
      return hooks.hasMessageListener;
    },
    emit,
    onError,
    onPing: (pong) => lifecycle.connection?.onPing(pong),
    settle: (response) => requests.settle(response),
    onPublication(wireName, data) {
      const name = subscriptions.localName(wireName);
      if (name !== undefined) {
        channelStreams.publish(name, data);
      }
    },
    onKickOut: (wireName, message) => subscriptions.onKickOut(wireName, message),
    onSetAuthToken: (data) => authentication.onSetAuthToken(data),
    onRemoveAuthToken: () => authentication.onRemoveAuthToken(),
    onDisconnectNotice: (code, data) => lifecycle.onDisconnectNotice(code, data),
    onTransmit: (event, data) => hooks.writeToReceiver(event, data),
    onInvoke({ cid, event, data }) {
      const { connection } = lifecycle;
      if (responder.connection !== connection) {
        responder = createResponder(connection);
      }
      hooks.writeToProcedure(event, new AGRequest(hooks.socket, responder, cid, event, data));
    },
    respond,
    respondError,
  });

  const lifecycle: Lifecycle = new Lifecycle({
    get options() {
      return hooks.options;
    },
    platform,
    emit,
    requests,
    subscriptions,
    authentication,
    outlet,
    receive: (message, isCurrent) => inbound.receive(message, isCurrent),
  });

  return { lifecycle, requests, subscriptions, authentication, outlet };
}

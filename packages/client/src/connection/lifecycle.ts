import { closeCodes, InvalidArgumentsError, reconnectMode } from '@asyngular/protocol';
import {
  closeError,
  type HandshakeReply,
  isCodeWithin,
  LIMITS_EXTENSION,
  parseLimits,
} from '@asyngular/protocol/internal';
import { development } from '#development';
import type { Authentication } from '../auth/authentication.js';
import type { Presence } from '../channels/presence.js';
import type { Subscriptions } from '../channels/subscriptions.js';
import { type Context, emitError } from '../context.js';
import type { Receive } from '../messages/inbound.js';
import { connectionLoss, type ErrorOf } from '../messages/message.js';
import type { Outlet } from '../messages/outlet.js';
import type { Requests } from '../messages/requests.js';
import type { ConnectionStateMachine } from './connection-state.js';
import { negotiableCodecs, shakeHands } from './handshake.js';
import { createLink, type Link } from './link.js';
import { createMove, type Move } from './move.js';
import { createReconnectSchedule, type ReconnectSchedule } from './reconnect-schedule.js';
import { watchDevice } from './wake-up.js';

/** Connects, reconnects and disconnects: the order of everything that happens then is written here. */
export interface Lifecycle {
  /** The automatic attempts, to be read. */
  readonly reconnects: Pick<ReconnectSchedule, 'attempts' | 'pendingTimeout'>;
  /** Starts an attempt unless there is one or a connection. */
  connect(): void;
  /** See `AGClientSocket.disconnect`. @throws InvalidArgumentsError before anything changed */
  disconnect(code?: unknown, reason?: unknown): void;
  /** Before every outbound message: see docs/client.md, outbound events. */
  prepareToSend(): void;
  /** See `Move`. */
  readonly onReconnect: Move['onReconnect'];
}

/** What else of the socket the lifecycle uses. */
export interface LifecycleNeeds {
  readonly connection: ConnectionStateMachine;
  readonly outlet: Pick<Outlet, 'batcher' | 'send'>;
  readonly requests: Requests;
  readonly subscriptions: Subscriptions;
  readonly presence: Pick<
    Presence,
    'offer' | 'onConnectionOpen' | 'onConnectionLost' | 'onGivenUp'
  >;
  readonly authentication: Authentication;
  readonly receive: Receive;
}

/**
 *   closed ──connect()──▶ connecting ──handshake answered──▶ open
 *     ▲  └─ reconnect timer ─▲  │                             │
 *     └──────── disconnect(), failure, loss ──────────────────┘
 */
export function createLifecycle(
  context: Context,
  {
    connection,
    outlet,
    requests,
    subscriptions,
    presence,
    authentication,
    receive,
  }: LifecycleNeeds,
): Lifecycle {
  const { emit } = context;
  const reconnects = createReconnectSchedule(context, connect);
  let stopWatching = () => {};
  /** The connection that ends was found stale, and the next one begins at once: what waits can go on waiting. */
  let isReplaced = false;

  function connect(): void {
    if (connection.state !== 'closed') {
      return;
    }
    rest();
    connection.enter({ state: 'connecting' });
    emit('connecting', {});
    watch();
    connection.link = open(authentication.loadStored, undefined, onAccepted);
  }

  function open(
    token: () => Promise<string | null>,
    from: string | undefined,
    onShaken: (link: Link, reply: HandshakeReply, authToken: string | null) => void,
  ): Link {
    return createLink(context, {
      onLinkOpen: (link) =>
        shakeHands(context, { requests, presence }, link, token(), from, (reply, authToken) =>
          onShaken(link, reply, authToken),
        ),
      onLinkMessage: receive,
      onLinkEnd,
    });
  }

  const move = createMove(context, {
    connection,
    outlet,
    requests,
    subscriptions,
    presence,
    authentication,
    open: (token, onShaken) =>
      open(
        async () => token,
        connection.id!,
        (link, reply) => {
          adopt(link, reply);
          onShaken(link, reply);
        },
      ),
  });

  function disconnect(givenCode?: unknown, reason?: unknown): void {
    const code = givenCode || closeCodes.normal;
    if (!isCodeWithin(1000, code, 4999)) {
      throw new InvalidArgumentsError(
        development
          ? `The close code of disconnect() is ${String(code)}; it must be a number from 1000 to 4999`
          : String(code),
      );
    }
    move.disconnect(code, reason);
    if (connection.state !== 'closed') {
      connection.link?.end(code, reason);
      return;
    }
    if (reconnects.pendingTimeout !== null) {
      rest();
      // There will be no reconnect for what waits for it.
      giveUp(connectionLoss('connectAbort', code, reason));
    }
  }

  function prepareToSend(): void {
    const { connectOnSend, autoReconnect } = context.options;
    const isStale = connection.state === 'open' && connection.link?.hasGoneStale();
    if (isStale) {
      isReplaced = connectOnSend || autoReconnect;
      disconnect(
        closeCodes.normal,
        'Stale socket was disconnected by the client to initiate a new connection',
      );
      isReplaced = false;
    }
    // The application did not ask for the end of a stale connection, so this is a loss, and what is about to be
    // sent must not wait for ever.
    if (connectOnSend || (isStale && autoReconnect)) {
      connect();
    }
  }

  function onAccepted(link: Link, handshake: HandshakeReply, authToken: string | null): void {
    const { batchOnHandshake, batchOnHandshakeDuration, autoSubscribeOnConnect } = context.options;
    const { id, isAuthenticated, authError } = handshake;
    const processPendingSubscriptions = subscriptions.processPending;
    connection.enter({ state: 'open', id });
    if (batchOnHandshake) {
      outlet.batcher.batchFor(batchOnHandshakeDuration);
    }
    subscriptions.onConnectionOpen();
    adopt(link, handshake);
    presence.onConnectionOpen(id);
    authentication.onVerdict(authToken, isAuthenticated);
    reconnects.reset();
    if (autoSubscribeOnConnect) {
      processPendingSubscriptions();
    }
    emit('connect', {
      id,
      pingTimeout: link.pingTimeout,
      isAuthenticated: authentication.credentials.authState === 'authenticated',
      authToken,
      ...(authError && { authError }),
      processPendingSubscriptions,
      processSubscriptions: processPendingSubscriptions,
    });
    requests.flush();
  }

  /** What the two sides have agreed to. */
  function adopt(link: Link, { extensions, pingTimeout = link.pingTimeout }: HandshakeReply): void {
    link.extensions = extensions;
    link.codec =
      negotiableCodecs(context).find(({ extension }) => extensions.has(extension!)) ?? link.codec;
    link.limits = parseLimits(extensions.get(LIMITS_EXTENSION));
    link.pingTimeout = pingTimeout;
    link.expectPing();
  }

  /** Everything that follows the end of a connection. The order is documented. */
  function onLinkEnd(link: Link, code: number, reason: unknown, cause: Error | undefined): void {
    link.served?.end();
    if (connection.link && link !== connection.link) {
      // Of all that the socket has, only the calls on it are concerned.
      requests.onConnectionLost(connectionLoss('disconnect', code, reason, cause), link);
      requests.flush();
      move.onLinkEnd(link);
      return;
    }
    const type = connection.state === 'open' ? 'disconnect' : 'connectAbort';
    const loss = connectionLoss(type, code, reason, cause);
    const event = { code, reason, ...(cause && { cause }) };
    connection.enter({ state: 'closed' });
    move.onConnectionLost();
    requests.onConnectionLost(loss, link);
    presence.onConnectionLost();
    subscriptions.onConnectionLost();
    emit(type, event);
    emit('close', event);
    const error = closeError(code, reason, cause);
    if (error) {
      emitError(context, error);
    }
    const mode = context.options.autoReconnect ? reconnectMode(code) : 'never';
    if (isReplaced || mode !== 'never') {
      requests.onAttemptEnded(loss, true);
    } else {
      // Of calls on connections that were left, too, some would wait for the next one.
      move.disconnect(code, reason);
      giveUp(loss);
    }
    if (mode === 'never') {
      rest();
    } else {
      reconnects.start(mode === 'immediate');
    }
  }

  /** What waits for a connection waits in vain. */
  function giveUp(loss: ErrorOf): void {
    requests.onAttemptEnded(loss, false);
    presence.onGivenUp(loss);
  }

  /** No connection and none to come: no timer or listener stays behind. */
  function rest(): void {
    reconnects.cancel();
    stopWatching();
  }

  /** From an attempt on until `rest()`, so that each sign of the device finds a connection wanted. */
  function watch(): void {
    stopWatching = watchDevice(context, {
      onWakeUp,
      onPageHide,
      onStorageChange: authentication.onStorageChange,
    });
  }

  /** Disconnects. Should the page come back from the back-forward cache, that is a wake-up. */
  function onPageHide(): void {
    disconnect();
    reconnects.awaitReturn();
    watch();
  }

  function onWakeUp(): void {
    if (connection.state === 'open') {
      connection.link?.checkPath();
    } else {
      connect();
    }
  }

  return { reconnects, connect, disconnect, prepareToSend, onReconnect: move.onReconnect };
}

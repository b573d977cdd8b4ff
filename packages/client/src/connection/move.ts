import { closeCodes, protocolEvents } from '@asyngular/protocol';
import {
  type HandshakeReply,
  MOVING_EXTENSION,
  type ReconnectNotice,
} from '@asyngular/protocol/internal';
import type { Authentication } from '../auth/authentication.js';
import type { Presence } from '../channels/presence.js';
import type { Subscriptions } from '../channels/subscriptions.js';
import type { Context } from '../context.js';
import type { Caller } from '../messages/message.js';
import type { Outlet } from '../messages/outlet.js';
import type { Requests } from '../messages/requests.js';
import type { ConnectionStateMachine } from './connection-state.js';
import type { Link } from './link.js';

/** Pause between attempts, and its random part, ms. */
const RETRY_MS = 100;
const RETRY_RANDOMNESS_MS = 400;
/** How often it is looked at whether a connection that was left is still needed, ms. What is under way has time until then. */
const LINGER_MS = 1_000;
/** Connections that were left and are still needed, at most: servers that ask again and again are left no faster. */
const MAX_LEFT = 4;

/** Goes to another server when the one in use asks for it, without a moment without a connection (P19). */
export interface Move {
  /** `#reconnect`: the server in use wants to be left. */
  onReconnect(notice: ReconnectNotice): void;
  /** A link other than the one in use is over. */
  onLinkEnd(link: Link): void;
  /** The connection in use is over. */
  onConnectionLost(): void;
  /** Nobody waits for what is under way on connections that were left. */
  disconnect(code: number, reason: unknown): void;
}

/** What of the socket it uses. */
export interface MoveNeeds {
  readonly connection: ConnectionStateMachine;
  readonly outlet: Pick<Outlet, 'batcher' | 'send'>;
  readonly requests: Pick<Requests, 'callNow' | 'flush' | 'onMoved' | 'isAwaiting'>;
  readonly subscriptions: Pick<Subscriptions, 'wanted' | 'wireName' | 'onMoved'>;
  readonly presence: Pick<Presence, 'onConnectionOpen' | 'onConnectionLost'>;
  readonly authentication: Pick<Authentication, 'credentials' | 'onMoved'>;
  /** Opens a link and shakes hands on it as one that comes from the server in use. */
  open(token: string | null, onAccepted: (link: Link, reply: HandshakeReply) => void): Link;
}

/**
 *   told ──in──▶ connecting ──handshake──▶ listening ──#moving──▶ parting ──answer──▶ moved: the old link lingers
 *     ▲              │                        │
 *     └── within ────┴─────── any failure ────┘
 *
 * Until it is moved everything happens on the old link. While it is parting, the old server takes what was sent before, and
 * what the application sends waits. Who owns what afterwards:
 *
 *   the old link: calls of both sides that were made on it, with their streams
 *   the new link: everything else
 */
export function createMove(
  context: Context,
  { connection, outlet, requests, subscriptions, presence, authentication, open }: MoveNeeds,
): Move {
  const { platform, emit } = context;
  const left = new Set<Link>();
  let next: Link | undefined;
  let timer: unknown;
  let endsAt = 0;

  function onReconnect(notice: ReconnectNotice): void {
    if (connection.isParting) {
      return;
    }
    endsAt = platform.now() + notice.in + notice.within;
    stop();
    timer = platform.setTimeout(start, notice.in);
  }

  function start(): void {
    if (left.size >= MAX_LEFT) {
      retry();
      return;
    }
    const startedAt = platform.now();
    const token = authentication.credentials.signedAuthToken;
    next = open(token, (link, { id, isAuthenticated }) => {
      link.token = token;
      if (!link.extensions.has(MOVING_EXTENSION)) {
        link.end(closeCodes.moved);
        return;
      }
      const channels = [...subscriptions.wanted.keys()].map(subscriptions.wireName);
      const onParted = (heard: unknown) => {
        const oldId = connection.id!;
        moveTo(link, id, heard);
        authentication.onMoved(token, isAuthenticated);
        subscriptions.onMoved();
        emit('migrated', { oldId, id, duration: platform.now() - startedAt });
        requests.flush();
      };
      ask(
        link,
        { channels },
        {
          resolve: () => part(link, id, onParted),
          reject: () => link.end(closeCodes.moved),
        },
      );
    });
  }

  /** The old server takes what was sent to it, and says what it has sent. */
  function part(link: Link, to: string, onParted: (heard: unknown) => void): void {
    const old = connection.link!;
    outlet.batcher.flushBatch();
    connection.isParting = true;
    const settle = (answer?: unknown) => {
      if (connection.link !== old || connection.state !== 'open') {
        return;
      }
      if (link.isOver) {
        // Neither of them delivers anything any more.
        old.end(closeCodes.moved);
      } else {
        outlet.batcher.flushBatch();
        onParted((Object(answer) as { heard?: unknown }).heard);
        linger(old);
      }
    };
    // Without an answer it is not known, and the new server reports holes.
    ask(old, { to }, { resolve: settle, reject: () => settle() });
  }

  function moveTo(link: Link, id: string, heard: unknown = null): void {
    next = undefined;
    const old = connection.link!;
    old.token = authentication.credentials.signedAuthToken;
    requests.onMoved(old);
    connection.move(link, id);
    outlet.send({ event: protocolEvents.moving, data: { heard } });
    presence.onConnectionLost();
    presence.onConnectionOpen(id);
  }

  function ask(link: Link, data: object, caller: Caller): void {
    // What waits meanwhile has the other half.
    const timeoutMs = context.options.ackTimeout / 2;
    requests.callNow(protocolEvents.moving, data, timeoutMs, caller, link);
  }

  function linger(link: Link): void {
    left.add(link);
    platform.setTimeout(() => {
      const isNeeded = link.unanswered > 0 || link.served?.size || requests.isAwaiting(link);
      if (isNeeded && !link.isOver) {
        linger(link);
      } else {
        link.end(closeCodes.moved);
      }
    }, LINGER_MS);
  }

  function onLinkEnd(link: Link): void {
    left.delete(link);
    if (link === next) {
      next = undefined;
      retry();
    }
  }

  function retry(): void {
    const delayMs = RETRY_MS + platform.random() * RETRY_RANDOMNESS_MS;
    if (!connection.isParting && platform.now() + delayMs < endsAt) {
      timer = platform.setTimeout(start, delayMs);
    }
  }

  function stop(): void {
    platform.clearTimeout(timer);
    const link = next;
    next = undefined;
    link?.end(closeCodes.moved);
  }

  function disconnect(code: number, reason: unknown): void {
    for (const link of left) {
      link.end(code, reason);
    }
  }

  return { onReconnect, onLinkEnd, onConnectionLost: stop, disconnect };
}

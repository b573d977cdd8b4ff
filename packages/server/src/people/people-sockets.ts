import type { Publication } from '../outbound/publication.js';
import type { ListedSocket, SocketFilter, SocketPlace } from './people-requests.js';
import type { UserSession } from './users.js';

/** A socket, as far as it can be reached by whom it belongs to. */
export interface PersonSession extends UserSession {
  readonly id: string;
  /** When its handshake was complete, in monotonic ms. */
  readonly openedAt: number;
  /** It is being sent away. */
  readonly isLeaving: boolean;
  /** Its client has another connection, over which it is reached. */
  readonly isElsewhere: boolean;
  readonly connection: { readonly remoteAddress: string | undefined };
  readonly subscriptions: ReadonlySet<string> | undefined;
  transmit(event: string, data: unknown): void;
  invoke(event: string, data: unknown, timeoutMs: number): Promise<unknown>;
  deliver(publication: Publication): void;
  close(code: number, reason?: string): void;
}

/** The open sockets of a server. */
export interface SocketSource {
  /** Who they belong to; `undefined`: nobody knows. */
  readonly users: { of(userId: string): Iterable<PersonSession> } | undefined;
  /** All of them, in the order in which they opened. */
  sessions(): Iterable<PersonSession>;
  /** Those that are subscribed to a channel. */
  sessionsOn(channel: string): Iterable<PersonSession>;
}

/** The sockets that fit, in no order. A copy: what is done to them may change who does. */
export function socketsThatFit(source: SocketSource, filter: SocketFilter): PersonSession[] {
  return [...candidates(source, filter)].filter((session) => fits(session, filter));
}

/** The first sockets behind a place, in the order in which they opened, and whether more follow. */
export function listSockets(
  source: SocketSource,
  filter: SocketFilter,
  limit: number,
  after: SocketPlace = { openedAt: Number.NEGATIVE_INFINITY, id: '' },
): { sockets: ListedSocket[]; hasMore: boolean } {
  const first = new FirstSockets(limit + 1);
  for (const session of candidates(source, filter)) {
    if (fits(session, filter) && compare(session, after) > 0) first.add(session);
  }
  const found = first.take();
  return { sockets: found.slice(0, limit).map(describe), hasMore: found.length > limit };
}

/** Keeps those that opened first, so that a part of many sockets costs no order of all of them. */
class FirstSockets {
  readonly #count: number;
  readonly #found: PersonSession[] = [];

  constructor(count: number) {
    this.#count = count;
  }

  add(session: PersonSession): void {
    if (this.#found.push(session) === 2 * this.#count) this.#sort();
  }

  take(): readonly PersonSession[] {
    this.#sort();
    return this.#found;
  }

  #sort(): void {
    this.#found.sort(compare);
    if (this.#found.length > this.#count) this.#found.length = this.#count;
  }
}

function candidates(
  source: SocketSource,
  { user, channel }: SocketFilter,
): Iterable<PersonSession> {
  if (user !== undefined) return source.users?.of(user) ?? [];
  return channel === undefined ? source.sessions() : source.sessionsOn(channel);
}

/** Whether a socket is open and fits now. */
export function fits(session: PersonSession, { user, channel }: SocketFilter): boolean {
  if (!session.isOpen || session.isLeaving || session.isElsewhere) return false;
  if (user !== undefined && session.userId !== user) return false;
  return channel === undefined || session.subscriptions?.has(channel) === true;
}

function compare(one: SocketPlace, other: SocketPlace): number {
  if (one.openedAt !== other.openedAt) return one.openedAt - other.openedAt;
  if (one.id === other.id) return 0;
  return one.id < other.id ? -1 : 1;
}

function describe({ id, openedAt, userId, connection }: PersonSession): ListedSocket {
  return {
    id,
    openedAt,
    userId,
    since: Math.round(performance.timeOrigin + openedAt),
    address: connection.remoteAddress,
  };
}

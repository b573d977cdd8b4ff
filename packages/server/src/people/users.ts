import { describeValue } from '@asyngular/errors/options';
import { InvalidArgumentsError } from '@asyngular/protocol';
import { atOnce } from '../turns/at-once.js';

/** Longest user id, in UTF-16 code units. */
const MAX_USER_ID_LENGTH = 256;

/** A socket, as far as it belongs to a user. */
export interface UserSession {
  readonly isOpen: boolean;
  /** Who it belongs to; `undefined`: nobody known. */
  userId: string | undefined;
  emitError(error: unknown): void;
}

/** Says whose a socket is, and hears of changes. */
export interface UsersOwner<Session> {
  /** The option `userId`. */
  userIdOf(session: Session): unknown;
  /** The socket is about to belong to somebody else, or nobody. */
  onLeave(session: Session): void;
  /** It belongs to somebody else, or nobody. */
  onChange(session: Session): void;
}

const nobody: readonly never[] = [];

/** Whether a value can be the id of a user. */
export function isUserId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_USER_ID_LENGTH;
}

/** What a value is that is no id of a user, and what it should be. */
export function notUserId(what: string, value: unknown): InvalidArgumentsError {
  const given =
    typeof value === 'string' ? `a text of ${value.length} characters` : describeValue(value);
  return new InvalidArgumentsError(
    `${what} is ${given}; it must be a text of 1 to ${MAX_USER_ID_LENGTH} characters, such as String(id)`,
  );
}

/**
 * Who the open sockets of a server belong to. Asks the option `userId` when a handshake is complete and after each change
 * of the token; nobody else may say who a socket belongs to.
 */
export class Users<Session extends UserSession> {
  /** Most users have one socket, which needs no set. */
  readonly #sessions = new Map<string, Session | Set<Session>>();
  readonly #owner: UsersOwner<Session>;

  constructor(owner: UsersOwner<Session>) {
    this.#owner = owner;
  }

  /** Users with at least one open socket. */
  get count(): number {
    return this.#sessions.size;
  }

  /** The open sockets of a user. */
  of(userId: string): Iterable<Session> {
    const found = this.#sessions.get(userId);
    if (found === undefined) return nobody;
    return found instanceof Set ? found : [found];
  }

  /** The socket has opened, or its token has changed. */
  identify(session: Session): void {
    if (!session.isOpen) return;
    const userId = this.#ask(session);
    // The option is the application's code, and may have closed the socket: nobody would forget it again.
    if (!session.isOpen || userId === session.userId) return;
    if (session.userId !== undefined) this.#owner.onLeave(session);
    this.#remove(session);
    session.userId = userId;
    if (userId !== undefined) this.#add(userId, session);
    this.#owner.onChange(session);
  }

  /** The socket has closed. Its user id stays readable. */
  forget(session: Session): void {
    this.#remove(session);
  }

  #ask(session: Session): string | undefined {
    try {
      const userId = atOnce(this.#owner.userIdOf(session), 'The userId option') ?? undefined;
      if (userId === undefined || isUserId(userId)) return userId;
      throw notUserId('What the userId option returned', userId);
    } catch (error) {
      // Nobody, rather than the user that it was before.
      session.emitError(error);
      return undefined;
    }
  }

  #add(userId: string, session: Session): void {
    const found = this.#sessions.get(userId);
    if (found === undefined) this.#sessions.set(userId, session);
    else if (found instanceof Set) found.add(session);
    else this.#sessions.set(userId, new Set([found, session]));
  }

  #remove(session: Session): void {
    const { userId } = session;
    if (userId === undefined) return;
    const found = this.#sessions.get(userId);
    if (found === session) this.#sessions.delete(userId);
    else if (found instanceof Set && found.delete(session) && found.size === 0) {
      this.#sessions.delete(userId);
    }
  }
}

import { InvalidActionError } from '@asyngular/protocol';
import { USER_CHANNEL } from '../channels/user-channel.js';
import type { Codecs } from '../codecs/codecs.js';
import type { ServerContract } from '../contract/server-contract.js';
import type { FrameEngine } from '../engine/engine.js';
import type { Fleet } from '../fleet/types.js';
import { AGFleet } from '../people/fleet.js';
import { People, type PeopleServer } from '../people/people.js';
import type { PersonSession } from '../people/people-sockets.js';
import { AGUser } from '../people/user.js';
import { isUserId, notUserId, type Users } from '../people/users.js';
import type { Session } from '../session/session.js';
import { kickOut } from '../socket/kick-out.js';
import { sessionOf } from '../socket/socket-streams.js';
import type { ServerCore } from './server-core.js';

/** The socket is about to belong to somebody else: it hears nothing more of what is published to its user. */
export function leaveUser(session: Session): void {
  if (!session.subscriptions?.has(USER_CHANNEL)) return;
  void kickOut(session, USER_CHANNEL, 'The user of the connection has changed');
}

/** The people of a server: its sockets by whom they belong to, and the way to those of the other servers. */
export class ServerPeople implements PeopleServer {
  readonly fleet: Fleet | undefined;
  readonly #core: ServerCore;
  readonly #people: People;
  readonly #view: AGFleet;

  constructor(core: ServerCore) {
    this.#core = core;
    this.fleet = core.options.fleet ? core.fleet : undefined;
    this.#people = new People(this);
    this.#view = new AGFleet({
      people: this.#people,
      self: () => core.fleet.self(),
      others: () => core.fleet.membership.servers.values(),
    });
  }

  get id(): string {
    return this.#core.broker.node;
  }

  get contract(): ServerContract | undefined {
    return this.#core.contract;
  }

  get users(): Users<Session> | undefined {
    return this.#core.users;
  }

  get engine(): FrameEngine {
    return this.#core.engine;
  }

  get codecs(): Codecs {
    return this.#core.codecs;
  }

  *sessions(): Iterable<Session> {
    const { clients } = this.#core.server;
    for (const id in clients) yield sessionOf(clients[id]!);
  }

  sessionsOn(channel: string): Iterable<PersonSession> {
    // The hub does not know that one, because it is another channel for each user.
    if (channel === USER_CHANNEL && this.users !== undefined) return this.sessions();
    // Its other subscribers are loops of the exchange, which are not open.
    return this.#core.hub.subscribersOf(channel) as Iterable<unknown> as Iterable<PersonSession>;
  }

  kickOut(session: PersonSession, channel: string, message: unknown): void {
    kickOut(session as Session, channel, message);
  }

  emitWarning(warning: unknown): void {
    this.#core.emitWarning(warning);
  }

  /** See `AGServer.user()`. */
  user(id: string): AGUser {
    if (this.users === undefined) {
      throw new InvalidActionError(
        'server.user() needs the option userId, which says whose connection a socket is: userId: (socket) => socket.authToken?.sub',
      );
    }
    if (!isUserId(id)) throw notUserId('The id of server.user()', id);
    this.#assertHears('server.user()');
    return new AGUser(id, { people: this.#people, server: this.#core.server });
  }

  /** See `AGServer.fleet`. */
  get view(): AGFleet {
    this.#assertHears('server.fleet');
    return this.#view;
  }

  /** An answer of this server alone would look like one of all. */
  #assertHears(what: string): void {
    if (this.fleet !== undefined || this.#core.broker.isAlone === true) return;
    throw new InvalidActionError(
      `${what} needs the option fleet on all servers, so that they listen to each other: fleet: true, which is the ` +
        'default with userId',
    );
  }

  close(): void {
    this.#people.close();
  }
}

import type { ConsumableStream } from '@asyngular/streams';

/** Who is in a channel: a person, or whatever the application calls a user, on all of its connections. */
export interface PresenceMember<State = any> {
  /** The user's id, or the client's where there is none. The server says so, never the client. */
  readonly key: string;
  /** The user's id; undefined for a client without one. */
  readonly userId: string | undefined;
  /** What the member shows of itself: of several connections, the latest word. */
  readonly state: State;
  /** When the first of its connections came in: ms since the epoch, by the clock of that server. */
  readonly joinedAt: number;
  /** With how many connections it is here, 1 or more. */
  readonly connections: number;
}

/** One step of what `changes()` reads. */
export type PresenceChange<State = any> =
  /**
   * Everything so far: the first one of a loop, as soon as the members are known. Again when they have to be taken
   * anew: empty, when the subscription ends; and where a channel changes over to counts.
   */
  | {
      readonly type: 'sync';
      readonly member?: undefined;
      readonly members: ReadonlyMap<string, PresenceMember<State>>;
      readonly count: number;
    }
  /** A member came, changed, or left with the last of its connections; `member` is as it is now, or was at last. */
  | { readonly type: 'enter' | 'update' | 'leave'; readonly member: PresenceMember<State> }
  /** There are more or fewer members, where only their number is kept. */
  | { readonly type: 'count'; readonly member?: undefined; readonly count: number };

/** Who is in a channel, for those who watch it. */
export interface PresenceView<State = any> {
  /**
   * The members by key: a frozen map, another one after each set of changes, so that a user interface can compare by
   * identity. Empty until they are known, and where only counts are kept.
   */
  readonly members: ReadonlyMap<string, PresenceMember<State>>;
  /** How many members there are, also where only counts are kept; 0 until that is known. */
  readonly count: number;
  /**
   * What happens to the members, as a stream: each loop begins with a `sync`, then reads one event per change. Unchanged
   * members raise nothing, also after a reconnect.
   */
  changes(): ConsumableStream<PresenceChange<State>>;
}

/** The same for a client, which can be a member, too: `channel.presence`. */
export interface ChannelPresence<State = any> extends PresenceView<State> {
  /** The key under which this client is a member; undefined before the server has let it enter. */
  readonly key: string | undefined;
  /** The state with which this client is a member, or is about to be; undefined while it only watches. */
  readonly state: State | undefined;
  /**
   * Becomes a member, or replaces the state, and stays one over reconnects until `leave()` or the end of the
   * subscription. Resolves once the server has accepted it. Rejects with the server's error if it refuses, with
   * `AbortError` without a subscription, with `InvalidActionError` where the channel keeps no presence, and with
   * `TimeoutError` after the socket's `ackTimeout`, or `BadConnectionError` when there will be no other connection;
   * after these two the client goes on asking, the latter on the next connection.
   */
  enter(state: State): Promise<void>;
  /**
   * Merges into the state: members of an object one by one (undefined ones stay as they are), anything else takes its
   * place. At once here; what comes within 50 ms is sent together, and the last word wins. Does not throw: on a client
   * that is not a member it raises `presenceFail`.
   */
  update(part: State extends object ? Partial<State> : State): void;
  /** Ends the membership at once, and keeps watching. Does nothing on a client that is not a member. */
  leave(): void;
}

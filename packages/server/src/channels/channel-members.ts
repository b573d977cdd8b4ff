import type { PresenceView } from '@asyngular/channels';

/** A member of a channel that the server has entered, for instance for a bot. */
export interface EnteredMember<State = any> {
  readonly key: string;
  /** What it shows of itself. */
  readonly state: State;
  /** Whether it is in the channel: until `leave()`, or until somebody else enters the same key for the server. */
  readonly isHere: boolean;
  /** Replaces members of the state, if both are objects; else the state. Throws as `enter()` does. */
  update(part: State extends object ? Partial<State> : State): void;
  /** Leaves the channel; may be called again. */
  leave(): void;
}

/**
 * Who is in a channel, for the server: `server.presence(name)`. Reading `members`, `count` or `changes()` begins to watch
 * the channel, on all servers, until `close()`; the first two are empty until the other servers have answered, which takes
 * 250 ms at most.
 */
export interface ChannelMembers<State = any> extends PresenceView<State> {
  /** The channel's name. */
  readonly name: string;
  /**
   * Enters a member that has no socket, such as a bot, and that stays until it leaves or the server closes. The key is a
   * text of 1 to 256 characters; with the user id of somebody who is in the channel it is one more connection of that
   * member. Entering a key again replaces its state. Throws `InvalidArgumentsError` for another key, `InvalidActionError`
   * for a state that has no encoding, and `ResourceLimitError` for one above `maxPresenceBytes`.
   */
  enter(key: string, state: State): EnteredMember<State>;
  /** Watches no longer and ends the loops over `changes()`. Those whom it has entered stay. */
  close(): void;
}

/** Where the exchange finds who is in a channel. */
export interface ChannelMembersSource {
  /** Throws `InvalidActionError` for a channel without presence. */
  open(channel: string): ChannelMembers;
  /** The exchange ends. */
  close(): void;
}

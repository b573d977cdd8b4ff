/** Somebody who is in a channel: a person, or what the application takes for one, on however many connections. */
export interface PresenceMember {
  /** The user's id if there is one, else what the server made of the client's. */
  readonly key: string;
  readonly userId: string | undefined;
  /** What the member says of itself: JSON, of the connection that was updated last. */
  readonly state: unknown;
  /** In ms since the epoch, of the clock of the server where it entered: to be shown, not to be compared. */
  readonly joinedAt: number;
  /** Connections it has, on all servers, at least 1. Those that were lost count until they are given up. */
  readonly connections: number;
}

/** Whether the members of a channel are known, or only how many there are. */
export type PresenceMode = 'members' | 'count';

/** What has changed since the last change set. A key is in one of the lists at most. */
export interface PresenceChanges {
  readonly enter: readonly PresenceMember[];
  /** Members with another state or another number of connections. */
  readonly update: readonly PresenceMember[];
  /** As they were. */
  readonly leave: readonly PresenceMember[];
  readonly count: number;
  /** See `PresenceSnapshot.isComplete`. */
  readonly isComplete: boolean;
  /** The mode has changed, and the lists are empty: what was known is to be replaced by a snapshot. */
  readonly isReset: boolean;
}

/** Who is in a channel now, as far as change sets have told. */
export interface PresenceSnapshot {
  readonly mode: PresenceMode;
  /** Empty in the mode `'count'`. */
  readonly members: readonly PresenceMember[];
  readonly count: number;
  /** Every live server has answered. If not, what is missing follows as changes. */
  readonly isComplete: boolean;
}

/** Who watches a channel. */
export interface PresenceListener {
  /**
   * At most one change set per half `presenceInterval`. Not called before `PresenceWatch.ready` has settled, nor after
   * `close()`. Must not throw.
   */
  onChanges(changes: PresenceChanges): void;
}

/** One listener's view of a channel. Listeners of one channel get the same change set, object for object. */
export interface PresenceWatch {
  /** Until there is a snapshot to begin with: 250 ms at most. `undefined` if there is one now. */
  readonly ready: Promise<void> | undefined;
  readonly count: number;
  /**
   * Hands out what is collected (listeners are called, this one too), then says who is there: the next change set
   * follows on the snapshot. To be called at once, or when `ready` has settled.
   */
  snapshot(): PresenceSnapshot;
  /** Ends it. The channel is heard from other servers a little longer, for somebody who comes back. */
  close(): void;
}

/** Who enters. */
export interface PresenceEntry {
  readonly channel: string;
  /** Never of the client's choice. */
  readonly key: string;
  readonly userId?: string | undefined;
  readonly state: unknown;
  /**
   * Names the connection within the whole fleet. What is presented as `replaces` later on proves that a client was this
   * connection, so nobody else must know it: keys, and socket ids that serve as keys, are seen by all watchers.
   */
  readonly connection: string;
  /**
   * The connection that the client was before, here or on another server. It leaves at once, and neither that nor this
   * entry raises an event if it is in the channel with the same key.
   */
  readonly replaces?: string | undefined;
}

/** One connection's place in a channel. Every method may be called again, and does nothing after the place was left. */
export interface PresencePlace {
  readonly channel: string;
  readonly key: string;
  readonly state: unknown;
  /** False once it was left, given up or taken over by another connection. */
  readonly isHeld: boolean;
  /** Puts another state in place of the old one. */
  update(state: unknown): void;
  /** Leaves at once: the client said so, was kicked out, or may not be here any more. */
  leave(): void;
  /** The connection was lost. The member leaves after `presenceGrace`, unless `replaces` of an entry names it before. */
  lose(): void;
}

/** For `stats()` and `health()`. */
export interface PresenceCounts {
  /** Members who are connected here, per channel. */
  readonly members: number;
  /** Channels that are watched here. */
  readonly watched: number;
  /** Members of other servers that are known here, per channel and server. */
  readonly remoteMembers: number;
  /** States that were asked for because something had been missed. */
  readonly repairs: number;
}

/** Times and bounds of presence, in ms. */
export interface PresenceSettings {
  /** How long a member whose connection was lost stays. */
  readonly graceMs: number;
  /** How long changes of a channel are collected. */
  readonly intervalMs: number;
  /** How often servers compare what they know. */
  readonly repairMs: number;
  /** The most that a state takes as JSON, in bytes. */
  readonly maxStateBytes: number;
  /** A channel with more of them falls back to the mode `'count'`, until there are a tenth less. */
  readonly maxMembers: number;
}

/** Who is in which channel, on all servers. */
export interface Presence {
  /** Enters; a connection that is in the channel already has its state replaced. */
  enter(entry: PresenceEntry): PresencePlace;
  /** Watches a channel. */
  watch(channel: string, listener: PresenceListener): PresenceWatch;
  /** Counted when it is asked for, over all channels that are watched. */
  counts(): PresenceCounts;
}

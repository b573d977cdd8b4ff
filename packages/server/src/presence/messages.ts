/**
 * What servers tell each other of presence. A server owns the members that are connected to it; each change of a channel
 * there gets a version, counted over all its channels. Source: docs/adr/0017.
 */
export type PresenceMessage =
  /** The sender watches the channels. The answer is a `state` or `none` for each. */
  | { readonly type: 'watch'; readonly channels: readonly string[] }
  | { readonly type: 'unwatch'; readonly channels: readonly string[] }
  /** On the channel's lane: what has changed between two versions. From 0: what there is, and nothing else. */
  | {
      readonly type: 'delta';
      readonly channel: string;
      readonly from: number;
      readonly to: number;
      readonly content: ChannelContent;
      readonly gone: readonly string[];
    }
  /** All that a server has in a channel, in so many pages. */
  | {
      readonly type: 'state';
      readonly channel: string;
      readonly version: number;
      /** The owner's latest version of any channel when it said so: everything up to it is in here. */
      readonly asOf: number;
      readonly page: number;
      readonly of: number;
      readonly content: ChannelContent;
    }
  /** Channels in which a server has nobody. */
  | { readonly type: 'none'; readonly channels: readonly string[]; readonly asOf: number }
  /** Connections that are somewhere else now: the sender has their members. */
  | { readonly type: 'moved'; readonly places: readonly MovedPlace[] }
  /** The answer: when those members had entered. */
  | { readonly type: 'took'; readonly places: readonly TakenPlace[] }
  /** The versions of all channels that somebody else watches, or of a part of them. */
  | {
      readonly type: 'digest';
      readonly asOf: number;
      /** Channels whose hash has this remainder of a division by `of`. */
      readonly part: number;
      readonly of: number;
      readonly versions: readonly (readonly [channel: string, version: number])[];
      /** What the sender thinks that others watch: how many channels, and the sum of their hashes. */
      readonly watching: readonly (readonly [server: string, count: number, hash: number])[];
    };

export type DeltaMessage = Extract<PresenceMessage, { type: 'delta' }>;
export type StateMessage = Extract<PresenceMessage, { type: 'state' }>;
export type DigestMessage = Extract<PresenceMessage, { type: 'digest' }>;

/** Members, or how many there are. */
export interface ChannelContent {
  readonly set: readonly WireRecord[];
  /** Keys of members that went to another server, which is about to say so. */
  readonly moved: readonly (readonly [key: string, to: string])[];
  /** If it is a number, that is all that is said of the channel. */
  readonly count: number | null;
}

/** A record. The user id is left out if it is the key, and null if there is none. */
export type WireRecord =
  | readonly [key: string, state: unknown, stamp: number, joinedAt: number, connections: number]
  | readonly [
      key: string,
      state: unknown,
      stamp: number,
      joinedAt: number,
      connections: number,
      userId: string | null,
    ];

export type MovedPlace = readonly [channel: string, key: string, connection: string];
export type TakenPlace = readonly [channel: string, key: string, joinedAt: number];

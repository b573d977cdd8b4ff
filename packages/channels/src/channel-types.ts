import type { PublishOptions } from './history-types.js';

/** `'unsubscribed'` → `'pending'` (requested, not confirmed) → `'subscribed'`. Spec: docs/protocol.md, pub/sub. */
export type ChannelState = 'pending' | 'subscribed' | 'unsubscribed';

/** Options of a subscription. `State` is what members of the channel show of themselves. */
export interface SubscribeOptions<State = any> {
  /** Wait until the socket is authenticated before asking the server. Default `false`. */
  waitForAuth?: boolean;
  /** Resubscription order after a reconnect: higher goes first, ties in creation order. Default 0. */
  priority?: number;
  /** Any JSON value handed to the server's subscribe middleware. Sent when not `undefined`. */
  data?: any;
  /** A refusal by the server is thrown into the loops over the channel, which else wait on. Default `false`. */
  orThrow?: boolean;
  /**
   * A new subscription begins with the last so many publications, 0 or more, at most what the server allows for
   * the channel, which is also the default. Without an effect where the channel has no history.
   */
  rewind?: number;
  /**
   * A new subscription begins after this position, which the application has kept. When the log does not reach back to
   * it, the channel has an `interruption`, or see `mode`.
   */
  since?: string;
  /**
   * When a position cannot be reached, `'continue'` (the default) goes on after an `interruption`; `'reject'` refuses
   * the subscription (`subscribeFail` with an `UnrecoverablePositionError`), so that the application can load its
   * state before it goes live.
   */
  mode?: 'continue' | 'reject';
  /**
   * Enters the channel as a member with this state once it is subscribed, see `channel.presence`; without it a
   * subscription only watches. Left out in a repetition, the state stays what it is.
   */
  presence?: State;
}

/** The options of a channel as its owner keeps them; `{}` while unsubscribed and on the exchange. */
export interface ChannelOptions extends Omit<SubscribeOptions, 'presence'> {}

/** The options that were sent to the server, as events repeat them. */
export interface SubscriptionOptions {
  waitForAuth?: boolean;
  data?: any;
}

/** Events of one channel: `channel.listener(event)`. Payloads leave out the channel's name. */
export interface ChannelEvents {
  /**
   * The server confirmed the subscription. `recovered`: `true` when everything that was published since the position
   * it had follows; `false` when something is missed, of which an `interruption` on the channel has told before;
   * absent when there was no position: a first subscription, or a channel or a server without history. `byServer`: the server
   * has subscribed the client, which had not asked for it; such a subscription ends with its connection.
   */
  subscribe: { subscriptionOptions?: SubscriptionOptions; recovered?: boolean; byServer?: true };
  /** The server refused the subscription; the channel is unsubscribed again. Never on the exchange. */
  subscribeFail: { error: any; subscriptionOptions: SubscriptionOptions };
  /** The channel left the subscribed state: unsubscribe, kick-out or connection loss. */
  unsubscribe: Record<string, never>;
  /** Every transition, before the event that names it. */
  subscribeStateChange: {
    oldChannelState: ChannelState;
    newChannelState: ChannelState;
    subscriptionOptions?: SubscriptionOptions;
  };
  /** The server removed this socket from the channel; the client does not subscribe again by itself. */
  kickOut: { message?: any };
  /**
   * Publications may have been missed between the two times (ms since the epoch). `position`: where a recoverable
   * channel goes on.
   */
  interruption: { since: number; until: number; reason: string; position?: string };
  /**
   * A publication of a recoverable channel, for code that wants more than the data. `recovered`: it is older than the
   * subscription, or was missed and read from the log. Other channels have no such event.
   */
  publication: { data: any; position: string; recovered: boolean };
  /**
   * The members of the channel cannot be seen, or this client is none of them: the server refused its state, or keeps
   * no presence for the channel. The subscription stays. An `enter()` that waits for the answer rejects instead.
   */
  presenceFail: { error: any };
}

/** Names of channel events. */
export type ChannelEventName = keyof ChannelEvents & string;

/** `true` only for `any`. */
type IsAny<T> = 0 extends 1 & T ? true : false;

/** The channel names of a contract: its keys and patterns, or any string without a contract. */
export type ChannelName<Channels> = IsAny<Channels> extends true ? string : keyof Channels & string;

/**
 * What stands where a channel is named: a name or pattern of the contract, or a `string` of which the compiler knows
 * nothing more.
 */
export type ChannelNameArgument<Channels, Name> = string extends Name
  ? Name
  : Name extends ChannelName<Channels>
    ? Name
    : ChannelName<Channels>;

/**
 * What a publication is called with: data may be left out where `undefined` is data of the channel. Where nothing is
 * published by this end, the compiler says so.
 */
export type PublishArguments<Data> = [Data] extends [never]
  ? [
      data: 'the contract has no `publish` for this channel, so that only the server publishes on it',
    ]
  : undefined extends Data
    ? [data?: Data, options?: PublishOptions]
    : [data: Data, options?: PublishOptions];

/** What arrives on channel `Name` of a contract: on one with any name, what arrives on one of its channels. */
export type ChannelData<Channels, Name> =
  IsAny<Channels> extends true
    ? any
    : string extends Name
      ? Channels[keyof Channels]
      : Name extends keyof Channels
        ? Channels[Name]
        : any;

/**
 * What members of channel `Name` show of themselves, as a contract says; undefined where it has no members. Not `never`:
 * a channel like that could not be passed to what takes any channel with its data.
 */
export type PresenceState<Presence, Name> =
  IsAny<Presence> extends true
    ? any
    : string extends Name
      ? Presence[keyof Presence]
      : Name extends keyof Presence
        ? Presence[Name]
        : undefined;

/** What is published on channel `Name`: as `Publications` has it, else what arrives there. */
export type PublicationData<Channels, Publications, Name> =
  IsAny<Publications> extends true
    ? ChannelData<Channels, Name>
    : string extends Name
      ? Publications[keyof Publications]
      : Name extends keyof Publications
        ? Publications[Name]
        : ChannelData<Channels, Name>;

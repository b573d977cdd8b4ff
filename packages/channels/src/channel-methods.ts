import * as operations from '@asyngular/streams/internal';
import { defineMethods, type Operations } from '@asyngular/streams/internal';
import { AGChannel } from './channel.js';
import { type ChannelListenerMethods, channelListenerMethods } from './channel-listener-methods.js';
import { type ChannelOutputMethods, channelOutputMethods } from './channel-output-methods.js';
import type { ChannelOwner } from './channel-owner.js';
import type { ChannelStreams } from './channel-streams.js';
import type {
  ChannelData,
  ChannelNameArgument,
  PresenceState,
  PublicationData,
} from './channel-types.js';

/** The methods of a channel owner that manage the loops over data, events and members together. */
interface WholeChannelMethods {
  /** Ends all loops of exactly this channel after their backlog. */
  closeChannel(name: string): void;

  /** Ends all loops of exactly this channel at once. */
  killChannel(name: string): void;

  /** The longest backlog of any loop over the channel, in messages. */
  getChannelBackpressure(name: string): number;

  /** Ends every loop of every channel after its backlog. */
  closeAllChannels(): void;

  /** Ends every loop of every channel at once. */
  killAllChannels(): void;

  /** The longest backlog of any loop of any channel. */
  getAllChannelsBackpressure(): number;
}

/** An operation on data, events and members alike. */
const all =
  <Args extends unknown[]>(operation: (streams: operations.Streams, ...args: Args) => void) =>
  ({ output, listeners, presence }: ChannelStreams, ...args: Args): void => {
    operation(output, ...args);
    operation(listeners, ...args);
    operation(presence, ...args);
  };

const longest =
  <Args extends unknown[]>(backpressure: (streams: operations.Streams, ...args: Args) => number) =>
  ({ output, listeners, presence }: ChannelStreams, ...args: Args): number =>
    Math.max(
      backpressure(output, ...args),
      backpressure(listeners, ...args),
      backpressure(presence, ...args),
    );

/** The functions behind them. */
const wholeChannelMethods = {
  closeChannel: all(operations.close),
  killChannel: all(operations.kill),
  getChannelBackpressure: longest(operations.getBackpressure),
  closeAllChannels: all(operations.closeAll),
  killAllChannels: all(operations.killAll),
  getAllChannelsBackpressure: longest(operations.getBackpressureAll),
} satisfies Operations<WholeChannelMethods, ChannelStreams>;

/**
 * What a channel owner offers to manage the streams of its channels, by channel name: the owner's
 * counterparts of the methods of {@link AGChannel}. The client socket and the server's exchange share them, see
 * `defineChannelMethods`.
 */
export interface ChannelMethods<Channels = any, Presence = any, Publications = any>
  extends WholeChannelMethods,
    ChannelOutputMethods,
    ChannelListenerMethods {
  /** @internal */
  readonly channelStreams: ChannelStreams;

  /** A handle for the channel. It sends nothing and does not subscribe. All handles of one name are equivalent. */
  channel<Name extends string>(
    name: ChannelNameArgument<Channels, Name>,
  ): AGChannel<
    ChannelData<Channels, Name>,
    PresenceState<Presence, Name>,
    PublicationData<Channels, Publications, Name>
  >;
}

/** Gives a class of channel owners the methods that its merged interface `ChannelMethods` declares. */
export function defineChannelMethods(owner: {
  readonly prototype: ChannelOwner & ChannelMethods;
}): void {
  const { prototype } = owner;
  defineMethods(prototype, (self) => self, {
    channel: (self: ChannelOwner, name: string) => new AGChannel(name, self),
  });
  defineMethods(prototype, (self) => self.channelStreams, wholeChannelMethods);
  defineMethods(prototype, (self) => self.channelStreams.output, channelOutputMethods);
  defineMethods(prototype, (self) => self.channelStreams.listeners, channelListenerMethods);
}

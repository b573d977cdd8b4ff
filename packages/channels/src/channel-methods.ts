import { defineStreamFamily, isById } from '@asyngular/streams/internal';
import { AGChannel, familyMethods } from './channel.js';
import type { ChannelConsumerStats, ChannelOwner } from './channel-owner.js';
import type { ChannelStreams } from './channel-streams.js';
import type { ChannelData, ChannelEvents, ChannelName } from './channel-types.js';

type EventName = (keyof ChannelEvents & string) | (string & {});

/**
 * What a channel owner offers to manage the streams of its channels, by channel name: the owner-level
 * twins of the methods of {@link AGChannel}. Written once for the client socket and the server's
 * exchange, see `defineChannelMethods`.
 */
export interface ChannelMethods<Channels = any> {
  /** @internal */
  readonly channelStreams: ChannelStreams;

  /** A handle on the channel; no traffic, no subscription. Handles of one name are equivalent. */
  channel<Name extends ChannelName<Channels>>(name: Name): AGChannel<ChannelData<Channels, Name>>;

  /** Ends the data and event loops of exactly this channel after their backlog. */
  closeChannel(name: string): void;

  /** Ends the data and event loops of exactly this channel at once. */
  killChannel(name: string): void;

  /** The longest backlog of any loop over the channel, in messages. */
  getChannelBackpressure(name: string): number;

  /** Ends every data and event loop of every channel after its backlog. */
  closeAllChannels(): void;

  /** Ends every data and event loop of every channel at once. */
  killAllChannels(): void;

  /** The longest backlog of any data or event loop of any channel. */
  getAllChannelsBackpressure(): number;

  /** Ends only the channel's data loops after their backlog. */
  channelCloseOutput(name: string): void;

  /** Ends only the channel's data loops at once. */
  channelKillOutput(name: string): void;

  /** Ends the loops over one event of the channel after their backlog. */
  channelCloseListener(name: string, event: EventName): void;

  /** Ends the loops over one event of the channel at once. */
  channelKillListener(name: string, event: EventName): void;

  /** Ends all event loops of the channel after their backlog. */
  channelCloseAllListeners(name: string): void;

  /** Ends all event loops of the channel at once. */
  channelKillAllListeners(name: string): void;

  /** Ends the data loops of every channel after their backlog. */
  closeAllChannelOutputs(): void;

  /** Ends the data loops of every channel at once. */
  killAllChannelOutputs(): void;

  /** Ends the event loops of every channel after their backlog. */
  closeAllChannelListeners(): void;

  /** Ends the event loops of every channel at once. */
  killAllChannelListeners(): void;

  /** Kills one data loop of any channel by consumer id; an unknown id is ignored. */
  killChannelOutputConsumer(id: number): void;

  /** Kills one event loop of any channel by consumer id; an unknown id is ignored. */
  killChannelListenerConsumer(id: number): void;

  /** Statistics of one data loop of any channel. */
  getChannelOutputConsumerStats(id: number): ChannelConsumerStats | undefined;

  /** Statistics of one event loop of any channel. */
  getChannelListenerConsumerStats(id: number): ChannelConsumerStats | undefined;

  /** Statistics of a channel's data loops, in creation order. */
  channelGetOutputConsumerStatsList(name: string): ChannelConsumerStats[];

  /** Statistics of the loops over one event of a channel. */
  channelGetListenerConsumerStatsList(name: string, event: EventName): ChannelConsumerStats[];

  /** Statistics of all event loops of a channel. */
  channelGetAllListenersConsumerStatsList(name: string): ChannelConsumerStats[];

  /** Statistics of the data loops of every channel. */
  getAllChannelOutputsConsumerStatsList(): ChannelConsumerStats[];

  /** Statistics of the event loops of every channel. */
  getAllChannelListenersConsumerStatsList(): ChannelConsumerStats[];

  /** Number of a channel's data loops. */
  channelGetOutputConsumerCount(name: string): number;

  /** Number of the loops over one event of a channel. */
  channelGetListenerConsumerCount(name: string, event: EventName): number;

  /** Number of all event loops of a channel. */
  channelGetAllListenersConsumerCount(name: string): number;

  /** Number of the data loops of every channel. */
  getAllChannelOutputsConsumerCount(): number;

  /** Number of the event loops of every channel. */
  getAllChannelListenersConsumerCount(): number;

  /** The longest backlog of the channel's data loops. */
  channelGetOutputBackpressure(name: string): number;

  /** The longest backlog of the loops over one event of the channel. */
  channelGetListenerBackpressure(name: string, event: EventName): number;

  /** The longest backlog of all event loops of the channel. */
  channelGetAllListenersBackpressure(name: string): number;

  /** The longest backlog of the data loops of every channel. */
  getAllChannelOutputsBackpressure(): number;

  /** The longest backlog of the event loops of every channel. */
  getAllChannelListenersBackpressure(): number;

  /** Backlog of one data loop of any channel; 0 when unknown. */
  getChannelOutputConsumerBackpressure(id: number): number;

  /** Backlog of one event loop of any channel; 0 when unknown. */
  getChannelListenerConsumerBackpressure(id: number): number;

  /** Whether a data loop of this channel has this id. */
  channelHasOutputConsumer(name: string, id: number): boolean;

  /** Whether a loop over this event of this channel has this id. */
  channelHasListenerConsumer(name: string, event: EventName, id: number): boolean;

  /** Whether any event loop of this channel has this id. */
  channelHasAnyListenerConsumer(name: string, id: number): boolean;

  /** Whether a data loop of any channel has this id. */
  hasAnyChannelOutputConsumer(id: number): boolean;

  /** Whether an event loop of any channel has this id. */
  hasAnyChannelListenerConsumer(id: number): boolean;
}

const written: Partial<ChannelMethods> & ThisType<ChannelMethods> = {
  channel(name) {
    return new AGChannel(name, this as unknown as ChannelOwner);
  },
  closeChannel(name) {
    this.channel(name).close();
  },
  killChannel(name) {
    this.channel(name).kill();
  },
  getChannelBackpressure(name) {
    return this.channel(name).getBackpressure();
  },
  closeAllChannels() {
    this.closeAllChannelOutputs();
    this.closeAllChannelListeners();
  },
  killAllChannels() {
    this.killAllChannelOutputs();
    this.killAllChannelListeners();
  },
  getAllChannelsBackpressure() {
    return Math.max(
      this.getAllChannelOutputsBackpressure(),
      this.getAllChannelListenersBackpressure(),
    );
  },
};

/** Gives a class of channel owners the methods of `ChannelMethods`, which an interface of its name declares. */
export function defineChannelMethods(owner: { readonly prototype: ChannelMethods }): void {
  const prototype: Record<string, any> = Object.assign(owner.prototype, written);
  defineStreamFamily(owner, 'ChannelOutput', (owner) => owner.channelStreams.output, 'all');
  defineStreamFamily(owner, 'ChannelListener', (owner) => owner.channelStreams.listeners, 'all');
  // What a channel has of its families its owner has too: `channelCloseOutput(name)` for `closeOutput()`.
  // An id is enough by itself.
  for (const method of familyMethods) {
    if (isById.test(method)) continue;
    const name = method.replace(/./, (initial) => `channel${initial.toUpperCase()}`);
    prototype[name] = function (this: ChannelMethods, channel: string, ...args: unknown[]) {
      return (this.channel(channel) as any)[method](...args);
    };
  }
}

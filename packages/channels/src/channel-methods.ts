import { AGChannel } from './channel.js';
import type { ChannelConsumerStats, ChannelOwner } from './channel-owner.js';
import type { ChannelStreams } from './channel-streams.js';
import type { ChannelData, ChannelEvents, ChannelName } from './channel-types.js';

type EventName = (keyof ChannelEvents & string) | (string & {});

/**
 * What a channel owner offers to manage the streams of its channels, by channel name. Written once
 * and mixed into the client socket and the server's exchange; each method is the owner-level twin
 * of one on {@link AGChannel}.
 */
export abstract class ChannelMethods<Channels = any> {
  /** @internal */
  abstract readonly channelStreams: ChannelStreams;

  /** A handle on the channel; no traffic, no subscription. Handles of one name are equivalent. */
  channel<Name extends ChannelName<Channels>>(name: Name): AGChannel<ChannelData<Channels, Name>> {
    return new AGChannel(name, this as unknown as ChannelOwner);
  }

  /** Ends the data and event loops of exactly this channel after their backlog. */
  closeChannel(name: string): void {
    this.channelCloseOutput(name);
    this.channelCloseAllListeners(name);
  }

  /** Ends the data and event loops of exactly this channel at once. */
  killChannel(name: string): void {
    this.channelKillOutput(name);
    this.channelKillAllListeners(name);
  }

  /** Ends only the channel's data loops after their backlog. */
  channelCloseOutput(name: string): void {
    this.channelStreams.output.close(name);
  }

  /** Ends only the channel's data loops at once. */
  channelKillOutput(name: string): void {
    this.channelStreams.output.kill(name);
  }

  /** Ends the loops over one event of the channel after their backlog. */
  channelCloseListener(name: string, event: EventName): void {
    this.channelStreams.listeners.close(name, event);
  }

  /** Ends the loops over one event of the channel at once. */
  channelKillListener(name: string, event: EventName): void {
    this.channelStreams.listeners.kill(name, event);
  }

  /** Ends all event loops of the channel after their backlog. */
  channelCloseAllListeners(name: string): void {
    this.channelStreams.listeners.closeAll(name);
  }

  /** Ends all event loops of the channel at once. */
  channelKillAllListeners(name: string): void {
    this.channelStreams.listeners.killAll(name);
  }

  /** Ends every data and event loop of every channel after its backlog. */
  closeAllChannels(): void {
    this.closeAllChannelOutputs();
    this.closeAllChannelListeners();
  }

  /** Ends every data and event loop of every channel at once. */
  killAllChannels(): void {
    this.killAllChannelOutputs();
    this.killAllChannelListeners();
  }

  /** Ends the data loops of every channel after their backlog. */
  closeAllChannelOutputs(): void {
    this.channelStreams.output.closeAll();
  }

  /** Ends the data loops of every channel at once. */
  killAllChannelOutputs(): void {
    this.channelStreams.output.killAll();
  }

  /** Ends the event loops of every channel after their backlog. */
  closeAllChannelListeners(): void {
    this.channelStreams.listeners.closeAll();
  }

  /** Ends the event loops of every channel at once. */
  killAllChannelListeners(): void {
    this.channelStreams.listeners.killAll();
  }

  /** Kills one data loop of any channel by consumer id; an unknown id is ignored. */
  killChannelOutputConsumer(id: number): void {
    this.channelStreams.output.killConsumer(id);
  }

  /** Kills one event loop of any channel by consumer id; an unknown id is ignored. */
  killChannelListenerConsumer(id: number): void {
    this.channelStreams.listeners.killConsumer(id);
  }

  /** Statistics of one data loop of any channel. */
  getChannelOutputConsumerStats(id: number): ChannelConsumerStats | undefined {
    return this.channelStreams.output.getConsumerStats(id);
  }

  /** Statistics of one event loop of any channel. */
  getChannelListenerConsumerStats(id: number): ChannelConsumerStats | undefined {
    return this.channelStreams.listeners.getConsumerStats(id);
  }

  /** Statistics of a channel's data loops, in creation order. */
  channelGetOutputConsumerStatsList(name: string): ChannelConsumerStats[] {
    return this.channelStreams.output.getConsumerStatsList(name);
  }

  /** Statistics of the loops over one event of a channel. */
  channelGetListenerConsumerStatsList(name: string, event: EventName): ChannelConsumerStats[] {
    return this.channelStreams.listeners.getConsumerStatsList(name, event);
  }

  /** Statistics of all event loops of a channel. */
  channelGetAllListenersConsumerStatsList(name: string): ChannelConsumerStats[] {
    return this.channelStreams.listeners.getConsumerStatsListAll(name);
  }

  /** Statistics of the data loops of every channel. */
  getAllChannelOutputsConsumerStatsList(): ChannelConsumerStats[] {
    return this.channelStreams.output.getConsumerStatsListAll();
  }

  /** Statistics of the event loops of every channel. */
  getAllChannelListenersConsumerStatsList(): ChannelConsumerStats[] {
    return this.channelStreams.listeners.getConsumerStatsListAll();
  }

  /** The longest backlog of any loop over the channel, in messages. */
  getChannelBackpressure(name: string): number {
    return Math.max(
      this.channelGetOutputBackpressure(name),
      this.channelGetAllListenersBackpressure(name),
    );
  }

  /** The longest backlog of the channel's data loops. */
  channelGetOutputBackpressure(name: string): number {
    return this.channelStreams.output.getBackpressure(name);
  }

  /** The longest backlog of the loops over one event of the channel. */
  channelGetListenerBackpressure(name: string, event: EventName): number {
    return this.channelStreams.listeners.getBackpressure(name, event);
  }

  /** The longest backlog of all event loops of the channel. */
  channelGetAllListenersBackpressure(name: string): number {
    return this.channelStreams.listeners.getBackpressureAll(name);
  }

  /** The longest backlog of any data or event loop of any channel. */
  getAllChannelsBackpressure(): number {
    return Math.max(
      this.getAllChannelOutputsBackpressure(),
      this.getAllChannelListenersBackpressure(),
    );
  }

  /** The longest backlog of the data loops of every channel. */
  getAllChannelOutputsBackpressure(): number {
    return this.channelStreams.output.getBackpressureAll();
  }

  /** The longest backlog of the event loops of every channel. */
  getAllChannelListenersBackpressure(): number {
    return this.channelStreams.listeners.getBackpressureAll();
  }

  /** Backlog of one data loop of any channel; 0 when unknown. */
  getChannelOutputConsumerBackpressure(id: number): number {
    return this.channelStreams.output.getConsumerBackpressure(id);
  }

  /** Backlog of one event loop of any channel; 0 when unknown. */
  getChannelListenerConsumerBackpressure(id: number): number {
    return this.channelStreams.listeners.getConsumerBackpressure(id);
  }

  /** Whether a data loop of this channel has this id. */
  channelHasOutputConsumer(name: string, id: number): boolean {
    return this.channelStreams.output.hasConsumer(name, id);
  }

  /** Whether a loop over this event of this channel has this id. */
  channelHasListenerConsumer(name: string, event: EventName, id: number): boolean {
    return this.channelStreams.listeners.hasConsumer(name, event, id);
  }

  /** Whether any event loop of this channel has this id. */
  channelHasAnyListenerConsumer(name: string, id: number): boolean {
    return this.channelStreams.listeners.hasConsumerAll(id, name);
  }

  /** Whether a data loop of any channel has this id. */
  hasAnyChannelOutputConsumer(id: number): boolean {
    return this.channelStreams.output.hasConsumerAll(id);
  }

  /** Whether an event loop of any channel has this id. */
  hasAnyChannelListenerConsumer(id: number): boolean {
    return this.channelStreams.listeners.hasConsumerAll(id);
  }
}

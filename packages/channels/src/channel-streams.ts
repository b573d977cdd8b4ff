import { StreamDemux } from '@asyngular/streams';
import { ChannelListeners } from './channel-listeners.js';

/**
 * All streams of one owner's channels: published data by channel name, and events by channel and
 * event name. The two number their consumers separately.
 */
export class ChannelStreams {
  readonly output = new StreamDemux<any>();
  readonly listeners = new ChannelListeners();

  /** Hands one publication to the loops over the channel. */
  publish(channel: string, data: unknown, size?: number): void {
    this.output.write(channel, data, size);
  }

  /** Tells the channel's listeners of one event. */
  emit(channel: string, event: string, data: unknown): void {
    this.listeners.write(channel, event, data);
  }
}

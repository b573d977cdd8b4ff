import { StreamRoot } from '@asyngular/streams/internal';

/**
 * All streams of one owner's channels: published data by channel name, and events by channel and then
 * by event name, so that event `b/c` of channel `a` and event `c` of channel `a/b` stay apart. The two
 * number their consumers separately.
 */
export class ChannelStreams {
  readonly output = new StreamRoot<any>();
  readonly listeners = new StreamRoot<any>();

  /** Hands one publication to the loops over the channel. */
  publish(channel: string, data: unknown, size?: number): void {
    this.output.get(channel)?.write(data, size);
  }

  /** Tells the channel's listeners of one event. */
  emit(channel: string, event: string, data: unknown): void {
    this.listeners.get(channel)?.get(event)?.write(data);
  }
}

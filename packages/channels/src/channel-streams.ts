import type { StreamOptions } from '@asyngular/streams';
import { StreamRoot } from '@asyngular/streams/internal';
import type { PresenceChange } from './presence-types.js';

/**
 * All streams of one owner's channels: published data by channel name, changes of members likewise, and events by
 * channel and then by event name, so that event `b/c` of channel `a` and event `c` of channel `a/b` stay apart. Each
 * of the three numbers its own consumers.
 */
export class ChannelStreams {
  // Each name carries its own type of data.
  readonly output: StreamRoot<any>;
  readonly listeners: StreamRoot<any>;
  readonly presence: StreamRoot<PresenceChange>;

  constructor(options?: StreamOptions) {
    this.output = new StreamRoot(options, 'channel output');
    this.listeners = new StreamRoot(options, 'channel listener');
    this.presence = new StreamRoot(options, 'channel presence');
  }

  /** Hands one publication to the loops over the channel. */
  publish(channel: string, data: unknown, size?: number): void {
    this.output.get(channel)?.write(data, size);
  }

  /** Ends the loops over the channel with an error, after their backlog. */
  fail(channel: string, error: unknown): void {
    this.output.get(channel)?.forEachConsumer((consumer) => consumer.fail(error));
  }

  /** Hands one event to the channel's listeners of it. */
  emit(channel: string, event: string, data: unknown): void {
    this.listeners.get(channel)?.get(event)?.write(data);
  }

  /** Hands changes of members to the loops over them, in their order. */
  change(channel: string, changes: readonly PresenceChange[]): void {
    for (const change of changes) {
      this.presence.get(channel)?.write(change);
    }
  }
}

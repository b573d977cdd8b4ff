import { type DemuxedConsumableStream, StreamDemux } from '@asyngular/streams';
import { DemuxScope } from './demux-scope.js';

/**
 * Event streams by channel and event name. One demux holds them all, so consumer ids and aggregates
 * span all channels; the key tells where the channel's name ends, so that event `b/c` of channel `a`
 * and event `c` of channel `a/b` stay apart.
 */
export class ChannelListeners {
  /** The events of all channels. */
  readonly all = new StreamDemux<any>({
    onNameChange: (key, isInUse) => this.#index(key, isInUse),
    // Users know the stream as `<channel>/<event>`.
    labelOf: (key) => key.slice(key.indexOf(':') + 1),
  });
  /** The streams of each channel: exactly those the demux knows. */
  readonly #keys = new Map<string, Set<string>>();

  /** A handle on the stream of one event of a channel; creates nothing. */
  stream(channel: string, event: string): DemuxedConsumableStream<any> {
    return this.all.stream(keyOf(channel, event));
  }

  /** Hands an event to the loops over it. */
  write(channel: string, event: string, data: unknown): void {
    if (this.#keys.has(channel)) this.all.write(keyOf(channel, event), data);
  }

  /** The events of one channel. */
  of(channel: string): DemuxScope {
    return new DemuxScope(
      this.all,
      (event) => keyOf(channel, event),
      () => [...(this.#keys.get(channel) ?? [])],
    );
  }

  #index(key: string, isInUse: boolean): void {
    const start = key.indexOf(':') + 1;
    const channel = key.slice(start, start + Number.parseInt(key, 10));
    const keys = this.#keys.get(channel) ?? new Set();
    if (isInUse) this.#keys.set(channel, keys.add(key));
    else if (keys.delete(key) && keys.size === 0) this.#keys.delete(channel);
  }
}

function keyOf(channel: string, event: string): string {
  return `${channel.length}:${channel}/${event}`;
}

import {
  ConsumableStream,
  type Consumer,
  type ConsumerStats,
  StreamDemux,
  type TimeoutOrOptions,
} from '@asyngular/streams';

/**
 * Event streams by channel and event name. One demux holds them all, so consumer ids and aggregates
 * span all channels; the key tells where the channel's name ends, so that event `b/c` of channel `a`
 * and event `c` of channel `a/b` stay apart.
 */
export class ChannelListeners {
  readonly #demux = new StreamDemux<any>({
    onNameChange: (key, isInUse) => this.#index(key, isInUse),
  });
  /** The streams of each channel: exactly those the demux knows. */
  readonly #keys = new Map<string, Set<string>>();

  /** A handle on the stream of one event of a channel; creates nothing. */
  stream(channel: string, event: string): ConsumableStream<any> {
    return new ChannelListenerStream(this, channel, event);
  }

  /** Hands an event to the loops over it. */
  write(channel: string, event: string, data: unknown): void {
    if (this.#keys.has(channel)) this.#demux.write(keyOf(channel, event), data);
  }

  close(channel: string, event: string): void {
    this.#demux.close(keyOf(channel, event));
  }

  kill(channel: string, event: string): void {
    this.#demux.kill(keyOf(channel, event));
  }

  /** Ends the loops of one channel, or of all, after their backlog. */
  closeAll(channel?: string): void {
    if (channel === undefined) this.#demux.closeAll();
    else for (const key of this.#keysOf(channel)) this.#demux.close(key);
  }

  /** Ends the loops of one channel, or of all, at once. */
  killAll(channel?: string): void {
    if (channel === undefined) this.#demux.killAll();
    else for (const key of this.#keysOf(channel)) this.#demux.kill(key);
  }

  killConsumer(id: number): void {
    this.#demux.killConsumer(id);
  }

  getBackpressure(channel: string, event: string): number {
    return this.#demux.getBackpressure(keyOf(channel, event));
  }

  /** The longest backlog in one channel, or in all. */
  getBackpressureAll(channel?: string): number {
    if (channel === undefined) return this.#demux.getBackpressureAll();
    let max = 0;
    for (const key of this.#keysOf(channel)) max = Math.max(max, this.#demux.getBackpressure(key));
    return max;
  }

  getConsumerBackpressure(id: number): number {
    return this.#demux.getConsumerBackpressure(id);
  }

  hasConsumer(channel: string, event: string, id: number): boolean {
    return this.#demux.hasConsumer(keyOf(channel, event), id);
  }

  /** Whether any event of one channel, or of all, has this consumer. */
  hasConsumerAll(id: number, channel?: string): boolean {
    if (channel === undefined) return this.#demux.hasConsumerAll(id);
    const key = this.#demux.getConsumerStats(id)?.stream;
    return key !== undefined && this.#keys.get(channel)?.has(key) === true;
  }

  getConsumerStats(id: number): ConsumerStats | undefined {
    const stats = this.#demux.getConsumerStats(id);
    return stats && withReadableName(stats);
  }

  getConsumerStatsList(channel: string, event: string): ConsumerStats[] {
    return this.#demux.getConsumerStatsList(keyOf(channel, event)).map(withReadableName);
  }

  /** Statistics of one channel's consumers, or of all, in creation order. */
  getConsumerStatsListAll(channel?: string): ConsumerStats[] {
    if (channel === undefined) return this.#demux.getConsumerStatsListAll().map(withReadableName);
    return this.#keysOf(channel)
      .flatMap((key) => this.#demux.getConsumerStatsList(key))
      .sort((a, b) => a.id - b.id)
      .map(withReadableName);
  }

  /** @internal */
  createConsumer(channel: string, event: string, options?: TimeoutOrOptions): Consumer<any> {
    return this.#demux.createConsumer(keyOf(channel, event), options);
  }

  /** @internal */
  createIterator(channel: string, event: string): AsyncIterator<any, any, undefined> {
    return this.#demux.createIterator(keyOf(channel, event));
  }

  #keysOf(channel: string): string[] {
    return [...(this.#keys.get(channel) ?? [])];
  }

  #index(key: string, isInUse: boolean): void {
    const channel = channelOf(key);
    const keys = this.#keys.get(channel);
    if (isInUse) {
      if (keys === undefined) this.#keys.set(channel, new Set([key]));
      else keys.add(key);
    } else if (keys?.delete(key) && keys.size === 0) {
      this.#keys.delete(channel);
    }
  }
}

/** The handle `channel.listener(event)` returns. */
class ChannelListenerStream extends ConsumableStream<any> {
  readonly #listeners: ChannelListeners;
  readonly #channel: string;
  readonly #event: string;

  constructor(listeners: ChannelListeners, channel: string, event: string) {
    super();
    this.#listeners = listeners;
    this.#channel = channel;
    this.#event = event;
  }

  override createConsumer(options?: TimeoutOrOptions): Consumer<any> {
    return this.#listeners.createConsumer(this.#channel, this.#event, options);
  }

  override [Symbol.asyncIterator](): AsyncIterator<any, any, undefined> {
    return this.#listeners.createIterator(this.#channel, this.#event);
  }
}

function keyOf(channel: string, event: string): string {
  return `${channel.length}:${channel}/${event}`;
}

function channelOf(key: string): string {
  const colon = key.indexOf(':');
  return key.slice(colon + 1, colon + 1 + Number(key.slice(0, colon)));
}

/** Users know the stream as `<channel>/<event>`. */
function withReadableName(stats: ConsumerStats): ConsumerStats {
  return { ...stats, stream: stats.stream?.slice(stats.stream.indexOf(':') + 1) };
}

import type { BrokerInterruptionEvent } from '@asyngular/broker';
import type {
  AGChannel,
  ChannelData,
  ChannelName,
  ChannelOptions,
  ChannelState,
} from '@asyngular/channels';
import { ChannelMethods, ChannelStreams } from '@asyngular/channels/internal';
import { BrokerError, InvalidArgumentsError } from '@asyngular/protocol';
import type { SectionOf } from '@asyngular/protocol/internal';
import { AsyncStreamEmitter } from '@asyngular/streams';
import { mixin } from '@asyngular/streams/internal';
import type { ExchangeEvents } from './events.js';
import type { ServerCore } from './server-core.js';

type Channels<Api> = SectionOf<Api, 'channels'>;

// The channel methods are mixed in below; this gives them their types.
export interface AGExchange<Api = any> extends ChannelMethods<Channels<Api>> {}

/**
 * The server's own end of pub/sub: publishes to all subscribers and consumes channels like a client,
 * without middleware. Data reaches its loops by reference: the object that was published here, or the
 * decoded publication of a client. Spec: docs/server.md, exchange.
 */
export class AGExchange<Api = any> extends AsyncStreamEmitter<ExchangeEvents> {
  /** Always `'exchange'`. */
  readonly id = 'exchange';
  /** @internal */
  readonly channelStreams = new ChannelStreams();
  readonly #core: ServerCore;

  constructor(core: ServerCore) {
    super();
    this.#core = core;
  }

  /** Subscribes at once and returns the channel. Options are not needed here and are ignored. */
  subscribe<Name extends ChannelName<Channels<Api>>>(
    name: Name,
    _options?: unknown,
  ): AGChannel<ChannelData<Channels<Api>, Name>> {
    assertName(name);
    const { hub } = this.#core;
    if (!hub.exchangeChannels().has(name)) {
      const joined = hub.addExchange(name);
      joined?.catch((error: unknown) => {
        this.#core.emitWarning(
          new BrokerError(`Failed to subscribe the exchange to the ${name} channel - ${error}`),
        );
      });
      this.#announce(name, 'subscribe');
    }
    return this.channel(name) as AGChannel<ChannelData<Channels<Api>, Name>>;
  }

  /** Gives up the subscription at once; resolves when the broker has let it go. */
  async unsubscribe(name: ChannelName<Channels<Api>>): Promise<void> {
    const { hub } = this.#core;
    if (!hub.exchangeChannels().has(name)) return;
    const left = hub.removeExchange(name);
    this.#announce(name, 'unsubscribe');
    await left;
  }

  /** Publishes; resolves when the broker has accepted it, rejects when it or the encoding refused. */
  async transmitPublish<Name extends ChannelName<Channels<Api>>>(
    name: Name,
    data?: ChannelData<Channels<Api>, Name>,
  ): Promise<void> {
    assertName(name);
    await this.#core.hub.publish(name, data);
  }

  /** The same as `transmitPublish`: subscribers of this server have it when the promise resolves. */
  invokePublish<Name extends ChannelName<Channels<Api>>>(
    name: Name,
    data?: ChannelData<Channels<Api>, Name>,
  ): Promise<void> {
    return this.transmitPublish(name, data);
  }

  /** Names of the channels the exchange is subscribed to. */
  subscriptions(_includePending?: boolean): string[] {
    return [...this.#core.hub.exchangeChannels()];
  }

  /** Whether the exchange is subscribed to the channel. */
  isSubscribed(name: string, _includePending?: boolean): boolean {
    return this.#core.hub.exchangeChannels().has(name);
  }

  /** `'subscribed'` or `'unsubscribed'`; never pending here. */
  getChannelState(name: string): ChannelState {
    return this.isSubscribed(name) ? 'subscribed' : 'unsubscribed';
  }

  /** Always `{}`: the exchange has no subscription options. */
  getChannelOptions(_name: string): ChannelOptions {
    return {};
  }

  /** The longest backlog of any loop over its events or channels, in messages. */
  getBackpressure(): number {
    return Math.max(this.getAllListenersBackpressure(), this.getAllChannelsBackpressure());
  }

  /** Ends all loops over its events and channels, and its subscriptions. */
  destroy(): void {
    for (const name of this.subscriptions()) {
      const left = this.#core.hub.removeExchange(name);
      left?.catch((error: unknown) => this.#core.emitWarning(error));
    }
    this.closeAllListeners();
    this.closeAllChannels();
  }

  /** @internal The broker may have missed messages; whoever consumes the channels is told. */
  interrupted({ channel, since, until, reason }: BrokerInterruptionEvent): void {
    const names = channel === undefined ? this.subscriptions() : [channel];
    for (const name of names) {
      this.channelStreams.emit(name, 'interruption', { since, until, reason });
    }
  }

  #announce(channel: string, event: 'subscribe' | 'unsubscribe'): void {
    const isSubscribe = event === 'subscribe';
    this.channelStreams.emit(channel, 'subscribeStateChange', {
      oldChannelState: isSubscribe ? 'unsubscribed' : 'subscribed',
      newChannelState: isSubscribe ? 'subscribed' : 'unsubscribed',
    });
    this.channelStreams.emit(channel, event, {});
    this.emit(event, { channel });
  }
}

mixin(AGExchange, ChannelMethods);

function assertName(name: unknown): asserts name is string {
  if (typeof name === 'string') return;
  throw new InvalidArgumentsError(`A channel name must be a string; it is a ${typeof name}`);
}

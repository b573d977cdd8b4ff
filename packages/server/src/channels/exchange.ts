import type {
  AGChannel,
  ChannelData,
  ChannelEvents,
  ChannelHistory,
  ChannelNameArgument,
  ChannelOptions,
  ChannelState,
  HistoryOptions,
  PublishArguments,
  Published,
} from '@asyngular/channels';
import {
  type ChannelMethods,
  ChannelStreams,
  defineChannelMethods,
} from '@asyngular/channels/internal';
import { BrokerError, InvalidActionError } from '@asyngular/protocol';
import { assertName, type SectionOf } from '@asyngular/protocol/internal';
import { AsyncStreamEmitter } from '@asyngular/streams';
import type { Backlogs } from '../backlogs/backlogs.js';
import { harmless } from '../turns/harmless.js';
import type { ChannelHub } from './channel-hub.js';
import type { PublishFailures } from './publish-failures.js';

/** Events of the exchange: `server.exchange.listener(name)`. */
export interface ExchangeEvents {
  subscribe: { channel: string };
  unsubscribe: { channel: string };
  /**
   * Publications of other servers between the two times (ms since the epoch) may be missing, on one
   * channel or, without `channel`, on all. Each channel has the event too.
   */
  interruption: { channel: string | undefined; since: number; until: number; reason: string };
}

type Channels<Api> = SectionOf<Api, 'channels'>;

/** What the exchange needs of its server. */
export interface ExchangeOwner {
  readonly hub: ChannelHub;
  readonly backlogs: Backlogs;
  readonly publishFailures: PublishFailures;
  emitWarning(warning: unknown): void;
}

// The channel methods are added below; this gives them their types.
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
  readonly channelStreams: ChannelStreams;
  readonly #core: ExchangeOwner;

  constructor(core: ExchangeOwner) {
    super(core.backlogs.counted('the exchange'));
    this.channelStreams = new ChannelStreams(
      core.backlogs.guarded(core.backlogs.exchange, 'the exchange'),
    );
    this.#core = core;
  }

  /**
   * Subscribes at once and returns the channel. Publications of other servers come from when the broker
   * has confirmed it, a round trip later; a broker that refuses is a `warning` of the server. Options
   * are not needed here and are ignored.
   */
  subscribe<Name extends string>(
    name: ChannelNameArgument<Channels<Api>, Name>,
    _options?: unknown,
  ): AGChannel<ChannelData<Channels<Api>, Name>> {
    assertName(name);
    const { hub } = this.#core;
    if (!hub.exchangeChannels().has(name)) {
      this.#announceOnChannel(name, 'subscribe');
      hub.addExchange(name)?.catch((error: unknown) => {
        this.#core.emitWarning(
          new BrokerError(`Failed to subscribe the exchange to the ${name} channel - ${error}`, {
            cause: error,
          }),
        );
      });
      this.emit('subscribe', { channel: name });
    }
    return this.channel(name) as AGChannel<ChannelData<Channels<Api>, Name>>;
  }

  /** Gives up the subscription at once. */
  async unsubscribe(name: string): Promise<void> {
    const { hub } = this.#core;
    if (!hub.exchangeChannels().has(name)) return;
    this.#announceOnChannel(name, 'unsubscribe');
    hub.removeExchange(name);
    this.emit('unsubscribe', { channel: name });
  }

  /**
   * Publishes. Subscribers of this server have it when the call returns; the promise resolves when the
   * broker has accepted it for the others. Rejects with `BrokerError` when the broker is away for longer
   * than it lets publishes wait, and with the codec's error when the data has no encoding. A rejection
   * is also a `warning` of the server, so the promise may be ignored; those made while the broker is away
   * are counted in one warning when it is back.
   */
  transmitPublish<Name extends string>(
    name: ChannelNameArgument<Channels<Api>, Name>,
    ...[data]: PublishArguments<ChannelData<Channels<Api>, Name>>
  ): Promise<void> {
    let accepted: void | Promise<void>;
    try {
      assertName(name);
      accepted = this.#core.hub.publish(name, data);
    } catch (error) {
      accepted = Promise.reject(error);
    }
    if (accepted === undefined) return Promise.resolve();
    accepted.catch((error: unknown) => this.#core.publishFailures.report(error));
    return accepted;
  }

  /** The same as `transmitPublish`. */
  invokePublish<Name extends string>(
    name: ChannelNameArgument<Channels<Api>, Name>,
    ...[data]: PublishArguments<ChannelData<Channels<Api>, Name>>
  ): Promise<Published | undefined> {
    return harmless((this as AGExchange).transmitPublish(name, data).then(() => undefined));
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

  /** Where the loops over a channel are in its log; null when it is not subscribed, and without history. */
  getChannelPosition(_name: string): string | null {
    return null;
  }

  /** Reads a piece of the log of a channel. Rejects with `InvalidActionError` when the channel has no history. */
  async history<Name extends string>(
    name: ChannelNameArgument<Channels<Api>, Name>,
    _options?: HistoryOptions,
  ): Promise<ChannelHistory<ChannelData<Channels<Api>, Name>>> {
    throw new InvalidActionError(`The channel ${name} has no history`);
  }

  /** The longest backlog of any loop over its events or channels, in messages. */
  getBackpressure(): number {
    return Math.max(this.getAllListenersBackpressure(), this.getAllChannelsBackpressure());
  }

  /** Ends all loops over its events and channels, and its subscriptions. */
  destroy(): void {
    for (const name of this.subscriptions()) this.#core.hub.removeExchange(name);
    this.closeAllListeners();
    this.closeAllChannels();
  }

  /** @internal The broker may have missed messages; those who consume the channels get an event. */
  interrupted(channel: string | undefined, interruption: ChannelEvents['interruption']): void {
    const names = channel === undefined ? this.subscriptions() : [channel];
    for (const name of names) this.channelStreams.emit(name, 'interruption', interruption);
    this.emit('interruption', { channel, ...interruption });
  }

  #announceOnChannel(channel: string, event: 'subscribe' | 'unsubscribe'): void {
    const isSubscribe = event === 'subscribe';
    this.channelStreams.emit(channel, 'subscribeStateChange', {
      oldChannelState: isSubscribe ? 'unsubscribed' : 'subscribed',
      newChannelState: isSubscribe ? 'subscribed' : 'unsubscribed',
    });
    this.channelStreams.emit(channel, event, {});
  }
}

defineChannelMethods(AGExchange);

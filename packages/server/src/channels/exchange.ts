import type {
  AGChannel,
  ChannelData,
  ChannelEvents,
  ChannelHistory,
  ChannelNameArgument,
  ChannelOptions,
  ChannelState,
  HistoryOptions,
  PresenceState,
  PublicationData,
  PublishArguments,
  Published,
  PublishOptions,
  SubscribeOptions,
} from '@asyngular/channels';
import {
  type ChannelMethods,
  ChannelStreams,
  defineChannelMethods,
} from '@asyngular/channels/internal';
import { BrokerError, InvalidActionError, UnrecoverablePositionError } from '@asyngular/protocol';
import { assertName, type SectionOf } from '@asyngular/protocol/internal';
import { AsyncStreamEmitter } from '@asyngular/streams';
import type { Backlogs } from '../backlogs/backlogs.js';
import { CheckLines } from '../contract/check-line.js';
import type { ServerContract } from '../contract/server-contract.js';
import type { ChannelTraffic } from '../metrics/channel-traffic.js';
import { publishChannel } from '../tracing/channels.js';
import { tracePublish } from '../tracing/publish-trace.js';
import type { ChannelHub } from './channel-hub.js';
import type { ChannelMembers, ChannelMembersSource } from './channel-members.js';
import { ExchangeFollower } from './exchange-follower.js';
import { beginningIn, publicationIn, queryIn } from './exchange-options.js';
import type { Subscribed } from './history-requests.js';
import type { HistorySource } from './history-source.js';
import type { PublishFailures } from './publish-failures.js';
import { assertChannelName } from './reserved-names.js';
import { refusedUserChannel, USER_CHANNEL } from './user-channel.js';

/** Events of the exchange: `server.exchange.listener(name)`. */
export interface ExchangeEvents {
  subscribe: { channel: string };
  unsubscribe: { channel: string };
  /**
   * Publications between the two times (ms since the epoch) may be missing, on one channel or, without
   * `channel`, on all that have no history. Each channel has the event too.
   */
  interruption: { channel: string | undefined } & ChannelEvents['interruption'];
}

type Channels<Api> = SectionOf<Api, 'channels'>;
type Presence<Api> = SectionOf<Api, 'presence'>;

/** What the server publishes on the channel `Name`. */
type PublicationOf<Api, Name> = PublicationData<
  Channels<Api>,
  SectionOf<Api, 'serverPublications'>,
  Name
>;

/** A channel as the server has it. */
type Channel<Api, Name> = AGChannel<
  ChannelData<Channels<Api>, Name>,
  PresenceState<SectionOf<Api, 'presence'>, Name>,
  PublicationOf<Api, Name>
>;

/** What the exchange needs of its server. */
export interface ExchangeOwner {
  readonly hub: ChannelHub;
  readonly server: object;
  readonly traffic: ChannelTraffic;
  readonly backlogs: Backlogs;
  readonly publishFailures: PublishFailures;
  /** Channels with history; `undefined`: there are none. */
  readonly recovery: HistorySource | undefined;
  /** What is published on channels; `undefined`: anything. */
  readonly contract: ServerContract | undefined;
  /** Channels that show who is there; `undefined`: there are none. */
  readonly exchangeMembers: ChannelMembersSource | undefined;
  /** Hands a publication to the loops over a channel. */
  deliverToExchange(channel: string, data: unknown, size: number): void;
  /** Who sockets belong to; `undefined`: the application does not say. */
  readonly users: object | undefined;
  /** What leaves a socket out of a publication. Throws `InvalidArgumentsError` for what is no socket of the server. */
  exceptIdOf(socket: object): string;
  emitWarning(warning: unknown): void;
}

/** Of a publication without options. */
const nothingAsked: ReturnType<typeof publicationIn> = { id: undefined, except: undefined };

// The channel methods are added below; this gives them their types.
export interface AGExchange<Api = any>
  extends ChannelMethods<
    Channels<Api>,
    SectionOf<Api, 'presence'>,
    SectionOf<Api, 'serverPublications'>
  > {}

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
  /** Publications on their way through asynchronous schemas. */
  readonly #checks = new CheckLines();
  /** Its subscriptions to channels with history; the hub knows the others. */
  readonly #followers = new Map<string, ExchangeFollower>();

  constructor(core: ExchangeOwner) {
    super(core.backlogs.counted('the exchange'));
    this.channelStreams = new ChannelStreams(
      core.backlogs.guarded(core.backlogs.exchange, 'the exchange'),
    );
    this.#core = core;
  }

  /**
   * Subscribes at once and returns the channel. Publications of other servers come from when the broker
   * has confirmed it, a round trip later; a broker that refuses is a `warning` of the server. Where the channel has
   * history, it begins as `rewind`, `since` and `mode` say; other options mean nothing here and are ignored.
   * Throws `InvalidArgumentsError`.
   */
  subscribe<Name extends string>(
    name: ChannelNameArgument<Channels<Api>, Name>,
    options?: SubscribeOptions,
  ): Channel<Api, Name> {
    this.#assertChannel(name);
    const { recovery } = this.#core;
    if (!this.isSubscribed(name)) {
      if (recovery?.isRecoverable(name)) this.#follow(name, recovery, options);
      else this.#join(name);
    }
    return this.channel(name) as Channel<Api, Name>;
  }

  /** Gives up the subscription at once. */
  async unsubscribe(name: string): Promise<void> {
    if (!this.isSubscribed(name)) return;
    this.#announceState(name, 'unsubscribed');
    this.channelStreams.emit(name, 'unsubscribe', {});
    this.#leave(name);
    this.emit('unsubscribe', { channel: name });
  }

  /**
   * Publishes. Subscribers of this server have it when the call returns; the promise resolves when the
   * broker has accepted it for the others. Rejects with `BrokerError` when the broker is away for longer
   * than it lets publishes wait, with the codec's error when the data has no encoding, and with `ValidationError` or
   * `NoHandlerError` when the contract has no such data or no such channel. A rejection
   * is also a `warning` of the server, so the promise may be ignored; those made while the broker is away
   * are counted in one warning when it is back.
   *
   * On a channel with history the promise resolves when the log has the publication and subscribers of this server
   * have it, too; until then nobody has. An `id` elsewhere is refused with `InvalidActionError`.
   */
  transmitPublish<Name extends string>(
    name: ChannelNameArgument<Channels<Api>, Name>,
    ...[data, options]: PublishArguments<PublicationOf<Api, Name>>
  ): Promise<void> {
    // A promise of nothing is one whose value nobody uses; a second one would cost as much again.
    return this.#publish(name, data, options) as Promise<unknown> as Promise<void>;
  }

  /** The same as `transmitPublish`. On a channel with history it resolves to what became of the publication. */
  invokePublish<Name extends string>(
    name: ChannelNameArgument<Channels<Api>, Name>,
    ...[data, options]: PublishArguments<PublicationOf<Api, Name>>
  ): Promise<Published | undefined> {
    return this.#publish(name, data, options);
  }

  /** Names of the channels the exchange is subscribed to. */
  subscriptions(_includePending?: boolean): string[] {
    return [...this.#core.hub.exchangeChannels(), ...this.#followers.keys()];
  }

  /** Whether the exchange is subscribed to the channel. */
  isSubscribed(name: string, _includePending?: boolean): boolean {
    return this.#core.hub.exchangeChannels().has(name) || this.#followers.has(name);
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
  getChannelPosition(name: string): string | null {
    return this.#followers.get(name)?.position ?? null;
  }

  /**
   * Reads a piece of the log of a channel, subscribed or not. Rejects with `InvalidActionError` when the channel has no
   * history, with `UnrecoverablePositionError` when its log does not have the position asked for, with `BrokerError`
   * when the broker does not answer, and with `InvalidArgumentsError`.
   */
  async history<Name extends string>(
    name: ChannelNameArgument<Channels<Api>, Name>,
    options?: HistoryOptions,
  ): Promise<ChannelHistory<ChannelData<Channels<Api>, Name>>> {
    assertName(name);
    const query = queryIn(options);
    const { recovery } = this.#core;
    if (recovery?.isRecoverable(name)) return recovery.history(name, query);
    throw new InvalidActionError(
      `The channel ${name} has no history; the server's option channels would give it one`,
    );
  }

  /**
   * Who is in a channel, on all servers, subscribed or not; see `ChannelMembers`. Throws `InvalidActionError` for a channel
   * without presence, and `InvalidArgumentsError`.
   */
  presence<Name extends string>(name: Name): ChannelMembers<PresenceState<Presence<Api>, Name>> {
    assertChannelName(name);
    const members = this.#core.exchangeMembers?.open(name);
    if (members !== undefined) return members;
    throw new InvalidActionError(
      `The ${name} channel has no presence; the server's option channels would give it one`,
    );
  }

  /** The longest backlog of any loop over its events or channels, in messages. */
  getBackpressure(): number {
    return Math.max(this.getAllListenersBackpressure(), this.getAllChannelsBackpressure());
  }

  /** Ends all loops over its events and channels, and its subscriptions. */
  destroy(): void {
    for (const name of this.subscriptions()) this.#leave(name);
    this.#core.exchangeMembers?.close();
    this.closeAllListeners();
    this.closeAllChannels();
  }

  /** @internal The broker may have missed messages; those who consume the channels get an event. */
  interrupted(channel: string | undefined, interruption: ChannelEvents['interruption']): void {
    const names = channel === undefined ? this.#core.hub.exchangeChannels() : [channel];
    for (const name of names) this.channelStreams.emit(name, 'interruption', interruption);
    this.emit('interruption', { channel, ...interruption });
  }

  #publish(name: string, data: unknown, options?: PublishOptions): Promise<Published | undefined> {
    try {
      this.#assertChannel(name);
      const check = this.#core.contract?.channel(name)?.data;
      if (check === undefined) return this.#done(this.#send(name, data, options));
      const sent = this.#checks.inTurn(name, check(data), (checked) =>
        this.#send(name, checked, options),
      );
      return this.#done(sent);
    } catch (error) {
      return this.#done(Promise.reject(error));
    }
  }

  #assertChannel(name: unknown): asserts name is string {
    assertChannelName(name);
    if (name === USER_CHANNEL && this.#core.users !== undefined) throw refusedUserChannel();
  }

  #send(
    name: string,
    data: unknown,
    options: PublishOptions | undefined,
  ): undefined | Published | Promise<Published | undefined> {
    const { hub, recovery } = this.#core;
    const { id, except } = options === undefined ? nothingAsked : publicationIn(options);
    const origin = except && { isClosed: false, except: this.#core.exceptIdOf(except) };
    if (recovery?.isRecoverable(name)) {
      return this.#traced(name, () => recovery.publish(name, data, { id, origin }));
    }
    if (id === undefined) return this.#traced(name, () => hub.publish(name, data, origin));
    throw new InvalidActionError(
      `A publication on the ${name} channel cannot have an id, because the channel has no history; leave the id ` +
        "out, or give the channel history with the server's option channels",
    );
  }

  #traced<Outcome>(channel: string, publish: () => Outcome): Outcome {
    if (!publishChannel.hasSubscribers) return publish();
    const { server, traffic } = this.#core;
    const { pattern } = traffic.of(channel);
    const about = { channel, pattern, server, socket: undefined, context: undefined };
    return tracePublish(about, publish);
  }

  #done<Outcome>(outcome: Outcome | Promise<Outcome>): Promise<Outcome> {
    if (!(outcome instanceof Promise)) return Promise.resolve(outcome);
    outcome.catch((error: unknown) => this.#core.publishFailures.report(error));
    return outcome;
  }

  /** Subscribes to a channel without history. */
  #join(name: string): void {
    this.#announceState(name, 'subscribed');
    this.channelStreams.emit(name, 'subscribe', {});
    this.#core.hub
      .addExchange(name)
      ?.catch((error: unknown) => this.#core.emitWarning(refusedSubscribe(name, error)));
    this.emit('subscribe', { channel: name });
  }

  /** Subscribes to a channel with history. */
  #follow(name: string, source: HistorySource, options: SubscribeOptions | undefined): void {
    const request = beginningIn(options);
    const follower = new ExchangeFollower({
      onPublication: (publication, size) => {
        this.#core.deliverToExchange(name, publication.data, size);
        this.channelStreams.emit(name, 'publication', publication);
      },
      onInterruption: (interruption) => this.interrupted(name, interruption),
      emitWarning: (warning) => this.#core.emitWarning(warning),
    });
    this.#followers.set(name, follower);
    this.#announceState(name, 'subscribed');
    this.emit('subscribe', { channel: name });
    const isCurrent = () => this.#followers.get(name) === follower;
    const begin = (start: Subscribed | undefined): void => {
      if (start === undefined || !isCurrent()) return;
      const { recovered } = start;
      this.channelStreams.emit(name, 'subscribe', {
        ...(recovered !== undefined && { recovered }),
      });
      follower.start(start, options?.since);
    };
    const fail = (error: unknown): void => {
      if (!isCurrent()) return;
      this.#announceState(name, 'unsubscribed');
      this.channelStreams.emit(name, 'subscribeFail', { error, subscriptionOptions: {} });
      this.#leave(name);
      this.emit('unsubscribe', { channel: name });
      if (!(error instanceof UnrecoverablePositionError)) {
        this.#core.emitWarning(refusedSubscribe(name, error));
      }
    };
    const start = source.subscribe(name, follower, request);
    if (start instanceof Promise) start.then(begin, fail);
    else begin(start);
  }

  #leave(name: string): void {
    const { hub } = this.#core;
    const follower = this.#followers.get(name);
    if (follower === undefined) hub.removeExchange(name);
    else hub.remove(name, follower);
    this.#followers.delete(name);
  }

  #announceState(channel: string, newChannelState: 'subscribed' | 'unsubscribed'): void {
    const oldChannelState = newChannelState === 'subscribed' ? 'unsubscribed' : 'subscribed';
    this.channelStreams.emit(channel, 'subscribeStateChange', { oldChannelState, newChannelState });
  }
}

function refusedSubscribe(name: string, cause: unknown): BrokerError {
  return new BrokerError(`Failed to subscribe the exchange to the ${name} channel - ${cause}`, {
    cause,
  });
}

defineChannelMethods(AGExchange);

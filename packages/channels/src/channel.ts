import { InvalidActionError } from '@asyngular/errors';
import { failedCall, isDevelopment } from '@asyngular/errors/internal';
import {
  type ConsumableStream,
  type ConsumerOptions,
  DemuxedConsumableStream,
} from '@asyngular/streams';
import * as operations from '@asyngular/streams/internal';
import { defineMethods, type ListenerMethods, listenerMethods } from '@asyngular/streams/internal';
import { awaitSubscription } from './await-subscription.js';
import type { ChannelOwner } from './channel-owner.js';
import type {
  ChannelEventName,
  ChannelEvents,
  ChannelOptions,
  ChannelState,
  PublishArguments,
  SubscribeOptions,
} from './channel-types.js';
import type { ChannelHistory, HistoryOptions, Published } from './history-types.js';
import { type OutputMethods, outputMethods } from './output-methods.js';
import type { ChannelPresence } from './presence-types.js';

// The methods that manage the channel's streams are added below; this gives them their types.
export interface AGChannel<Data = any, State = any, Publication = Data>
  extends OutputMethods,
    ListenerMethods<ChannelEvents> {}

/**
 * A named stream of publications: iterate it to read what is published, and use `listener(event)` for what
 * happens to the subscription. A handle has no state of its own; creating or iterating one never subscribes.
 * Loops survive unsubscribing, kick-outs and reconnects, and continue when publications arrive again; only
 * close and kill end them. `Data` arrives, `Publication` is published. Spec: docs/client.md, channels.
 */
export class AGChannel<
  Data = any,
  State = any,
  Publication = Data,
> extends DemuxedConsumableStream<Data> {
  static {
    const { prototype } = AGChannel;
    defineMethods(prototype, (channel) => channel.#output, outputMethods);
    defineMethods(prototype, (channel) => channel.#listeners, listenerMethods);
  }

  /** The subscription is requested but not confirmed. */
  static readonly PENDING = 'pending';
  /** The subscription is confirmed. */
  static readonly SUBSCRIBED = 'subscribed';
  /** There is no subscription. */
  static readonly UNSUBSCRIBED = 'unsubscribed';

  /** The channel's name; any string, the empty one included. */
  declare readonly name: string;
  /** The socket or exchange this handle belongs to. */
  readonly client: ChannelOwner;

  constructor(name: string, client: ChannelOwner) {
    super(client.channelStreams.output, name);
    this.client = client;
  }

  /** The same as `AGChannel.PENDING`. */
  get PENDING(): 'pending' {
    return AGChannel.PENDING;
  }

  /** The same as `AGChannel.SUBSCRIBED`. */
  get SUBSCRIBED(): 'subscribed' {
    return AGChannel.SUBSCRIBED;
  }

  /** The same as `AGChannel.UNSUBSCRIBED`. */
  get UNSUBSCRIBED(): 'unsubscribed' {
    return AGChannel.UNSUBSCRIBED;
  }

  /** `'pending'`, `'subscribed'` or `'unsubscribed'`. Assigning throws. */
  get state(): ChannelState {
    return this.client.getChannelState(this.name);
  }
  set state(_value: ChannelState) {
    throw new Error('Cannot directly set channel state');
  }

  /** A copy of the subscription's options; `{}` while unsubscribed. Assigning throws. */
  get options(): ChannelOptions {
    return this.client.getChannelOptions(this.name);
  }
  set options(_value: ChannelOptions) {
    throw new Error('Cannot directly set channel options');
  }

  /**
   * The position of the last publication that was given to this channel's loops, or where its subscription began:
   * text to compare with `===` and to store, at most 128 characters, for `subscribe({ since })`. Null without a
   * subscription, and where the channel has no history. It changes before the data reach the loops.
   */
  get position(): string | null {
    return this.client.getChannelPosition(this.name);
  }

  /**
   * Who is in the channel: its members, and this client's own part in it. Members are sent to those who look at them:
   * reading `members`, `count` or `changes()` begins that for the time of the subscription. Without presence on the
   * channel or the server there are no members, and `presenceFail` says why.
   * @throws InvalidActionError on the server, whose exchange has `presence(name)` for this
   */
  get presence(): ChannelPresence<State> {
    const presence = this.client.channelPresence?.(this.name);
    if (presence) {
      return presence;
    }
    throw new InvalidActionError(
      isDevelopment
        ? `An exchange has presence('${this.name}') in place of channel.presence`
        : this.name,
    );
  }

  /** Subscribes to the channel, see the owner's `subscribe`. Returns this channel. */
  subscribe(options?: SubscribeOptions<State>): this {
    this.client.subscribe(this.name, options);
    return this;
  }

  /** Ends the subscription. Loops stay, and wait. */
  unsubscribe(): void {
    this.client.unsubscribe(this.name);
  }

  /** Whether the channel is subscribed; with `includePending` also while that is not confirmed yet. */
  isSubscribed(includePending?: boolean): boolean {
    return this.client.isSubscribed(this.name, includePending);
  }

  /**
   * Resolves with this channel once the server has confirmed the subscription, at once if it has.
   * Rejects with the server's error if it refuses, `AbortError` if the channel has no subscription or loses it
   * meanwhile, `TimeoutError` after `timeout` ms (default: no limit), and with the reason of an aborted `signal`.
   */
  async subscribed(options: Pick<ConsumerOptions, 'timeout' | 'signal'> = {}): Promise<this> {
    await awaitSubscription(this, options).catch(failedCall);
    return this;
  }

  /** Publishes without waiting for the server. Needs no subscription. */
  transmitPublish(...[data, options]: PublishArguments<Publication>): Promise<void> {
    return this.client.transmitPublish(this.name, data, options);
  }

  /**
   * Publishes, and resolves once the server has processed the publication: with its position where the channel has
   * history, else with undefined. Rejects when the server refuses.
   */
  invokePublish(...[data, options]: PublishArguments<Publication>): Promise<Published | undefined> {
    return this.client.invokePublish(this.name, data, options);
  }

  /**
   * Reads a piece of the channel's log. Needs a subscription (not on the exchange). Rejects with
   * `InvalidActionError` where the channel has no history, with `UnrecoverablePositionError` when the log does not
   * have the position asked for.
   */
  history(options?: HistoryOptions): Promise<ChannelHistory<Data>> {
    return this.client.history(this.name, options);
  }

  /** The stream of one kind of event of this channel. */
  listener<Event extends ChannelEventName>(event: Event): ConsumableStream<ChannelEvents[Event]> {
    return new DemuxedConsumableStream(
      this.client.channelStreams.listeners.child(this.name),
      event,
    );
  }

  /** Ends the loops over data, events and members of this channel after their backlog. */
  close(): void {
    this.closeOutput();
    this.closeAllListeners();
    this.#members.close();
  }

  /** Ends the loops over data, events and members of this channel at once; their backlog is dropped. */
  kill(): void {
    this.killOutput();
    this.killAllListeners();
    this.#members.kill();
  }

  /** The longest backlog of any loop over this channel, in messages. */
  getBackpressure(): number {
    return Math.max(
      this.getOutputBackpressure(),
      this.getAllListenersBackpressure(),
      this.#members.getBackpressure(),
    );
  }

  get #output(): operations.Streams {
    return operations.streamsBelow(this.client.channelStreams.output, this.name);
  }

  get #listeners(): operations.Streams {
    return operations.streamsBelow(this.client.channelStreams.listeners, this.name);
  }

  get #members(): operations.Streams {
    return operations.streamsBelow(this.client.channelStreams.presence, this.name);
  }
}

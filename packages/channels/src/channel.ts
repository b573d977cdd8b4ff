import { type ConsumableStream, DemuxedConsumableStream } from '@asyngular/streams';
import { defineStreamFamily } from '@asyngular/streams/internal';
import type { ChannelConsumerStats, ChannelOwner } from './channel-owner.js';
import type {
  ChannelEvents,
  ChannelOptions,
  ChannelState,
  SubscribeOptions,
} from './channel-types.js';

type EventName = (keyof ChannelEvents & string) | (string & {});
type EventData<Event> = Event extends keyof ChannelEvents ? ChannelEvents[Event] : any;

/** Names of states, on the class and its instances. */
const states = {
  PENDING: 'pending',
  SUBSCRIBED: 'subscribed',
  UNSUBSCRIBED: 'unsubscribed',
} as const;

/** The methods that manage the channel's streams; `defineStreamFamily` makes them. */
export interface AGChannel<Data = any> {
  /** Ends the data loops after their backlog. */
  closeOutput(): void;

  /** Ends the data loops at once. */
  killOutput(): void;

  /** Ends the loops over one kind of event after their backlog. */
  closeListener(event: EventName): void;

  /** Ends the loops over one kind of event at once. */
  killListener(event: EventName): void;

  /** Ends all event loops of this channel after their backlog. */
  closeAllListeners(): void;

  /** Ends all event loops of this channel at once. */
  killAllListeners(): void;

  /** Kills one data loop by consumer id; ids of other channels are ignored. */
  killOutputConsumer(id: number): void;

  /** Kills one event loop by consumer id; ids of other channels are ignored. */
  killListenerConsumer(id: number): void;

  /** Statistics of one data loop; `undefined` when the id is not of this channel. */
  getOutputConsumerStats(id: number): ChannelConsumerStats | undefined;

  /** Statistics of one event loop; `undefined` when the id is not of this channel. */
  getListenerConsumerStats(id: number): ChannelConsumerStats | undefined;

  /** Statistics of the data loops, in creation order. */
  getOutputConsumerStatsList(): ChannelConsumerStats[];

  /** Statistics of the loops over one kind of event. */
  getListenerConsumerStatsList(event: EventName): ChannelConsumerStats[];

  /** Statistics of all event loops of this channel. */
  getAllListenersConsumerStatsList(): ChannelConsumerStats[];

  /** Number of data loops. */
  getOutputConsumerCount(): number;

  /** Number of loops over one kind of event. */
  getListenerConsumerCount(event: EventName): number;

  /** Number of all event loops of this channel. */
  getAllListenersConsumerCount(): number;

  /** The longest backlog of the data loops. */
  getOutputBackpressure(): number;

  /** The longest backlog of the loops over one kind of event. */
  getListenerBackpressure(event: EventName): number;

  /** The longest backlog of all event loops of this channel. */
  getAllListenersBackpressure(): number;

  /** Backlog of one data loop; 0 when the id is not of this channel. */
  getOutputConsumerBackpressure(id: number): number;

  /** Backlog of one event loop; 0 when the id is not of this channel. */
  getListenerConsumerBackpressure(id: number): number;

  /** Whether a data loop of this channel has this id. */
  hasOutputConsumer(id: number): boolean;

  /** Whether a loop over this kind of event has this id. */
  hasListenerConsumer(event: EventName, id: number): boolean;

  /** Whether any event loop of this channel has this id. */
  hasAnyListenerConsumer(id: number): boolean;
}

/**
 * A named stream of publications: iterate it to read what is published, use `listener(event)` for
 * what happens to the subscription. A handle without state of its own; creating or iterating one
 * never subscribes. Loops survive unsubscribing, kick-outs and reconnects and go on when data flows
 * again; only close and kill end them. Spec: docs/client.md, channels.
 */
export class AGChannel<Data = any> extends DemuxedConsumableStream<Data> {
  static {
    defineStreamFamily(AGChannel, 'Listener', (channel) =>
      channel.client.channelStreams.listeners.get(channel.name),
    );
    defineStreamFamily(
      AGChannel,
      'Output',
      (channel) => channel.client.channelStreams.output.get(channel.name),
      'one',
    );
  }

  declare static readonly PENDING: 'pending';
  declare static readonly SUBSCRIBED: 'subscribed';
  declare static readonly UNSUBSCRIBED: 'unsubscribed';

  declare readonly PENDING: 'pending';
  declare readonly SUBSCRIBED: 'subscribed';
  declare readonly UNSUBSCRIBED: 'unsubscribed';

  /** The channel's name; any string, the empty one included. */
  declare readonly name: string;
  /** The socket or exchange this handle belongs to. */
  readonly client: ChannelOwner;

  constructor(name: string, client: ChannelOwner) {
    super(client.channelStreams.output, name);
    this.client = client;
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

  /** Asks for the channel's publications; see the owner's `subscribe`. Returns this channel. */
  subscribe(options?: SubscribeOptions): this {
    this.client.subscribe(this.name, options);
    return this;
  }

  /** Gives up the subscription; loops stay and idle. */
  unsubscribe(): void {
    this.client.unsubscribe(this.name);
  }

  /** Whether the channel is subscribed, or with `includePending` at least asked for. */
  isSubscribed(includePending?: boolean): boolean {
    return this.client.isSubscribed(this.name, includePending);
  }

  /** Publishes without waiting for the server. Needs no subscription. */
  transmitPublish(data?: Data): Promise<void> {
    return this.client.transmitPublish(this.name, data);
  }

  /** Publishes and resolves once the server has processed it; rejects when it refused. */
  invokePublish(data?: Data): Promise<void> {
    return this.client.invokePublish(this.name, data);
  }

  /** The stream of one kind of event of this channel. */
  listener<Event extends EventName>(event: Event): ConsumableStream<EventData<Event>> {
    return new DemuxedConsumableStream(
      this.client.channelStreams.listeners.child(this.name),
      event,
    );
  }

  /** Ends the loops over data and listeners of this channel after their backlog. */
  close(): void {
    this.closeOutput();
    this.closeAllListeners();
  }

  /** Ends the loops over data and listeners of this channel at once; their backlog is dropped. */
  kill(): void {
    this.killOutput();
    this.killAllListeners();
  }

  /** The longest backlog of any loop over this channel, in messages. */
  getBackpressure(): number {
    return Math.max(this.getOutputBackpressure(), this.getAllListenersBackpressure());
  }
}

/** What the families made: nothing else is enumerable yet. */
export const familyMethods = Object.keys(AGChannel.prototype);

Object.assign(AGChannel, states);
Object.assign(AGChannel.prototype, states);

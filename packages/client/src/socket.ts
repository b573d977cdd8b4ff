import type {
  AGChannel,
  ChannelData,
  ChannelHistory,
  ChannelNameArgument,
  ChannelOptions,
  ChannelPresence,
  ChannelState,
  HistoryOptions,
  PresenceState,
  PublicationData,
  PublishArguments,
  Published,
  SubscribeOptions,
} from '@asyngular/channels';
import { type ChannelMethods, defineChannelMethods } from '@asyngular/channels/internal';
import { failedCall } from '@asyngular/errors/internal';
import { type AppContract, BadConnectionError, QueueFullError } from '@asyngular/protocol';
import {
  assertName,
  assertWithinLimits,
  type BodyItem,
  type Call,
  type CallData,
  type CallResult,
  decodeBase64Text,
  encodeBase64Text,
  type FailureOf,
  type NameIn,
  type OnceNameIn,
  type PayloadArgs,
  type PayloadIn,
  type SectionOf,
  type StreamItem,
  type StreamNameIn,
} from '@asyngular/protocol/internal';
import { type AsyncDisposal, defineAsyncDisposal } from '@asyngular/streams/internal';
import { development } from '#development';
import type { AuthStatus } from './auth/authentication.js';
import { createChannelPresence } from './channels/channel-presence.js';
import { smallerAdvice } from './connection/message-too-big.js';
import type { InvokeOptions, StreamOptions, TransmitOptions } from './messages/request-options.js';
import type { ClientOptions } from './options/options.js';
import type { OutboundMessage } from './platform/platform.js';
import { ClientSocketState } from './socket-state.js';

/** What a client publishes on the channel `Name`. */
type PublicationOf<Contract, Name> = PublicationData<
  SectionOf<Contract, 'channels'>,
  SectionOf<Contract, 'publications'>,
  Name
>;

/**
 * Methods that manage the streams of channels, written once for all channel owners, and the disposal of
 * `await using`: it disconnects, ends every loop over the socket after its backlog, and stops watching storage.
 */
export interface AGClientSocket<Contract extends AppContract = any>
  extends ChannelMethods<
      SectionOf<Contract, 'channels'>,
      SectionOf<Contract, 'presence'>,
      SectionOf<Contract, 'publications'>
    >,
    AsyncDisposal {}

/**
 * A client's socket: one connection to a server at a time, kept up over losses. Events, messages,
 * calls and publications arrive as streams read with `for await`; the streams outlive connections.
 * Made by `create()`; `Contract` declares what the application says (see docs/client.md, types).
 */
export class AGClientSocket<Contract extends AppContract = any> extends ClientSocketState<
  Contract,
  AGClientSocket<Contract>
> {
  /**
   * Longest backlog, in messages, of any loop over this socket's streams: what has arrived and was not read.
   * What was sent and has not left yet is in `bufferedBytes`.
   */
  getBackpressure(): number {
    return Math.max(
      this.getAllListenersBackpressure(),
      this.getAllReceiversBackpressure(),
      this.getAllProceduresBackpressure(),
      this.getAllChannelsBackpressure(),
    );
  }

  /**
   * Starts connecting at once, unless connecting or open already; a scheduled reconnect is replaced.
   * With `options`, ends the current connection, merges them into the present ones, and connects anew.
   * @throws InvalidArgumentsError for options that cannot work; nothing has changed then
   */
  connect(options?: ClientOptions): void {
    if (options) {
      this.changeOptions(options);
    }
    this.parts.lifecycle.connect();
  }

  /**
   * Ends the connection, or cancels a scheduled reconnect. 1000 and codes from 4500 stay
   * disconnected, others reconnect. An object as `reason` travels as JSON; 123 bytes travel.
   * @param code default 1000
   * @throws InvalidArgumentsError if `code` is no close code; nothing has changed then
   */
  disconnect(code?: number, reason?: unknown): void {
    this.parts.lifecycle.disconnect(code, reason);
  }

  /** `disconnect(code, reason)`, then `connect()`. */
  reconnect(code?: number, reason?: unknown): void {
    this.disconnect(code, reason);
    this.connect();
  }

  /**
   * Sends a one-way message. Connects when closed and waits in the unsent buffer until then,
   * as it does while more than `outboundLimit` bytes wait in the WebSocket.
   * Never throws or rejects: see the events `transmitDropped` and `error`.
   */
  transmit<Name extends NameIn<SectionOf<Contract, 'receivers'>>>(
    event: Name,
    ...args: PayloadArgs<PayloadIn<SectionOf<Contract, 'receivers'>, Name>, TransmitOptions>
  ): Promise<void>;
  async transmit(event: string, data?: unknown, options?: TransmitOptions): Promise<void> {
    this.parts.requests.transmit(event, data, options);
  }

  /**
   * Calls a procedure of the server. Connects when closed.
   * Rejects with the server's error (identify it by `name`), `TimeoutError` after `ackTimeout`,
   * `BadConnectionError` when the connection is lost, `QueueFullError` when too much is waiting,
   * the signal's reason when aborted, `NotSupportedError` for a `body` that the server cannot read, or what the codec
   * threw.
   */
  invoke<Name extends OnceNameIn<SectionOf<Contract, 'procedures'>>>(
    event: Name,
    ...args: PayloadArgs<
      CallData<SectionOf<Contract, 'procedures'>, Name>,
      InvokeOptions<BodyItem<SectionOf<Contract, 'procedures'>, Name>>
    >
  ): Call<CallResult<SectionOf<Contract, 'procedures'>, Name>, FailureOf<Contract, Name>>;
  invoke(event: string, data?: unknown, options?: InvokeOptions): Promise<unknown> {
    return new Promise((resolve, reject) =>
      this.parts.requests.call(event, data, options, { resolve, reject }),
    ).catch(failedCall);
  }

  /**
   * Reads what a procedure of the server yields. Each loop is a call of its own, made when it asks for the first item;
   * `break`, `return` and an aborted signal end the procedure. The loop ends with the server's error, and else as
   * `invoke` rejects; `NotSupportedError`: the server knows no streams, and nothing was sent.
   * @throws InvalidArgumentsError for an option that cannot work
   */
  stream<Name extends StreamNameIn<SectionOf<Contract, 'procedures'>>>(
    event: Name,
    ...args: PayloadArgs<
      CallData<SectionOf<Contract, 'procedures'>, Name>,
      StreamOptions<
        CallData<SectionOf<Contract, 'procedures'>, Name>,
        StreamItem<SectionOf<Contract, 'procedures'>, Name>,
        BodyItem<SectionOf<Contract, 'procedures'>, Name>
      >
    >
  ): AsyncIterable<StreamItem<SectionOf<Contract, 'procedures'>, Name>>;
  stream(event: string, data?: unknown, options: StreamOptions = {}): AsyncIterable<unknown> {
    development?.assertStreamOptions(options);
    return { [Symbol.asyncIterator]: () => this.parts.openStream(event, data, options) };
  }

  /**
   * Sends a raw message, past codec and batches. `options` go to the Node WebSocket.
   * @throws BadConnectionError when the socket is not open, QueueFullError above `outboundLimit`, ResourceLimitError
   *   for more bytes than the server has announced to take
   */
  send(data: OutboundMessage, options?: object): void {
    if (this.parts.pressure.isFull) {
      throw new QueueFullError(
        development
          ? `The message was not sent due to outboundLimit: ${this.bufferedBytes}; wait for drain, or raise it`
          : 'outboundLimit',
      );
    }
    const { link } = this.parts.connection;
    if (link) {
      assertWithinLimits(undefined, data, link.limits, smallerAdvice);
    }
    // Between the peer's close frame and the close event the state is still `open`.
    if (this.state !== 'open' || !link?.send(data, options)) {
      throw new BadConnectionError(
        development ? 'The socket is not open; wait for the connect event' : this.state,
        this.state === 'connecting' ? 'connectAbort' : 'disconnect',
      );
    }
    this.parts.pressure.onWritten();
  }

  /**
   * Asks the server to accept a signed token. Resolves also when the server knows the token but does
   * not accept it now (`authError` tells why); rejects for a bad token, for a lost connection, and with `AbortError`
   * when `deauthenticate()` overtakes it.
   */
  authenticate(signedAuthToken: string): Promise<AuthStatus> {
    return this.parts.authentication.authenticate(signedAuthToken).catch(failedCall);
  }

  /**
   * Gives up the token here, in storage and at the server, and overtakes logins that are under way. Of the stored tokens
   * only the socket's own is removed, or any if it has had none. Works offline; never rejects.
   */
  deauthenticate(): Promise<void> {
    return this.parts.authentication.deauthenticate();
  }

  /**
   * Wants a channel: it is `pending` at once and `subscribed` after the server's word. Does not
   * connect. Repeating it sends nothing; options, if given, replace the earlier ones.
   * @throws InvalidArgumentsError for a name that is no string
   */
  subscribe<Name extends string>(
    channelName: ChannelNameArgument<SectionOf<Contract, 'channels'>, Name>,
    options?: SubscribeOptions<PresenceState<SectionOf<Contract, 'presence'>, Name>>,
  ): AGChannel<
    ChannelData<SectionOf<Contract, 'channels'>, Name>,
    PresenceState<SectionOf<Contract, 'presence'>, Name>,
    PublicationOf<Contract, Name>
  > {
    assertName(channelName);
    this.parts.subscriptions.subscribe(channelName, options);
    return this.channel(channelName);
  }

  /** Leaves a channel at once. Its loops stay and go on after the next `subscribe()`. */
  unsubscribe(channelName: string): void {
    this.parts.subscriptions.unsubscribe(channelName);
  }

  /** Whether the server confirmed the subscription; with `includePending`, or is yet to. */
  isSubscribed(channelName: string, includePending?: boolean): boolean {
    const state = this.getChannelState(channelName);
    return includePending ? state !== 'unsubscribed' : state === 'subscribed';
  }

  /** Names of the subscribed channels; with `includePending` the pending ones too. */
  subscriptions(includePending?: boolean): string[] {
    return [...this.parts.subscriptions.wanted.keys()].filter((channelName) =>
      this.isSubscribed(channelName, includePending),
    );
  }

  /** `'unsubscribed'`, `'pending'` or `'subscribed'`. */
  getChannelState(channelName: string): ChannelState {
    return this.parts.subscriptions.wanted.get(channelName)?.state ?? 'unsubscribed';
  }

  /** Copy of a channel's options; `{}` when unsubscribed. */
  getChannelOptions(channelName: string): ChannelOptions {
    return { ...this.parts.subscriptions.wanted.get(channelName)?.wish };
  }

  /** Where the loops over a channel are in its log; null when unsubscribed, and without history. */
  getChannelPosition(channelName: string): string | null {
    return this.parts.subscriptions.wanted.get(channelName)?.log.position ?? null;
  }

  /** @internal What `channel.presence` is. */
  channelPresence(channelName: string): ChannelPresence {
    return createChannelPresence(channelName, this.parts.presence, this.channelStreams);
  }

  /**
   * Reads a piece of a channel's log, when it is subscribed. Rejects with `AbortError` without a subscription,
   * `InvalidActionError` where the channel has no history, `UnrecoverablePositionError` when the log does not have the
   * position asked for, and else as `invoke` does.
   */
  async history<Name extends string>(
    channelName: ChannelNameArgument<SectionOf<Contract, 'channels'>, Name>,
    options?: HistoryOptions,
  ): Promise<ChannelHistory<ChannelData<SectionOf<Contract, 'channels'>, Name>>> {
    return this.parts.readHistory(this.channel(channelName), options).catch(failedCall);
  }

  /** Sends the pending subscriptions: needed with `autoSubscribeOnConnect: false`. */
  processPendingSubscriptions(): void {
    this.parts.subscriptions.processPending();
  }

  /** Publishes without asking for an answer. Rejects only for a name that is no string or an option that cannot work. */
  async transmitPublish<Name extends string>(
    channelName: ChannelNameArgument<SectionOf<Contract, 'channels'>, Name>,
    ...[data, options]: PublishArguments<PublicationOf<Contract, Name>>
  ): Promise<void> {
    this.parts.publisher.transmit(channelName, data, options);
  }

  /**
   * Publishes and resolves once the server took it over: with the position where the channel has history, else with
   * undefined. Rejects as `invoke` does. On a channel known to have history the publication is sent again when its
   * connection is lost before the answer, until `ackTimeout`; then `maybeSent` of the error says whether it may have
   * been published.
   */
  async invokePublish<Name extends string>(
    channelName: ChannelNameArgument<SectionOf<Contract, 'channels'>, Name>,
    ...[data, options]: PublishArguments<PublicationOf<Contract, Name>>
  ): Promise<Published | undefined> {
    return this.parts.publisher.invoke(channelName, data, options).catch(failedCall);
  }

  /** Begins a batch: packets wait for `flushBatch()`. The batch is lost with the connection. */
  startBatch(): void {
    this.parts.outlet.batcher.startBatch();
  }

  /** Sends the batch as one message. Continuous batching goes on. */
  flushBatch(): void {
    this.parts.outlet.batcher.flushBatch();
  }

  /** Discards the batch: its calls reject with `AbortError`, its transmits are reported. */
  cancelBatch(): void {
    this.parts.requests.onBatchCancelled(this.parts.outlet.batcher.cancelBatch());
  }

  /** Sends packets in batches, every `batchInterval` ms, over all connections to come. */
  startBatching(): void {
    this.parts.outlet.batcher.startBatching();
  }

  /** Sends what is batched and ends continuous batching. */
  stopBatching(): void {
    this.parts.outlet.batcher.stopBatching();
  }

  /** Discards what is batched, as `cancelBatch()`, and ends continuous batching. */
  cancelBatching(): void {
    this.parts.requests.onBatchCancelled(this.parts.outlet.batcher.cancelBatching());
  }

  /** What the codec makes of a packet. */
  encode(packet: unknown): string | Uint8Array | ArrayBuffer {
    return this.codec.encode(packet);
  }

  /** What the codec makes of a message. */
  decode(message: string | Uint8Array | ArrayBuffer): unknown {
    return this.codec.decode(message);
  }

  /** Base64 of a string's UTF-8 bytes. */
  encodeBase64(text: string): string {
    return encodeBase64Text(text);
  }

  /** The string in base64 of UTF-8 bytes; `''` if it is no base64 or no UTF-8. */
  decodeBase64(text: string): string {
    return decodeBase64Text(text) ?? '';
  }
}

defineChannelMethods(AGClientSocket);

// Not a member of the class, because its declaration has to compile where the symbol is unknown.
defineAsyncDisposal(AGClientSocket.prototype, (socket) => {
  socket.disconnect();
  socket.closeAllListeners();
  socket.closeAllReceivers();
  socket.closeAllProcedures();
  socket.closeAllChannels();
});

import type { IncomingMessage } from 'node:http';
import type { AuthTokenOf, SocketDataOf } from '@asyngular/protocol/internal';
import type { AGExchange } from '../channels/exchange.js';
import type { AuthState, SocketState } from '../events/socket-events.js';
import { SocketStreams, sessionOf } from './socket-streams.js';

/** What is known of a socket, apart from what it can do. */
export abstract class SocketFacts<Api = any, Requests extends object = any> extends SocketStreams<
  Api,
  Requests
> {
  #data: SocketDataOf<Api> | undefined;

  /**
   * Yours: what the application keeps with this connection, typed by `socketData` of the contract. Empty at
   * first; a client that reconnects gets a new socket and so a new object. Never sent.
   */
  get data(): SocketDataOf<Api> {
    this.#data ??= {} as SocketDataOf<Api>;
    return this.#data;
  }
  set data(data: SocketDataOf<Api>) {
    this.#data = data;
  }

  /** 20 URL-safe characters; new for every connection. */
  get id(): string {
    return sessionOf(this).id;
  }

  /**
   * Whose connection this is, by the server's option `userId`; `undefined`: nobody's. Changes with the token, and stays
   * what it was when the socket closes.
   */
  get userId(): string | undefined {
    return sessionOf(this).userId;
  }

  /** The engine's own socket object. */
  get socket(): any {
    return sessionOf(this).connection.raw;
  }

  /** The HTTP request that became this connection. */
  get request(): IncomingMessage {
    return sessionOf(this).request;
  }

  /** The server's exchange. */
  get exchange(): AGExchange<Api> {
    return sessionOf(this).core.exchange;
  }

  /** `'connecting'` until the handshake is complete, `'open'`, `'closed'`. */
  get state(): SocketState {
    return sessionOf(this).state;
  }

  /** `'authenticated'` while the socket has a valid token. */
  get authState(): AuthState {
    return sessionOf(this).auth.state;
  }

  /** Payload of the socket's token, or `null`. */
  get authToken(): AuthTokenOf<Api> | null {
    return sessionOf(this).auth.authToken as AuthTokenOf<Api> | null;
  }

  /** The token as it was signed, or `null`. */
  get signedAuthToken(): string | null {
    return sessionOf(this).auth.signedAuthToken;
  }

  /** Address of the TCP peer: the client, or a proxy in front. */
  get remoteAddress(): string | undefined {
    return sessionOf(this).connection.remoteAddress;
  }

  /** `'IPv4'` or `'IPv6'`. */
  get remoteFamily(): string | undefined {
    return sessionOf(this).connection.remoteFamily;
  }

  /** Port of the TCP peer. */
  get remotePort(): number | undefined {
    return sessionOf(this).connection.remotePort;
  }

  /** What a front end has set on the upgrade request. */
  get forwardedForAddress(): string | undefined {
    return (this.request as { forwardedForAddress?: string }).forwardedForAddress;
  }

  /** Channel name → `true`, for every channel this socket is subscribed to. */
  get channelSubscriptions(): Record<string, true> {
    const names: Record<string, true> = Object.create(null);
    for (const name of sessionOf(this).subscriptions ?? []) names[name] = true;
    return names;
  }

  /** Number of channels the socket is subscribed to. */
  get channelSubscriptionsCount(): number {
    return sessionOf(this).subscriptions?.size ?? 0;
  }

  /** Frames received. */
  get inboundReceivedMessageCount(): number {
    return sessionOf(this).inbound.receivedCount;
  }

  /** Frames handled completely. */
  get inboundProcessedMessageCount(): number {
    return sessionOf(this).inbound.processedCount;
  }

  /** Packets to send, made so far. */
  get outboundPreparedMessageCount(): number {
    return sessionOf(this).outbound.preparedCount;
  }

  /** Packets that have passed the outbound middleware. */
  get outboundSentMessageCount(): number {
    return sessionOf(this).outbound.sentCount;
  }

  /** Bytes sent that the kernel has not accepted yet. */
  get bufferedBytes(): number {
    return sessionOf(this).outbound.outbox.bufferedBytes;
  }

  /** The server's `cloneData` option. */
  get cloneData(): boolean {
    return sessionOf(this).core.options.cloneData;
  }
}

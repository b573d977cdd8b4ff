import {
  encodeReason,
  InvalidActionError,
  InvalidArgumentsError,
  isLegalCloseCode,
} from '@asyngular/protocol';
import type {
  AuthTokenOf,
  CallData,
  CallResult,
  NameIn,
  PayloadArgs,
  PayloadIn,
  SectionOf,
} from '@asyngular/protocol/internal';
import type { SetAuthTokenOptions } from '../auth/authentication.js';
import type { AuthState } from '../session/session.js';
import { sessionOf } from './socket-base.js';
import { SocketFlow } from './socket-flow.js';

type ClientReceivers<Api> = SectionOf<Api, 'clientReceivers'>;
type ClientProcedures<Api> = SectionOf<Api, 'clientProcedures'>;

/** Options of `socket.invoke()`. */
export interface InvokeOptions {
  /** How long to wait for the answer, in ms. Default: the server's `ackTimeout`. */
  ackTimeout?: number;
}

/**
 * One connected client. Its messages, calls and events are streams: `receiver(name)`,
 * `procedure(name)`, `listener(event)`. Made by the server; a client that reconnects gets a new one.
 * Spec: docs/server.md.
 */
export class AGServerSocket<Api = any> extends SocketFlow<Api> {
  /**
   * Sends a one-way message to the client's receiver. Resolves at once; when the socket is not open a
   * BadConnectionError is emitted as `error`.
   */
  async transmit<Name extends NameIn<ClientReceivers<Api>>>(
    receiver: Name,
    ...[data]: PayloadArgs<PayloadIn<ClientReceivers<Api>, Name>, object>
  ): Promise<void> {
    sessionOf(this).transmit(receiver, data);
  }

  /**
   * Calls a procedure of the client. Rejects with the client's error, with TimeoutError after
   * `ackTimeout`, with BadConnectionError when the socket closes or is not open (then emitted too).
   */
  invoke<Name extends NameIn<ClientProcedures<Api>>>(
    procedure: Name,
    ...[data, options]: PayloadArgs<CallData<ClientProcedures<Api>, Name>, InvokeOptions>
  ): Promise<CallResult<ClientProcedures<Api>, Name>> {
    const timeoutMs = options?.ackTimeout ?? this.server.ackTimeout;
    return sessionOf(this).invoke(procedure, data, timeoutMs) as Promise<any>;
  }

  /**
   * Sends a message of your own: a string as text frame, bytes as binary frame; past the codec. Throws
   * `InvalidMessageError` for anything else.
   */
  send(message: string | ArrayBufferLike | ArrayBufferView, _options?: unknown): void {
    sessionOf(this).sendRaw(message);
  }

  /**
   * Closes the socket after everything sent before. `code`: 1000 (default), 3000–4999, or another that a
   * close frame may carry (1001–1003, 1007–1014); an illegal one is reported as `error` and replaced by
   * 1000. Reasons are cut to 123 bytes.
   */
  async disconnect(code: number = 1000, reason?: unknown): Promise<void> {
    if (isLegalCloseCode(code)) {
      sessionOf(this).close(code, encodeReason(reason));
      return;
    }
    const error = new InvalidArgumentsError(
      `The close code is ${String(code)}; it must be 1000 or a number from 3000 to 4999 (or 1001–1003, 1007–1014)`,
    );
    sessionOf(this).emitError(error);
    sessionOf(this).close(1000, encodeReason(reason));
  }

  /** Drops the connection without a closing handshake; the client sees 1006. */
  terminate(): void {
    sessionOf(this).terminate();
  }

  /**
   * Signs `data` as the socket's new token, authenticates the socket with it and sends it to the client.
   * Resolves without waiting for delivery, unless `rejectOnFailedDelivery`; then rejects with AuthError
   * if the client does not confirm. When signing fails the socket is closed with 4002.
   */
  setAuthToken(
    data: Omit<AuthTokenOf<Api>, 'iat' | 'exp'> & { exp?: number; iat?: number },
    options?: SetAuthTokenOptions,
  ): Promise<void> {
    return sessionOf(this).auth.setAuthToken(data, options);
  }

  /** Takes the socket's token away, here and on the client. */
  deauthenticate(options?: { rejectOnFailedDelivery?: boolean }): Promise<void> {
    return sessionOf(this).auth.deauthenticate(options?.rejectOnFailedDelivery === true);
  }

  /** Takes the socket's token away without telling the client. */
  deauthenticateSelf(): void {
    sessionOf(this).auth.deauthenticateSelf();
  }

  /** @internal Emits the events of a socket that has become authenticated. */
  triggerAuthenticationEvents(oldAuthState: AuthState): void {
    sessionOf(this).auth.triggerEvents(oldAuthState);
  }

  /**
   * Removes the socket from one channel, several, or all (no name), and tells the client. Rejects with
   * InvalidActionError for a channel it is not subscribed to; the client is told all the same. Throws
   * InvalidArgumentsError for names that are no strings.
   */
  kickOut(channel?: string | readonly string[], message?: unknown): Promise<void> {
    const session = sessionOf(this);
    const channels =
      channel === undefined || channel === null
        ? this.subscriptions()
        : typeof channel === 'string'
          ? [channel]
          : channel;
    if (!Array.isArray(channels) || !channels.every((name) => typeof name === 'string')) {
      throw new InvalidArgumentsError(
        'kickOut() takes the name of a channel, an array of names, or nothing for all channels',
      );
    }
    const left = channels.map(async (name) => {
      if (session.isOpen) {
        session.outbound.send({ event: '#kickOut', data: { channel: name, message } });
      }
      const result = session.core.unsubscribe(session, name);
      if (result instanceof InvalidActionError) throw result;
    });
    const all = Promise.all(left).then(() => {});
    // A forgotten promise must not end the process (issue 4, C8); whoever awaits it sees the error.
    all.catch(() => {});
    return all;
  }

  /** Names of the channels the socket is subscribed to, in order. */
  subscriptions(): string[] {
    return [...(sessionOf(this).subscriptions ?? [])];
  }

  /** Whether the socket is subscribed to the channel. */
  isSubscribed(channel: string): boolean {
    return sessionOf(this).subscriptions?.has(channel) ?? false;
  }

  /** @internal */
  encode(packet: unknown): string | Uint8Array {
    return sessionOf(this).core.encode(packet);
  }

  /** @internal */
  decode(message: string | Uint8Array): unknown {
    return sessionOf(this).core.codec.decode(message);
  }

  /** @internal */
  serializeObject(packet: unknown): string | Uint8Array {
    return this.encode(packet);
  }

  /** @internal */
  sendObject(packet: object): void {
    sessionOf(this).outbound.send(packet);
  }

  /** @internal `raw` or `message`: what the client sent, and so counted. */
  deliverMessage(event: 'raw' | 'message', message: string | Buffer): void {
    this.emit(event, { message }, message.length);
  }

  /** @internal */
  deliverTransmit(name: string, data: unknown, size: number): void {
    this.writeToReceiver(name, data, size);
  }

  /** @internal */
  deliverInvoke(request: unknown, procedure: string, size: number): void {
    this.writeToProcedure(procedure, request, size);
  }
}

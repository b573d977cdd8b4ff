import type { ChannelData } from '@asyngular/channels';
import type {
  CallData,
  CallResult,
  NameIn,
  PayloadArgs,
  PayloadIn,
  SectionOf,
} from '@asyngular/protocol/internal';
import { assertName } from '@asyngular/protocol/internal';
import { harmless } from '../turns/harmless.js';
import type { FleetSockets, Reached } from './fleet-answers.js';
import type { People } from './people.js';
import {
  type AskOptions,
  assertMessageName,
  closingIn,
  type InvokeUserOptions,
  type ListSocketsOptions,
  listingIn,
  timeoutIn,
} from './people-options.js';

type ClientReceivers<Api> = SectionOf<Api, 'clientReceivers'>;
type ClientProcedures<Api> = SectionOf<Api, 'clientProcedures'>;

/** What a user is reached with. */
export interface UserOwner {
  readonly people: People;
  readonly server: { readonly ackTimeout: number };
}

/**
 * A user, on all devices and all servers, connected or not: `server.user(id)`. Each method asks every server of the
 * fleet and resolves to how many connections were reached; servers that did not answer in time are named. What is sent
 * to a user who is away is lost: nothing is kept. Spec: docs/server.md, people.
 */
export class AGUser<Api = any> {
  /** As the option `userId` returns it. */
  readonly id: string;
  readonly #owner: UserOwner;

  /** @internal */
  constructor(id: string, owner: UserOwner) {
    this.id = id;
    this.#owner = owner;
  }

  /**
   * Sends a one-way message to the client's receiver on every device. Rejects with `InvalidArgumentsError`, with
   * `ResourceLimitError` when the data takes more than 524,288 bytes between servers, and with the codec's error when it has no encoding.
   */
  transmit<Name extends NameIn<ClientReceivers<Api>>>(
    receiver: Name,
    ...[data, options]: PayloadArgs<PayloadIn<ClientReceivers<Api>, Name>, AskOptions>
  ): Promise<Reached> {
    return this.#do(() => {
      assertMessageName(receiver, 'receiver');
      const timeoutMs = timeoutIn(options, 'user.transmit()');
      return this.#owner.people.transmit(this.id, receiver, data, timeoutMs);
    });
  }

  /**
   * Publishes on the user's own channel, which each of their clients reads as `socket.subscribe('#user')` and nobody else
   * can subscribe to or publish on. Reaches the devices that are subscribed. Rejects as `transmit()` does.
   */
  publish(
    ...[data, options]: PayloadArgs<ChannelData<SectionOf<Api, 'channels'>, '#user'>, AskOptions>
  ): Promise<Reached> {
    return this.#do(() =>
      this.#owner.people.publish(this.id, data, timeoutIn(options, 'user.publish()')),
    );
  }

  /**
   * Calls a procedure of the client on every device (the 100 that connected last, on each server), and resolves to what
   * the first one answers. Rejects with `BadConnectionError` when the user has no open connection, with `TimeoutError`
   * when no device answers within `timeoutMs`, with the first device's error when all have failed, and as `transmit()`
   * does.
   */
  invoke<Name extends NameIn<ClientProcedures<Api>>>(
    procedure: Name,
    ...[data, options]: PayloadArgs<CallData<ClientProcedures<Api>, Name>, InvokeUserOptions>
  ): Promise<CallResult<ClientProcedures<Api>, Name>> {
    return this.#do(() => {
      assertMessageName(procedure, 'procedure');
      const { ackTimeout } = this.#owner.server;
      const timeoutMs = timeoutIn(options, 'user.invoke()', ackTimeout);
      return this.#owner.people.invoke(this.id, procedure, data, timeoutMs) as Promise<any>;
    });
  }

  /** Takes every device out of a channel, as `socket.kickOut()` does. Counts those that were subscribed to it. */
  kickOut(channel: string, message?: unknown, options?: AskOptions): Promise<Reached> {
    return this.#do(() => {
      assertName(channel);
      const timeoutMs = timeoutIn(options, 'user.kickOut()');
      return this.#owner.people.kickOut(this.id, channel, message, timeoutMs);
    });
  }

  /**
   * Closes every connection, as `socket.disconnect()` does: with 1000, the default, and from 4500 on clients do not come
   * back by themselves. Rejects with `InvalidArgumentsError` for a code that no close frame may carry.
   */
  disconnect(code?: number, reason?: unknown, options?: AskOptions): Promise<Reached> {
    return this.#do(() => {
      const timeoutMs = timeoutIn(options, 'user.disconnect()');
      return this.#owner.people.disconnect({ user: this.id }, closingIn(code, reason), timeoutMs);
    });
  }

  /** Where the user is connected, in parts of up to `limit` sockets. */
  sockets(options?: ListSocketsOptions): Promise<FleetSockets> {
    return this.#do(() => {
      const { page, timeoutMs } = listingIn(options, 'user.sockets()');
      return this.#owner.people.list({ user: this.id }, page, timeoutMs);
    });
  }

  /** What cannot be done rejects, and a promise that nobody awaits ends no process. */
  #do<Result>(act: () => Promise<Result>): Promise<Result> {
    return harmless((async () => act())());
  }
}

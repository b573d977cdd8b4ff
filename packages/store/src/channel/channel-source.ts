import {
  type AGChannel,
  type AGClientSocket,
  type ChannelHistory,
  consume,
  type SubscribeOptions,
} from '@asyngular/client';
import { AbortError } from '@asyngular/errors';
import { once } from '../shared/once.js';
import type { Timing } from '../shared/timing.js';
import { type ChannelStatus, channelStatus } from './channel-status.js';
import type { SocketEvent, SocketEvents } from './socket-events.js';

/** Publications of the past come in one go; after this time without one, ms, that is over. */
const CATCH_UP_MS = 100;

/** What is known of a publication beside its data. */
export interface Arrival {
  /** Where it stands in the log; undefined where there is none. */
  readonly position?: string | undefined;
  /** It is older than the subscription, or was missed. */
  readonly recovered: boolean;
}

/** What arrives on a channel. */
export interface Publication extends Arrival {
  readonly data: unknown;
}

/** Who uses a channel. */
export interface ChannelUser {
  /** The status or the error is another one. */
  onChange(): void;
  onPublication?(publication: Publication): void;
  /** Publications were missed, and will not come. */
  onGap?(): void;
}

/** What else of the socket a channel uses. */
export interface ChannelNeeds {
  readonly socket: AGClientSocket;
  readonly events: SocketEvents;
  readonly timing: Timing;
}

/** One channel for all stores that read it: subscribed to with the first user, left with the last one. */
export class ChannelSource {
  readonly channel: AGChannel;
  readonly #needs: ChannelNeeds;
  readonly #users = new Set<ChannelUser>();
  #options: SubscribeOptions = {};
  #error: Error | null = null;
  #wasLive = false;
  #isCatchingUp = false;
  #cancelCatchUp: (() => void) | undefined;
  /** The application has not subscribed to the channel by itself. */
  #isOurs = false;
  /** The state with which the client is to be a member; undefined when it only watches. */
  #member: unknown;
  #stop: (() => void)[] = [];

  constructor(name: string, needs: ChannelNeeds) {
    this.channel = needs.socket.channel(name);
    this.#needs = needs;
  }

  get status(): ChannelStatus {
    const { socket } = this.#needs;
    return channelStatus({
      socketState: socket.state,
      connectAttempts: socket.connectAttempts,
      channelState: this.channel.state,
      isRefused: this.#error !== null,
      wasLive: this.#wasLive,
      isCatchingUp: this.#isCatchingUp,
    });
  }

  /** Why the server has refused the channel, or has taken this client out of it. */
  get error(): Error | null {
    return this.#error;
  }

  get isUsed(): boolean {
    return this.#users.size > 0;
  }

  /**
   * Begins with the options of the first user. `isFirst`: the subscription begins with this user, so that the past which
   * `rewind` asks for will come; others have to read it.
   */
  use(
    user: ChannelUser,
    { presence, ...options }: SubscribeOptions,
  ): { isFirst: boolean; release: () => void } {
    const isFirst = !this.isUsed && this.channel.state === 'unsubscribed';
    if (isFirst) {
      this.#member = presence;
    }
    if (!this.isUsed) {
      this.#options = options;
      this.#start();
    } else {
      this.askAgain();
    }
    if (!isFirst && presence !== undefined) {
      this.enter(presence);
    }
    this.#users.add(user);
    const release = once(() => {
      this.#users.delete(user);
      if (!this.isUsed) this.#end();
    });
    return { isFirst, release };
  }

  /**
   * Somebody else wants the channel, perhaps an error boundary that was reset, or the token is another: that ends a refusal, or
   * an unsubscription by the application.
   */
  askAgain(): void {
    if (this.channel.state === 'unsubscribed') {
      this.#error = null;
      this.#isOurs = true;
      this.#subscribe();
      this.#change();
    }
  }

  /** Becomes a member with this state, or another one, over all subscriptions to come. */
  enter(state: unknown): void {
    this.#member = state;
    if (this.channel.state !== 'unsubscribed') {
      // Refusals are events, too.
      this.channel.presence.enter(state).catch(() => {});
    }
  }

  leave(): void {
    this.#member = undefined;
    this.channel.presence.leave();
  }

  /** The last publications of the log, the oldest one first. Rejects as `channel.history()` does. */
  past(limit: number): Promise<ChannelHistory> {
    return this.channel.history({ limit, order: 'oldest' });
  }

  #start(): void {
    const { channel } = this;
    this.#stop = [
      this.#needs.events.watch((event) => this.#onSocketEvent(event)),
      consume(channel.listener('subscribeStateChange'), () => this.#change()),
      consume(channel.listener('subscribe'), (event) => this.#onSubscribe(event.recovered)),
      consume(channel.listener('subscribeFail'), ({ error }) => this.#onRefused(error)),
      consume(channel.listener('kickOut'), ({ message }) => this.#onRefused(kickedOut(message))),
      consume(channel.listener('interruption'), () => this.#onGap()),
      // Where a channel has a log, its publications are read below, with their positions.
      consume(channel, (data) => {
        if (channel.position === null) this.#onPublication({ data, recovered: false });
      }),
      consume(channel.listener('publication'), (publication) => this.#onPublication(publication)),
    ];
    this.#isOurs = channel.state === 'unsubscribed';
    this.#wasLive = channel.state === 'subscribed';
    if (this.#isOurs) {
      this.#subscribe();
    } else {
      // A subscription that the server has made would end with its connection.
      this.channel.subscribe();
    }
  }

  #end(): void {
    for (const stop of this.#stop) stop();
    this.#cancelCatchUp?.();
    this.#isCatchingUp = false;
    this.#error = null;
    if (this.#isOurs) {
      this.channel.unsubscribe();
    }
  }

  #subscribe(): void {
    const presence = this.#member === undefined ? undefined : { presence: this.#member };
    this.channel.subscribe({ ...this.#options, ...presence });
  }

  #onSocketEvent({ type }: SocketEvent): void {
    if (this.#error && (type === 'authStateChange' || type === 'authenticate')) {
      this.askAgain();
    }
    this.#change();
  }

  #onSubscribe(recovered: boolean | undefined): void {
    this.#error = null;
    if (this.#wasLive && recovered !== true) {
      this.#onGap();
    }
    this.#wasLive = true;
    this.#change();
  }

  #onRefused(error: Error): void {
    this.#error = error;
    this.#change();
  }

  #onPublication(publication: Publication): void {
    this.#setCatchingUp(publication.recovered);
    this.#tell((user) => user.onPublication?.(publication));
  }

  #setCatchingUp(isCatchingUp: boolean): void {
    if (!isCatchingUp && !this.#isCatchingUp) {
      return;
    }
    this.#cancelCatchUp?.();
    this.#cancelCatchUp = isCatchingUp
      ? this.#needs.timing.delay(() => this.#setCatchingUp(false), CATCH_UP_MS)
      : undefined;
    if (this.#isCatchingUp !== isCatchingUp) {
      this.#isCatchingUp = isCatchingUp;
      this.#change();
    }
  }

  #onGap(): void {
    this.#tell((user) => user.onGap?.());
  }

  #change(): void {
    this.#tell((user) => user.onChange());
  }

  /** What one of them throws is thrown when all have been told; the socket reports it. */
  #tell(call: (user: ChannelUser) => void): void {
    const errors: unknown[] = [];
    for (const user of [...this.#users]) {
      try {
        call(user);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) {
      throw errors[0];
    }
  }
}

function kickedOut(message: unknown): Error {
  return new AbortError('The server has ended the subscription', { cause: message });
}

import type { AGClientSocket } from '@asyngular/client';
import type { AppContract } from '@asyngular/protocol';
import type { AuthTokenOf } from '@asyngular/protocol/internal';
import { createNeeds, type Needs } from './needs.js';
import { pageTiming, type Timing } from './shared/timing.js';
import { type AuthStore, openAuth } from './stores/auth-store.js';
import type { ChannelOptionsOfStores } from './stores/channel-options.js';
import { type ChannelStore, openChannel } from './stores/channel-store.js';
import { type ConnectionStore, openConnection } from './stores/connection-store.js';
import { type LatestOptions, type LatestStore, openLatest } from './stores/latest-store.js';
import { type MessagesOptions, type MessagesStore, openMessages } from './stores/messages-store.js';
import { openPresence, type PresenceStore } from './stores/presence-store.js';
import { openStream, type StreamStore, type StreamStoreOptions } from './stores/stream-store.js';
import type {
  CallDataOf,
  ChannelNameOf,
  DataOf,
  PublishArgumentsOf,
  StateOf,
  StreamItemOf,
  StreamNameOf,
} from './types.js';

/**
 * The stores of one socket: what it knows, as snapshots. To open one costs nothing and may be done on each rendering;
 * it begins to read with its first listener, shares what it reads with all stores of the same name and options, and ends
 * a second after the last listener has gone. The socket itself is never opened, closed or disposed of, except that a
 * publication connects it, as any message does.
 *
 * In place of a name, null opens a store in which nothing happens.
 */
export class Stores<Contract extends AppContract = any> {
  /** Whose stores they are. */
  readonly socket: AGClientSocket<Contract>;
  readonly #needs: Needs;

  /** Use `storesOf()`, unless you bring your own timing. */
  constructor(socket: AGClientSocket<Contract>, timing: Timing = pageTiming) {
    this.socket = socket;
    this.#needs = createNeeds(socket, timing);
  }

  /** The state of the connection. */
  connection(): ConnectionStore {
    return openConnection(this.#needs);
  }

  /** The token, and whether the server accepts it. */
  auth(): AuthStore<AuthTokenOf<Contract>> {
    return openAuth(this.#needs);
  }

  /** A channel's status; its publications go to callbacks. */
  channel<Name extends string>(
    name: ChannelNameOf<Contract, Name> | null,
    options: ChannelOptionsOfStores = {},
  ): ChannelStore<DataOf<Contract, Name>, PublishArgumentsOf<Contract, Name>> {
    return openChannel(this.#needs, name, options) as ChannelStore;
  }

  /** A channel's publications as a list, with those of this client that are under way. */
  messages<Name extends string>(
    name: ChannelNameOf<Contract, Name> | null,
    options: MessagesOptions<DataOf<Contract, Name>> = {},
  ): MessagesStore<DataOf<Contract, Name>, PublishArgumentsOf<Contract, Name>> {
    return openMessages(this.#needs, name, options) as MessagesStore;
  }

  /** A channel's latest publication. */
  latest<Name extends string>(
    name: ChannelNameOf<Contract, Name> | null,
    options: LatestOptions<DataOf<Contract, Name>> = {},
  ): LatestStore<DataOf<Contract, Name>, PublishArgumentsOf<Contract, Name>> {
    return openLatest(this.#needs, name, options) as LatestStore;
  }

  /**
   * Who is in a channel. With a `state` this client is one of them while the store has listeners: of several stores with
   * one the latest counts, and it leaves a second after the last.
   */
  presence<Name extends string>(
    name: ChannelNameOf<Contract, Name> | null,
    state?: StateOf<Contract, Name>,
    options: ChannelOptionsOfStores = {},
  ): PresenceStore<StateOf<Contract, Name>> {
    return openPresence(this.#needs, name, state, options);
  }

  /** What a procedure yields. Stores with equal data share one call. */
  stream<Name extends StreamNameOf<Contract>>(
    name: Name | null,
    data: CallDataOf<Contract, Name>,
    options: StreamStoreOptions<CallDataOf<Contract, Name>, StreamItemOf<Contract, Name>> = {},
  ): StreamStore<StreamItemOf<Contract, Name>> {
    return openStream(this.#needs, name, data, options);
  }
}

const known = new WeakMap<AGClientSocket, Stores>();

/** The stores of a socket: the same ones each time, so that all that show one channel share its subscription. */
export function storesOf<Contract extends AppContract = any>(
  socket: AGClientSocket<Contract>,
): Stores<Contract> {
  const stores = known.get(socket) ?? new Stores(socket);
  known.set(socket, stores);
  return stores;
}

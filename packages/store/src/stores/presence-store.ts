import { consume, type PresenceMember } from '@asyngular/client';
import type { ChannelSource } from '../channel/channel-source.js';
import type { ChannelSources } from '../channel/channel-sources.js';
import type { Needs } from '../needs.js';
import { doNothing, idleStore } from '../shared/idle-store.js';
import { once } from '../shared/once.js';
import type { Source } from '../shared/shared-stores.js';
import type { Store } from '../shared/store.js';
import { keyOf } from '../shared/values.js';
import { type ChannelOptionsOfStores, subscribeOptions } from './channel-options.js';
import { type ChannelSnapshot, idleChannel, initialChannel } from './channel-store.js';
import { MembershipSource } from './membership.js';

/** Who is in a channel. */
export interface PresenceSnapshot<State = any> extends Pick<ChannelSnapshot, 'status' | 'error'> {
  /** The members, in the order in which they came; empty until they are known, and where only counts are kept. */
  readonly members: readonly PresenceMember<State>[];
  /** How many members there are, also where only counts are kept. */
  readonly count: number;
  /** This client as a member, as everybody sees it; null while it is none. */
  readonly me: PresenceMember<State> | null;
}

const nobody = { members: [], count: 0, me: null };

function initialPresence(isIdle: boolean): PresenceSnapshot {
  const { status, error } = isIdle ? idleChannel : initialChannel;
  return { status, error, ...nobody };
}

/** Watches the members of a channel. */
class PresenceSource implements Source<PresenceSnapshot> {
  readonly #channel: ChannelSource;
  readonly #stop: (() => void)[];
  readonly #changed: () => void;
  #error: Error | null = null;
  #map: ReadonlyMap<string, PresenceMember> | undefined;
  #members: readonly PresenceMember[] = [];

  constructor(
    sources: ChannelSources,
    name: string,
    options: ChannelOptionsOfStores,
    changed: () => void,
  ) {
    this.#changed = changed;
    const { source, release } = sources.use(name, { onChange: changed }, subscribeOptions(options));
    const { channel } = source;
    this.#channel = source;
    this.#stop = [
      release,
      consume(channel.presence.changes(), () => this.#setError(null)),
      consume(channel.listener('presenceFail'), ({ error }) => this.#setError(error)),
    ];
  }

  read(): PresenceSnapshot {
    const { members, count, key } = this.#channel.channel.presence;
    if (members !== this.#map) {
      this.#map = members;
      this.#members = [...members.values()].sort((a, b) => a.joinedAt - b.joinedAt);
    }
    return {
      status: this.#channel.status,
      error: this.#channel.error ?? this.#error,
      members: this.#members,
      count,
      me: (key !== undefined && members.get(key)) || null,
    };
  }

  onUser(): void {
    this.#channel.askAgain();
  }

  stop(): void {
    for (const stop of this.#stop) stop();
  }

  #setError(error: Error | null): void {
    this.#error = error;
    this.#changed();
  }
}

/** Of the members of a channel. */
export interface PresenceStore<State = any> extends Store<PresenceSnapshot<State>> {
  /** Merges into what this client shows, as `channel.presence.update()` does. Raises an error on one that is no member. */
  readonly update: (part: State extends object ? Partial<State> : State) => void;
}

export function openPresence(
  { socket, sources, shared }: Needs,
  name: string | null,
  state: unknown,
  options: ChannelOptionsOfStores,
): PresenceStore {
  const first = initialPresence(name === null);
  if (name === null) {
    return { ...idleStore(first), update: doNothing };
  }
  const key = keyOf([name, options]);
  const store = shared.open(
    `presence ${key}`,
    first,
    (changed) => new PresenceSource(sources, name, options, changed),
  );
  const update = (part: unknown) => socket.channel(name).presence.update(part as never);
  if (state === undefined) {
    return { ...store, update };
  }
  const membership = shared.open(
    `member ${key}`,
    {},
    () => new MembershipSource(sources, name, state, options),
  );
  return {
    ...store,
    update,
    subscribe(listener) {
      // First, so that the state travels with the subscription.
      const { source, release } = membership.hold();
      const hide = source.show(state);
      const end = store.subscribe(listener);
      return once(() => {
        end();
        hide();
        release();
      });
    },
  };
}

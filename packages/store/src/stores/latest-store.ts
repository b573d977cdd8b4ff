import type { ChannelSource, ChannelUser } from '../channel/channel-source.js';
import type { ChannelSources } from '../channel/channel-sources.js';
import { LatePast } from '../channel/late-past.js';
import { type Publishing, publishingOn } from '../messages/publishing.js';
import type { Needs } from '../needs.js';
import { idleStore } from '../shared/idle-store.js';
import type { Source } from '../shared/shared-stores.js';
import type { Store } from '../shared/store.js';
import { keyOf } from '../shared/values.js';
import { type ChannelOptionsOfStores, subscribeOptions } from './channel-options.js';
import { type ChannelSnapshot, idleChannel, initialChannel } from './channel-store.js';

/** Options of a latest value. `rewind` is 1 by default. */
export interface LatestOptions<Data = any> extends ChannelOptionsOfStores {
  /** What is shown before anything has arrived. */
  initial?: Data;
}

/** What is known of a channel, and what arrived on it last. */
export interface LatestSnapshot<Data = any> extends ChannelSnapshot {
  /** Undefined, or `initial`, before anything has arrived. */
  readonly data: Data | undefined;
}

function initialLatest({ initial }: LatestOptions, isIdle: boolean): LatestSnapshot {
  return { ...(isIdle ? idleChannel : initialChannel), data: initial };
}

/** Reads the last publication of a channel. With the next one a gap is over. */
class LatestSource implements Source<LatestSnapshot> {
  readonly #changed: () => void;
  readonly #channel: ChannelSource;
  readonly #release: () => void;
  #data: unknown;
  #hasArrived = false;
  #gap = false;
  #past: LatePast | undefined;

  constructor(sources: ChannelSources, name: string, options: LatestOptions, changed: () => void) {
    this.#changed = changed;
    this.#data = options.initial;
    const user: ChannelUser = {
      onChange: () => {
        this.#past?.onChange();
        changed();
      },
      onPublication: ({ data }) => this.#onData(data),
      onGap: () => this.#onGap(),
    };
    const { rewind = 1 } = options;
    const { source, isFirst, release } = sources.use(
      name,
      user,
      subscribeOptions({ ...options, rewind }),
    );
    this.#channel = source;
    this.#release = release;
    if (!isFirst && rewind > 0) {
      this.#past = new LatePast(source, 1, {
        onPast: ({ publications: [last] }) => {
          if (last && !this.#hasArrived) this.#onData(last.data);
        },
        onFailed: () => this.#onGap(),
      });
    }
  }

  read(): LatestSnapshot {
    const { status, error } = this.#channel;
    return { status, error, gap: this.#gap, data: this.#data };
  }

  onUser(): void {
    this.#channel.askAgain();
  }

  stop(): void {
    this.#release();
  }

  #onGap(): void {
    this.#gap = true;
    this.#changed();
  }

  #onData(data: unknown): void {
    this.#data = data;
    this.#hasArrived = true;
    this.#gap = false;
    this.#changed();
  }
}

/** Of the latest publication of a channel. */
export interface LatestStore<Data = any, Args extends unknown[] = any[]>
  extends Store<LatestSnapshot<Data>>,
    Publishing<Args> {}

export function openLatest(
  { sources, outbox, shared }: Needs,
  name: string | null,
  options: LatestOptions,
): LatestStore {
  const { initial, ...compared } = options;
  const publishing = publishingOn(outbox, name);
  const first = initialLatest(options, name === null);
  if (name === null) {
    return { ...idleStore(first), ...publishing };
  }
  const store = shared.open(
    `latest ${keyOf([name, compared])}`,
    first,
    (changed) => new LatestSource(sources, name, options, changed),
  );
  return { ...store, ...publishing };
}

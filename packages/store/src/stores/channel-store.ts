import type { SubscribeOptions } from '@asyngular/client';
import type {
  Arrival,
  ChannelSource,
  ChannelUser,
  Publication,
} from '../channel/channel-source.js';
import type { ChannelSources } from '../channel/channel-sources.js';
import type { ChannelStatus } from '../channel/channel-status.js';
import { type Publishing, publishingOn } from '../messages/publishing.js';
import type { Needs } from '../needs.js';
import { doNothing, idleStore } from '../shared/idle-store.js';
import { once } from '../shared/once.js';
import type { Source } from '../shared/shared-stores.js';
import type { Store } from '../shared/store.js';
import { keyOf } from '../shared/values.js';
import { type ChannelOptionsOfStores, subscribeOptions } from './channel-options.js';

/** What is known of a channel. */
export interface ChannelSnapshot {
  readonly status: ChannelStatus;
  /** Why the server has refused the channel, or has taken this client out of it; null otherwise. */
  readonly error: Error | null;
  /** Publications were missed, and will not come; see `closeGap()`. */
  readonly gap: boolean;
}

/** Of a channel that is not subscribed to yet, and of one without a name. */
export const initialChannel: ChannelSnapshot = { status: 'connecting', error: null, gap: false };
export const idleChannel: ChannelSnapshot = { ...initialChannel, status: 'idle' };

/** Called with what arrives: also with the past that a `rewind` brings, which `recovered` tells apart. */
export type OnMessage<Data = any> = (data: Data, arrival: Arrival) => void;

/** One use of a channel, with readers of what arrives. */
class ChannelReading implements Source<ChannelSnapshot> {
  readonly #readers = new Set<OnMessage>();
  readonly #changed: () => void;
  readonly #source: ChannelSource;
  readonly #release: () => void;
  #gap = false;

  constructor(
    sources: ChannelSources,
    name: string,
    options: SubscribeOptions,
    changed: () => void,
  ) {
    this.#changed = changed;
    const user: ChannelUser = {
      onChange: changed,
      onGap: () => this.#setGap(true),
      onPublication: (publication) => this.#onPublication(publication),
    };
    const { source, release } = sources.use(name, user, options);
    this.#source = source;
    this.#release = release;
  }

  add(reader: OnMessage): () => void {
    // The same function may be given twice.
    const own: OnMessage = (data, arrival) => reader(data, arrival);
    this.#readers.add(own);
    return once(() => this.#readers.delete(own));
  }

  closeGap(): void {
    this.#setGap(false);
  }

  read(): ChannelSnapshot {
    return { status: this.#source.status, error: this.#source.error, gap: this.#gap };
  }

  onUser(): void {
    this.#source.askAgain();
  }

  stop(): void {
    this.#release();
  }

  #setGap(gap: boolean): void {
    this.#gap = gap;
    this.#changed();
  }

  #onPublication(publication: Publication): void {
    for (const reader of [...this.#readers]) {
      reader(publication.data, publication);
    }
  }
}

/** Of a channel that is read with callbacks. */
export interface ChannelStore<Data = any, Args extends unknown[] = any[]>
  extends Store<ChannelSnapshot>,
    Publishing<Args> {
  /** Calls `onMessage` with each publication at once, frames or not, until the returned function is called. */
  readonly read: (onMessage: OnMessage<Data>) => () => void;
  /** Says that what was missed has been loaded. */
  readonly closeGap: () => void;
}

export function openChannel(
  { sources, outbox, shared }: Needs,
  name: string | null,
  options: ChannelOptionsOfStores,
): ChannelStore {
  const publishing = publishingOn(outbox, name);
  if (name === null) {
    const read = () => doNothing;
    return { ...idleStore(idleChannel), ...publishing, read, closeGap: doNothing };
  }
  const store = shared.open(
    `channel ${keyOf([name, options])}`,
    initialChannel,
    (changed) => new ChannelReading(sources, name, subscribeOptions(options), changed),
  );
  return {
    ...store,
    ...publishing,
    read(onMessage) {
      const { source, release } = store.hold();
      const end = source.add(onMessage);
      return once(() => {
        end();
        release();
      });
    },
    closeGap: () => store.source()?.closeGap(),
  };
}

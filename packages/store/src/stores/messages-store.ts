import type { AGClientSocket, ChannelHistory } from '@asyngular/client';
import type { ChannelSource, ChannelUser } from '../channel/channel-source.js';
import { LatePast } from '../channel/late-past.js';
import {
  applyAll,
  emptyList,
  type ListedPublication,
  type ListOptions,
  type Message,
  type MessageEvent,
  type MessageList,
  messagesOf,
} from '../messages/message-list.js';
import { type Publishing, publishingOn } from '../messages/publishing.js';
import type { Needs } from '../needs.js';
import { idleStore } from '../shared/idle-store.js';
import { limitOf } from '../shared/limit.js';
import type { Source } from '../shared/shared-stores.js';
import type { Store } from '../shared/store.js';
import { keyOf } from '../shared/values.js';
import { type ChannelOptionsOfStores, subscribeOptions } from './channel-options.js';
import { type ChannelSnapshot, idleChannel, initialChannel } from './channel-store.js';

/** Where a page in the background draws nothing, what arrives is worked off in pieces of this size. */
const MAX_EVENTS = 1_000;
const DEFAULT_LIMIT = 100;

/** Options of a list of messages. */
export interface MessagesOptions<Data = any> extends ChannelOptionsOfStores {
  /** Messages kept and shown, the newest ones; 1 or more. Default 100. */
  limit?: number;
  /**
   * What is shown at first, the oldest one first: data that the application has loaded, or a piece of the channel's log
   * (`await server.exchange.history(…)`). Behind a piece of the log the channel goes on without a hole, and nothing comes
   * twice. Data alone are compared with what `rewind` brings, by `identify` or else by value. Later values are ignored.
   */
  initial?: readonly Data[] | ChannelHistory<Data>;
  /**
   * What a message is about, where its data say so: an id. A publication with the same one replaces the message, and the
   * own ones are recognized by it. Default: by position, and own ones by having all that was published.
   */
  identify?: (data: Data) => string | number | undefined;
}

/** What is known of a channel, and what was published on it. */
export interface MessagesSnapshot<Data = any> extends ChannelSnapshot {
  /** The oldest one first; those of this client that wait, or have failed, stand at the end. */
  readonly messages: readonly Message<Data>[];
}

/** Anybody may have published what `identify` cannot read: the socket reports that, and the list goes on. */
function listOptionsOf(
  socket: AGClientSocket,
  { identify, ...options }: MessagesOptions,
): ListOptions {
  const limit = limitOf('messages()', options.limit, DEFAULT_LIMIT);
  if (!identify) {
    return { limit };
  }
  return {
    limit,
    identify(data) {
      try {
        return identify(data);
      } catch (error) {
        socket.listener('error').reportError?.(error);
        return undefined;
      }
    },
  };
}

/** What a list of messages shows before anything is read. */
function initialMessages(
  initial: MessagesOptions['initial'],
  options: ListOptions,
  isIdle: boolean,
): MessagesSnapshot {
  const messages = messagesOf(startList(initial, options), options.limit);
  return { ...(isIdle ? idleChannel : initialChannel), messages };
}

function startList(initial: MessagesOptions['initial'], options: ListOptions): MessageList {
  return applyAll(emptyList, [past(publicationsOf(initial), 0, true)], options);
}

function publicationsOf(initial: MessagesOptions['initial'] = []): readonly ListedPublication[] {
  return 'publications' in initial ? initial.publications : initial.map((data) => ({ data }));
}

function past(
  publications: readonly ListedPublication[],
  after: number,
  replace: boolean,
): MessageEvent {
  return { type: 'past', publications, after, replace };
}

/** Reads a channel into a list. */
class MessagesSource implements Source<MessagesSnapshot> {
  readonly #changed: () => void;
  readonly #channel: ChannelSource;
  readonly #stop: (() => void)[];
  readonly #options: ListOptions;
  #events: MessageEvent[] = [];
  #list: MessageList;
  #messages: readonly Message[] = [];
  #shown: MessageList | undefined;
  #past: LatePast | undefined;
  #gap = false;
  /** How many publications had arrived before the last gap. */
  #gapAfter = 0;

  constructor(
    { socket, sources, outbox }: Needs,
    name: string,
    options: MessagesOptions,
    changed: () => void,
  ) {
    const { initial } = options;
    this.#changed = changed;
    this.#options = listOptionsOf(socket, options);
    const { limit } = this.#options;
    this.#list = startList(initial, this.#options);
    for (const outgoing of outbox.outgoing(name)) {
      this.#add({ type: 'sent', outgoing });
    }
    const user: ChannelUser = {
      onChange: () => {
        this.#past?.onChange();
        changed();
      },
      onPublication: (publication) => this.#add({ type: 'publication', ...publication }),
      onGap: () => this.#onGap(),
    };
    const since = initial && 'position' in initial ? initial.position : undefined;
    const { source, isFirst, release } = sources.use(name, user, subscribeOptions(options, since));
    this.#channel = source;
    this.#stop = [release, outbox.watch(name, (event) => this.#add(event))];
    if (!isFirst && options.rewind !== 0) {
      // Behind a piece of the log there must be no hole.
      const length = since === undefined ? (options.rewind ?? limit) : limit;
      const after = this.#list.count;
      this.#past = new LatePast(source, length, {
        onPast: ({ publications }) => this.#add(past(publications, after, false)),
        onFailed: () => this.#onGap(),
      });
    }
  }

  read(): MessagesSnapshot {
    this.#applyEvents();
    if (this.#shown !== this.#list) {
      this.#shown = this.#list;
      this.#messages = messagesOf(this.#list, this.#options.limit);
    }
    const { status, error } = this.#channel;
    return { status, error, gap: this.#gap, messages: this.#messages };
  }

  /**
   * Shows what the application has loaded, or else the end of the log, in place of what was before the gap. Rejects as
   * `channel.history()` does, with `InvalidActionError` where the channel has no history.
   */
  async reload(loaded?: MessagesOptions['initial']): Promise<void> {
    // A click handler brings an event.
    if (loaded && (Array.isArray(loaded) || 'publications' in loaded)) {
      this.#applyEvents();
      this.#add(past(publicationsOf(loaded), this.#gapAfter, true));
    } else {
      this.#applyEvents();
      const after = this.#list.count;
      const { publications } = await this.#channel.past(this.#options.limit);
      this.#add(past(publications, after, true));
    }
    this.#gap = false;
    this.#changed();
  }

  onUser(): void {
    this.#channel.askAgain();
  }

  stop(): void {
    for (const stop of this.#stop) stop();
  }

  #onGap(): void {
    this.#applyEvents();
    this.#gapAfter = this.#list.count;
    this.#gap = true;
    this.#changed();
  }

  #add(event: MessageEvent): void {
    this.#events.push(event);
    if (this.#events.length >= MAX_EVENTS) {
      this.#applyEvents();
    }
    this.#changed();
  }

  #applyEvents(): void {
    if (this.#events.length > 0) {
      this.#list = applyAll(this.#list, this.#events, this.#options);
      this.#events = [];
    }
  }
}

/** Of the messages of a channel. */
export interface MessagesStore<Data = any, Args extends unknown[] = any[]>
  extends Store<MessagesSnapshot<Data>>,
    Publishing<Args> {
  /**
   * Ends a gap: shows what the application has loaded, or without it the end of the log, in place of what was there
   * before the gap. Rejects with `InvalidActionError` where the channel has no history, and else as `channel.history()`.
   */
  readonly reload: (loaded?: MessagesOptions<Data>['initial']) => Promise<void>;
}

export function openMessages(
  needs: Needs,
  name: string | null,
  options: MessagesOptions,
): MessagesStore {
  const { initial, ...compared } = options;
  const publishing = publishingOn(needs.outbox, name);
  const first = initialMessages(initial, listOptionsOf(needs.socket, options), name === null);
  if (name === null) {
    return { ...idleStore(first), ...publishing, reload: async () => {} };
  }
  const store = needs.shared.open(
    `messages ${keyOf([name, compared])}`,
    first,
    (changed) => new MessagesSource(needs, name, options, changed),
  );
  return {
    ...store,
    ...publishing,
    async reload(loaded) {
      const { source, release } = store.hold();
      try {
        await source.reload(loaded);
      } finally {
        release();
      }
    },
  };
}

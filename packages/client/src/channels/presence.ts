import type { ChannelStreams, MemberMap } from '@asyngular/channels/internal';
import { protocolEvents, TimeoutError } from '@asyngular/protocol';
import {
  MAX_TIMEOUT_MS,
  PRESENCE_EXTENSION,
  type PresenceNotice,
  parsePresenceAnswer,
  parsePresenceOffer,
} from '@asyngular/protocol/internal';
import type { ConnectionState } from '../connection/connection-state.js';
import { type Context, ownedData } from '../context.js';
import { defined } from '../defined.js';
import type { ErrorOf } from '../messages/message.js';
import type { Outlet } from '../messages/outlet.js';
import type { Pressure } from '../messages/pressure.js';
import type { Requests } from '../messages/requests.js';
import { createEntering, type Entering } from './entering.js';
import { OwnState } from './own-state.js';
import { noAnswer, noPresence, noSubscription, notAMember, wasLeft } from './presence-errors.js';
import { isKnownToServer, MIN_WAIT_MS, type Subscription } from './subscription.js';
import { WatchedMembers } from './watched-members.js';

/** What comes within this time after an update is sent together. */
const UPDATE_INTERVAL_MS = 50;

/** Who is in the channels of one socket, and with which state the socket itself is (docs/protocol.md P15). */
export interface Presence {
  /** What the handshake says of this client (P15.2). */
  readonly offer: object;
  /** The handshake was answered: the link has its extensions. */
  onConnectionOpen(id: string): void;
  onConnectionLost(): void;
  /** There will be no other connection: nobody need wait for one. */
  onGivenUp(loss: ErrorOf): void;

  /** The application wants the channel, and may want to be a member with this state. */
  onSubscribe(name: string, state: unknown): void;
  /** What a `#subscribe` says of presence (P15.4). */
  request(name: string): object | undefined;
  /** The server has confirmed the subscription. */
  onConfirmed(name: string, reply: unknown): void;
  /** The channel has no subscription any more; `error`: because the server refused it. */
  onLeft(name: string, error?: unknown): void;
  /** The server says something of a channel, which the application calls `name`. */
  onNotice(name: string, notice: PresenceNotice): void;

  /** The members of a channel with a subscription, which is watched from now on. */
  watch(name: string): MemberMap | undefined;
  /** What this client is in a channel with a subscription. */
  own(name: string): { readonly key?: string | undefined; readonly state: OwnState } | undefined;
  // See `ChannelPresence`.
  enter(name: string, state: unknown): Promise<void>;
  update(name: string, part: unknown): void;
  leave(name: string): void;
}

/** What else of the socket presence uses. */
export interface PresenceNeeds {
  readonly connection: Pick<ConnectionState, 'state' | 'link' | 'isParting'>;
  readonly requests: Pick<Requests, 'callNow'>;
  readonly outlet: Pick<Outlet, 'send'>;
  readonly pressure: Pick<Pressure, 'isFull'>;
  readonly channelStreams: ChannelStreams;
  subscription(name: string): Subscription | undefined;
  wireName(name: string): string;
}

/** Presence of one channel, from when it is first asked for until the end of the subscription. */
interface Entry {
  readonly name: string;
  readonly members: WatchedMembers;
  readonly state: OwnState;
  key?: string | undefined;
  watches: boolean;
  /** Whether the server knows of it on this connection. */
  isWatching: boolean;
  /** What the answer to the `#subscribe` is about. */
  requested?: 'state' | 'watch' | undefined;
  /** Waits for the outcome of the last `enter()`. */
  entering?: Entering | undefined;
  /** Runs after an update. */
  timer?: unknown;
}

/**
 * An entry has two halves that know nothing of each other: `state` goes to the server, and `members` come from it. Both
 * outlive connections: on the next one the state is presented again, and of the members only what has changed meanwhile is
 * news.
 */
export function createPresence(
  context: Context,
  { connection, requests, outlet, pressure, channelStreams, subscription, wireName }: PresenceNeeds,
): Presence {
  const { platform } = context;
  const entries = new Map<string, Entry>();
  /** By what servers know this client again. */
  let offer: { client?: string | undefined; was?: string } = {};

  function onConnectionOpen(id: string): void {
    offer = defined({ client: parsePresenceOffer(extension()).client ?? offer.client, was: id });
  }

  function onConnectionLost(): void {
    for (const entry of entries.values()) {
      entry.isWatching = false;
      entry.requested = undefined;
      entry.state.onConnectionLost();
    }
  }

  function onGivenUp(loss: ErrorOf): void {
    for (const entry of entries.values()) {
      settle(entry, loss(protocolEvents.presence));
    }
  }

  /** What the server has answered to the offer; undefined when it knows no presence (P15.1). */
  function extension(): unknown {
    return connection.link?.extensions.get(PRESENCE_EXTENSION);
  }

  function entryOf(name: string): Entry | undefined {
    let entry = entries.get(name);
    if (!entry && subscription(name)) {
      entry = {
        name,
        members: new WatchedMembers(),
        state: new OwnState(),
        watches: false,
        isWatching: false,
      };
      entries.set(name, entry);
    }
    return entry;
  }

  function onSubscribe(name: string, state: unknown): void {
    const entry = state === undefined ? undefined : entryOf(name);
    if (entry) {
      entry.state.enter(ownedData(context, state));
      ask(entry);
    }
    // Loops over the changes outlive subscriptions.
    if (channelStreams.presence.get(name)) {
      watch(name);
    }
  }

  function request(name: string): object | undefined {
    const entry = entries.get(name);
    if (!entry || !extension()) {
      return undefined;
    }
    const state = entry.state.ask();
    const watch = entry.watches || undefined;
    entry.isWatching = entry.watches;
    entry.requested = state === undefined ? watch && 'watch' : 'state';
    return entry.requested && { presence: defined({ state, watch }) };
  }

  function onConfirmed(name: string, reply: unknown): void {
    const entry = entries.get(name);
    if (!entry) {
      return;
    }
    if (!extension()) {
      onUnknown(entry);
      return;
    }
    const { key, error } = parsePresenceAnswer(reply) ?? { error: noPresence(name) };
    if (entry.requested === 'state') {
      onAnswer(entry, key, error);
    } else if (entry.requested && error !== null) {
      onUnseen(entry, error);
    }
    entry.requested = undefined;
    send(entry);
  }

  /** The server has answered an entry; `error`: null when it let it pass. Of two answers the first counts. */
  function onAnswer(entry: Entry, key: string | undefined, error: unknown): void {
    const { state } = entry;
    if (!state.isAsked) {
      return;
    }
    if (error === null) {
      entry.key = key;
      state.onAccepted();
    } else {
      state.onRefused();
      announceFailure(entry.name, error);
    }
    if (!state.isEntering) {
      settle(entry, error);
    }
  }

  /** The server knows no presence. The state stays, for the next server may know it. */
  function onUnknown(entry: Entry): void {
    const error = noPresence(entry.name);
    settle(entry, error);
    onUnseen(entry, error);
  }

  /** The members cannot be seen. */
  function onUnseen(entry: Entry, error: unknown): void {
    channelStreams.change(entry.name, entry.members.map.forget());
    announceFailure(entry.name, error);
  }

  function announceFailure(channel: string, error: unknown): void {
    channelStreams.emit(channel, 'presenceFail', { error });
    context.emit('presenceFail', { channel, error });
  }

  function settle(entry: Entry, error: unknown): void {
    entry.entering?.settle(error);
    entry.entering = undefined;
  }

  function startEntering(entry: Entry): Entering {
    const { ackTimeout } = context.options;
    const onTimeout = () => settle(entry, noAnswer(entry.name, ackTimeout));
    const deadline = platform.setTimeout(onTimeout, Math.min(ackTimeout, MAX_TIMEOUT_MS));
    return createEntering(() => platform.clearTimeout(deadline));
  }

  /** The application wants something new of the server. */
  function ask(entry: Entry): void {
    if (subscription(entry.name)?.state === 'subscribed' && !extension()) onUnknown(entry);
    else send(entry);
  }

  /**
   * Sends what the server does not know yet, as far as that is possible now. Updates that follow one another at the
   * shortest interval have no answer each; `isOneOfMany` is such a one.
   */
  function send(entry: Entry, isOneOfMany = false): void {
    const { name, state } = entry;
    const channel = subscription(name);
    if (!channel || !isKnownToServer(channel) || !extension() || connection.isParting) {
      return;
    }
    if (entry.watches && !entry.isWatching) {
      entry.isWatching = true;
      call(entry, { watch: true }, (_answer, error) => error === null || onUnseen(entry, error));
    }
    if (state.ready === 'update' && (entry.timer !== undefined || pressure.isFull)) {
      startTimer(entry);
      return;
    }
    const { accepted, value } = state;
    const command = state.take();
    if (command && 'enter' in command) {
      call(entry, command, (answer, error) => {
        onAnswer(entry, parsePresenceAnswer({ presence: answer })?.key, error);
        send(entry);
      });
    } else if (command && 'update' in command && !isOneOfMany) {
      startTimer(entry);
      call(entry, command, (_answer, error) => {
        if (error !== null) {
          state.onUpdateRefused(value, accepted);
          announceFailure(name, error);
        }
      });
    } else if (command) {
      startTimer(entry);
      outlet.send({ event: protocolEvents.presence, data: addressed(name, command) });
    }
  }

  function startTimer(entry: Entry): void {
    entry.timer ??= platform.setTimeout(() => {
      entry.timer = undefined;
      send(entry, true);
    }, UPDATE_INTERVAL_MS);
  }

  /** As with `#subscribe`, a request without an answer is sent again, except that an update may be an old one by then. */
  function call(
    entry: Entry,
    command: object,
    onDone: (answer: unknown, error: unknown) => void,
    waitMs = Math.max(context.options.ackTimeout, MIN_WAIT_MS),
  ): void {
    const data = addressed(entry.name, command);
    /** Of an ended subscription or connection there is nothing more to say: the next one asks anew. */
    const whileSubscribed = (react: () => void) => {
      if (entries.get(entry.name) === entry && connection.state === 'open') {
        react();
      }
    };
    requests.callNow(protocolEvents.presence, data, waitMs, {
      resolve: (answer) => whileSubscribed(() => onDone(answer, null)),
      reject: (error) =>
        whileSubscribed(() => {
          if (!(error instanceof TimeoutError)) onDone(undefined, error);
          else if (!('update' in command)) call(entry, command, onDone, waitMs * 2);
        }),
    });
  }

  function addressed(name: string, command: object): object {
    return { channel: wireName(name), ...command };
  }

  function onLeft(name: string, error?: unknown): void {
    const entry = entries.get(name);
    if (entry) {
      entries.delete(name);
      platform.clearTimeout(entry.timer);
      channelStreams.change(name, entry.members.map.forget());
      settle(entry, error ?? noSubscription(name));
    }
  }

  function onNotice(name: string, notice: PresenceNotice): void {
    const entry = entries.get(name);
    if (!entry) {
      return;
    }
    if (notice.type === 'key') {
      entry.key = notice.key;
    } else if (notice.type === 'error') {
      entry.state.onRemoved();
      announceFailure(name, notice.error);
    } else if (entry.isWatching) {
      channelStreams.change(name, entry.members.take(notice));
    }
  }

  function watch(name: string): MemberMap | undefined {
    const entry = entryOf(name);
    if (entry && !entry.watches) {
      entry.watches = true;
      ask(entry);
    }
    return entry?.members.map;
  }

  function enter(name: string, state: unknown): Promise<void> {
    const entry = entryOf(name);
    if (!entry) {
      const { promise, settle } = createEntering();
      settle(noSubscription(name));
      announceFailure(name, noSubscription(name));
      return promise;
    }
    entry.state.enter(ownedData(context, state));
    entry.entering ??= startEntering(entry);
    const { promise } = entry.entering;
    ask(entry);
    return promise;
  }

  function update(name: string, part: unknown): void {
    const entry = entries.get(name);
    if (entry?.state.value === undefined) {
      announceFailure(name, notAMember(name));
      return;
    }
    entry.state.update(ownedData(context, part));
    send(entry);
  }

  function leave(name: string): void {
    const entry = entries.get(name);
    if (entry) {
      entry.state.leave();
      settle(entry, wasLeft(name));
      send(entry);
    }
  }

  return {
    get offer() {
      return offer;
    },
    onConnectionOpen,
    onConnectionLost,
    onGivenUp,
    onSubscribe,
    request,
    onConfirmed,
    onLeft,
    onNotice,
    watch,
    own: (name) => entries.get(name),
    enter,
    update,
    leave,
  };
}

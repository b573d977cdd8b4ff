import { includes } from '../shared/values.js';
import type { OutboxEvent, Outgoing } from './outbox.js';

/** One entry of a list of messages. */
export interface Message<Data = any> {
  /** Stays the same from `pending` to confirmed: a key for lists. */
  readonly id: string;
  readonly data: Data;
  /** This client has published it, and it waits for a connection or an answer. */
  readonly pending: boolean;
  /** Why its publication failed; null otherwise. See `retry` and `discard`. */
  readonly error: Error | null;
  /** Where it stands in the channel's log; undefined where there is none, and before it is confirmed. */
  readonly position?: string | undefined;
}

/** Names what a publication is about, when the data say so themselves. */
export type Identify = (data: any) => string | number | undefined;

/** A publication as far as a list is concerned. */
export interface ListedPublication {
  readonly data: unknown;
  readonly position?: string | undefined;
}

/** What happens to a list. */
export type MessageEvent =
  | ({ readonly type: 'publication'; readonly recovered: boolean } & ListedPublication)
  /**
   * What was published before, the oldest one first: read from the log, or loaded by the application. Of the messages
   * that are not among it, those that arrived later than `after` (a `count`) stay behind it; the others stay before it,
   * or go with `replace`.
   */
  | {
      readonly type: 'past';
      readonly publications: readonly ListedPublication[];
      readonly after: number;
      readonly replace: boolean;
    }
  | OutboxEvent;

interface Confirmed {
  readonly message: Message;
  /** What `identify` says of it. */
  readonly key: string | undefined;
  /** Its number among all that arrived. */
  readonly at: number;
}

interface Waiting {
  readonly message: Message;
  readonly key: string | undefined;
  /** How many publications had arrived when it was sent. */
  readonly sentAfter: number;
}

/** Invariant: no two confirmed messages have one position or key, and no two messages of a list one id. */
export interface MessageList {
  /** In the order of the channel, at most `limit`. */
  readonly confirmed: readonly Confirmed[];
  /** Those of this client that are pending, have failed, or were answered and are to arrive; in the order of publishing. */
  readonly waiting: readonly Waiting[];
  /** Publications so far. */
  readonly count: number;
}

/** How a list is kept. */
export interface ListOptions {
  readonly limit: number;
  readonly identify?: Identify | undefined;
}

export const emptyList: MessageList = { confirmed: [], waiting: [], count: 0 };

/** What is shown: the last `limit` messages, those that wait behind those of the channel. */
export function messagesOf({ confirmed, waiting }: MessageList, limit: number): readonly Message[] {
  return [...confirmed, ...waiting].slice(-limit).map(({ message }) => message);
}

/** The list after all of these events, in their order. */
export function applyAll(
  list: MessageList,
  events: readonly MessageEvent[],
  options: ListOptions,
): MessageList {
  return events.reduce((before, event) => apply(before, event, options), list);
}

function apply(list: MessageList, event: MessageEvent, options: ListOptions): MessageList {
  switch (event.type) {
    case 'publication':
      return onPublication(list, event, event.recovered, options);
    case 'past':
      return onPast(list, event, options);
    case 'sent':
    case 'failed':
      return onWaiting(list, event.outgoing, options);
    case 'confirmed':
      return onConfirmed(list, event, options);
    case 'discarded':
      return { ...list, waiting: without(list.waiting, event.id) };
  }
}

function onPublication(
  before: MessageList,
  publication: ListedPublication,
  isPast: boolean,
  { limit, identify }: ListOptions,
): MessageList {
  const list = { ...before, count: before.count + 1 };
  const key = keyOf(publication, identify);
  const index = indexOf(list.confirmed, publication, key, isPast);
  const shown = list.confirmed[index];
  if (shown) {
    return { ...list, confirmed: replaced(list.confirmed, index, merged(shown, publication, key)) };
  }
  const { id, waiting } = take(list.waiting, publication, key);
  const name = id ?? nameOf(publication, key, list.count);
  const arrived = confirmed(name, publication, key, list.count);
  return { ...list, waiting, confirmed: [...list.confirmed, arrived].slice(-limit) };
}

function onPast(
  list: MessageList,
  { publications, after, replace }: Extract<MessageEvent, { type: 'past' }>,
  { limit, identify }: ListOptions,
): MessageList {
  let { count, waiting } = list;
  const left = [...list.confirmed];
  const past = publications.map((publication) => {
    count++;
    const key = keyOf(publication, identify);
    const index = indexOf(left, publication, key, true);
    const [shown] = index < 0 ? [] : left.splice(index, 1);
    if (shown) {
      return merged(shown, publication, key);
    }
    const own = take(waiting, publication, key);
    waiting = own.waiting;
    // It is no later than what is known to be later.
    return confirmed(own.id ?? nameOf(publication, key, count), publication, key, after);
  });
  const earlier = replace ? [] : left.filter(({ at }) => at <= after);
  const later = left.filter(({ at }) => at > after);
  return { confirmed: [...earlier, ...past, ...later].slice(-limit), waiting, count };
}

function onWaiting(
  list: MessageList,
  { id, data, error }: Outgoing,
  { identify }: ListOptions,
): MessageList {
  const message: Message = { id, data, pending: error === null, error };
  const index = list.waiting.findIndex((waiting) => waiting.message.id === id);
  const known = list.waiting[index];
  if (known) {
    return { ...list, waiting: replaced(list.waiting, index, { ...known, message }) };
  }
  const key = keyOf(message, identify);
  return {
    ...list,
    // A publication that looked like this one was somebody else's.
    confirmed: list.confirmed.map((other) => (other.message.id === id ? renamed(other) : other)),
    waiting: [...list.waiting, { message, key, sentAfter: list.count }],
  };
}

function onConfirmed(
  before: MessageList,
  { id, position, comesBack }: Extract<OutboxEvent, { type: 'confirmed' }>,
  { limit }: ListOptions,
): MessageList {
  const own = before.waiting.find(({ message }) => message.id === id);
  if (!own) {
    return before;
  }
  const list = { ...before, waiting: without(before.waiting, id) };
  const index = list.confirmed.findIndex(
    ({ message, key }) =>
      (position !== undefined && message.position === position) ||
      (key !== undefined && key === own.key),
  );
  const shown = list.confirmed[index];
  if (shown) {
    const message = { ...shown.message, id };
    return { ...list, confirmed: replaced(list.confirmed, index, { ...shown, message }) };
  }
  const answered: Message = { ...own.message, pending: false, position };
  if (!comesBack) {
    const last = confirmed(id, answered, own.key, list.count);
    return { ...list, confirmed: [...list.confirmed, last].slice(-limit) };
  }
  if (position === undefined && list.count > own.sentAfter) {
    // Servers deliver before they answer: it has arrived, and was too different to be recognized.
    return list;
  }
  const isAnswered = ({ message }: Waiting) => !message.pending && message.error === null;
  const waiting = before.waiting.map((other) =>
    other === own ? { ...own, message: answered } : other,
  );
  const isTooMuch = waiting.filter(isAnswered).length > limit;
  return {
    ...list,
    waiting: isTooMuch ? without(waiting, waiting.find(isAnswered)!.message.id) : waiting,
  };
}

/** Where the same publication is shown already; -1 when it is not. */
function indexOf(
  entries: readonly Confirmed[],
  { data, position }: ListedPublication,
  key: string | undefined,
  isPast: boolean,
): number {
  return entries.findIndex(({ message, key: other }) => {
    if (key !== undefined || other !== undefined) {
      return key === other;
    }
    if (position !== undefined && message.position !== undefined) {
      return position === message.position;
    }
    // What the application has loaded may come from the log again; it can be known by nothing but its data.
    return isPast && includes(data, message.data) && includes(message.data, data);
  });
}

/** Takes from what waits the one that has arrived; `id` is undefined when it is somebody else's. */
function take(
  waiting: readonly Waiting[],
  { data, position }: ListedPublication,
  key: string | undefined,
): { readonly id?: string; readonly waiting: readonly Waiting[] } {
  const isSurelyIt = ({ message, key: other }: Waiting) =>
    (position !== undefined && message.position === position) ||
    (key !== undefined && key === other);
  // The answer may come later than the publication, and channels without a log have no position to tell.
  const isProbablyIt = ({ message, key: other }: Waiting) =>
    (key === undefined || other === undefined) &&
    message.error === null &&
    message.position === undefined &&
    includes(data, message.data);
  const id = (waiting.find(isSurelyIt) ?? waiting.find(isProbablyIt))?.message.id;
  return id === undefined ? { waiting } : { id, waiting: without(waiting, id) };
}

function keyOf({ data }: ListedPublication, identify: Identify | undefined): string | undefined {
  const key = identify?.(data);
  return key === undefined ? undefined : String(key);
}

function nameOf({ position }: ListedPublication, key: string | undefined, count: number): string {
  return key ?? position ?? `#${count}`;
}

function confirmed(
  id: string,
  { data, position }: ListedPublication,
  key: string | undefined,
  at: number,
): Confirmed {
  return { message: { id, data, pending: false, error: null, position }, key, at };
}

/** The same message as the channel has it, under the name by which it is shown. */
function merged(
  { message, at }: Confirmed,
  { data, position = message.position }: ListedPublication,
  key: string | undefined,
): Confirmed {
  return confirmed(message.id, { data, position }, key, at);
}

function renamed({ message, key, at }: Confirmed): Confirmed {
  return confirmed(nameOf(message, key, at), message, key, at);
}

function replaced<T>(entries: readonly T[], index: number, entry: T): readonly T[] {
  return entries.map((other, at) => (at === index ? entry : other));
}

function without(waiting: readonly Waiting[], id: string): readonly Waiting[] {
  return waiting.filter(({ message }) => message.id !== id);
}

import type { ChatMessage } from '../shared/chat-api.js';
import { byId, createAvatar, createElement } from './dom.js';

/** Messages kept in the page; beyond this, the oldest ones are removed. */
const MAX_MESSAGES = 500;
/** Messages of one author within this time share a name and a picture. */
const GROUP_MS = 5 * 60_000;
/** Scrolled up by less than this counts as being at the end. */
const END_PX = 80;

interface Entry {
  readonly message: ChatMessage;
  readonly item: HTMLLIElement;
  readonly day: HTMLElement;
}

const timeFormat = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const dayFormat = new Intl.DateTimeFormat(undefined, {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
});

/** The messages of the open room, ordered by time, each shown once however often it arrives. */
export class MessageList {
  readonly #log = byId('log', HTMLElement);
  readonly #list = byId('messages', HTMLOListElement);
  readonly #empty = byId('log-empty', HTMLElement);
  readonly #toBottom = byId('to-bottom', HTMLButtonElement);
  readonly #ids = new Set<string>();
  #entries: Entry[] = [];
  #me = '';

  constructor() {
    this.#toBottom.addEventListener('click', () => this.#scrollToEnd());
    this.#log.addEventListener('scroll', () => {
      if (this.#isAtEnd()) this.#toBottom.hidden = true;
    });
    // A smaller window (the keyboard of a phone) should not hide the newest message.
    let wasAtEnd = true;
    this.#log.addEventListener('scrollend', () => {
      wasAtEnd = this.#isAtEnd();
    });
    new ResizeObserver(() => wasAtEnd && this.#scrollToEnd()).observe(this.#log);
  }

  /** Empties the list; messages of `me` will be on the right. */
  reset(me: string): void {
    this.#me = me;
    this.#ids.clear();
    this.#entries = [];
    this.#list.replaceChildren();
    this.#empty.hidden = true;
    this.#toBottom.hidden = true;
  }

  /** Shows history: messages that are there stay, missing ones are inserted in their place. */
  merge(messages: readonly ChatMessage[]): void {
    this.#log.ariaBusy = 'true';
    for (const message of messages) this.add(message);
    this.#log.ariaBusy = 'false';
    this.#empty.hidden = this.#entries.length > 0;
  }

  add(message: ChatMessage): void {
    if (this.#ids.has(message.id)) return;
    const wasAtEnd = this.#isAtEnd();
    const entry = createEntry(message, message.author === this.#me);
    const index = this.#entries.findLastIndex((other) => other.message.time <= message.time) + 1;
    this.#ids.add(message.id);
    this.#list.insertBefore(entry.item, this.#entries[index]?.item ?? null);
    this.#entries.splice(index, 0, entry);
    this.#group(index);
    this.#group(index + 1);
    if (this.#entries.length > MAX_MESSAGES) this.#dropOldest();
    this.#empty.hidden = true;
    if (wasAtEnd || message.author === this.#me) this.#scrollToEnd();
    else this.#toBottom.hidden = false;
  }

  #dropOldest(): void {
    const oldest = this.#entries.shift();
    oldest?.item.remove();
    if (oldest) this.#ids.delete(oldest.message.id);
    this.#group(0);
  }

  /** Decides, from the message before it, whether an entry begins a new day or continues its author's group. */
  #group(index: number): void {
    const entry = this.#entries[index];
    if (!entry) return;
    const before = this.#entries[index - 1]?.message;
    const { message, item, day } = entry;
    const isSameDay = before !== undefined && dayOf(before.time) === dayOf(message.time);
    const isContinued =
      isSameDay && before.author === message.author && message.time - before.time < GROUP_MS;
    day.hidden = isSameDay;
    item.lastElementChild?.classList.toggle('continued', isContinued);
  }

  #isAtEnd(): boolean {
    return this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < END_PX;
  }

  #scrollToEnd(): void {
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#toBottom.hidden = true;
  }
}

function createEntry(message: ChatMessage, isMine: boolean): Entry {
  const item = document.createElement('li');
  const day = createElement('p', 'day', dayFormat.format(message.time));
  const article = createElement('article', isMine ? 'message mine' : 'message');
  const byline = createElement('p', 'byline');
  const time = createElement('time', '', timeFormat.format(message.time));
  time.dateTime = new Date(message.time).toISOString();
  byline.append(createElement('b', '', message.author), time);
  const bubble = createElement('p', 'bubble', message.text);
  bubble.dir = 'auto';
  article.append(createAvatar(message.author), byline, bubble);
  item.append(day, article);
  return { message, item, day };
}

function dayOf(time: number): string {
  return new Date(time).toDateString();
}

import type { ChatMessage } from '../shared/chat-contract.js';
import { byId, createAvatar, createElement } from './dom.js';
import { createTextWithLinks } from './links.js';
import { createDay, createTime, isSameDay } from './times.js';

/** Messages kept in the page; beyond this, the oldest ones are removed. */
const MAX_MESSAGES = 500;
/** Messages of one author within this time share a name and a picture. */
const GROUP_MS = 5 * 60_000;
/** The history of a room arrives within this time of joining it. */
const HISTORY_MS = 200;
/** Scrolled up by less than this counts as being at the end. */
const END_PX = 80;

interface Entry {
  readonly message: ChatMessage;
  /** Whether the time is the server's. What is not sent yet stands last, whatever the page's clock says. */
  readonly isSent: boolean;
  readonly item: HTMLLIElement;
  readonly article: HTMLElement;
  readonly day: HTMLElement;
  /** Why the message is not sent, or empty. */
  readonly note: HTMLElement;
}

/** The messages of the open room, ordered by time, each shown once however often it arrives. */
export class MessageList {
  readonly #log = byId('log', HTMLElement);
  readonly #list = byId('messages', HTMLOListElement);
  readonly #empty = byId('log-empty', HTMLElement);
  readonly #toBottom = byId('to-bottom', HTMLButtonElement);
  readonly #known = new Map<string, Entry>();
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
    this.#known.clear();
    this.#entries = [];
    this.#list.replaceChildren();
    this.#empty.hidden = true;
    this.#toBottom.hidden = true;
  }

  /** What was said before is about to follow, if anything was; a screen reader need not read it out. */
  showJoined(): void {
    this.#empty.hidden = this.#entries.length > 0;
    this.#log.ariaBusy = 'true';
    setTimeout(() => {
      this.#log.ariaBusy = 'false';
    }, HISTORY_MS);
  }

  /** Marks that messages may be missing after the last one. */
  showLoss(): void {
    const last = this.#entries.findLast(({ isSent }) => isSent);
    last?.item.append(
      createElement(
        'p',
        'day',
        'The server has restarted, or you were away for long: messages may be missing here',
      ),
    );
  }

  add(message: ChatMessage): void {
    const known = this.#known.get(message.id);
    if (known?.isSent) return;
    const wasAtEnd = this.#isAtEnd();
    if (known) this.#remove(known);
    this.#insert(createEntry(message, { isMine: message.author === this.#me, isSent: true }));
    if (wasAtEnd || message.author === this.#me) this.#scrollToEnd();
    else this.#toBottom.hidden = false;
  }

  /** Shows what I wrote before the server has it. */
  addWaiting(id: string, text: string): void {
    const message: ChatMessage = {
      id,
      author: this.#me,
      text,
      time: Date.now(),
    };
    const entry = createEntry(message, { isMine: true, isSent: false });
    entry.article.classList.add('waiting');
    entry.note.textContent = 'Waiting to be sent';
    this.#insert(entry);
    this.#scrollToEnd();
  }

  showSent(id: string): void {
    this.#setNote(id, '');
  }

  showRefused(id: string, reason: string): void {
    this.#setNote(id, `Not sent: ${reason}`);
  }

  #setNote(id: string, text: string): void {
    const entry = this.#known.get(id);
    if (!entry || entry.isSent) return;
    entry.note.textContent = text;
    entry.article.classList.remove('waiting');
    entry.article.classList.toggle('refused', text !== '');
  }

  #insert(entry: Entry): void {
    const index = this.#entries.findLastIndex((other) => !comesAfter(other, entry)) + 1;
    this.#known.set(entry.message.id, entry);
    this.#list.insertBefore(entry.item, this.#entries[index]?.item ?? null);
    this.#entries.splice(index, 0, entry);
    this.#group(index);
    this.#group(index + 1);
    const [oldest] = this.#entries;
    if (oldest && this.#entries.length > MAX_MESSAGES) this.#remove(oldest);
    this.#empty.hidden = true;
  }

  #remove(entry: Entry): void {
    const index = this.#entries.indexOf(entry);
    this.#entries.splice(index, 1);
    this.#known.delete(entry.message.id);
    entry.item.remove();
    this.#group(index);
  }

  /** Decides, from the message before it, whether an entry begins a new day or continues its author's group. */
  #group(index: number): void {
    const entry = this.#entries[index];
    if (!entry) return;
    const before = this.#entries[index - 1]?.message;
    const { message, article, day } = entry;
    const continuesDay = before !== undefined && isSameDay(before.time, message.time);
    const isContinued =
      continuesDay && before.author === message.author && message.time - before.time < GROUP_MS;
    day.hidden = continuesDay;
    article.classList.toggle('continued', isContinued);
  }

  #isAtEnd(): boolean {
    return this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < END_PX;
  }

  #scrollToEnd(): void {
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#toBottom.hidden = true;
  }
}

function comesAfter(a: Entry, b: Entry): boolean {
  if (a.isSent !== b.isSent) return b.isSent;
  return a.message.time > b.message.time;
}

function createEntry(
  message: ChatMessage,
  { isMine, isSent }: { isMine: boolean; isSent: boolean },
): Entry {
  const item = document.createElement('li');
  const day = createDay(message.time);
  const article = createElement('article', isMine ? 'message mine' : 'message');
  const byline = createElement('p', 'byline');
  byline.append(createElement('b', '', message.author), createTime(message.time));
  const bubble = createElement('p', 'bubble');
  bubble.append(createTextWithLinks(message.text));
  bubble.dir = 'auto';
  const note = createElement('p', 'note');
  article.append(createAvatar(message.author), byline, bubble, note);
  item.append(day, article);
  return { message, isSent, item, article, day, note };
}

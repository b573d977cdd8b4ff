import type { RoomSummary } from '../shared/chat-contract.js';
import { checkRoom, MAX_ROOM_LENGTH } from '../shared/rules.js';
import { byId, createAvatar, createElement, describeError } from './dom.js';
import { ReadMarks } from './read-marks.js';

export interface SideActions {
  openRoom(name: string): void;
  logOut(): void;
}

/** The side column: rooms, people, and who I am. On a phone it is a drawer behind the menu button. */
export class Side {
  readonly #rooms = byId('rooms', HTMLUListElement);
  readonly #people = byId('people', HTMLUListElement);
  readonly #title = byId('room-title', HTMLElement);
  readonly #count = byId('room-count', HTMLElement);
  readonly #menu = byId('menu', HTMLButtonElement);
  readonly #readMarks = new ReadMarks();
  #summaries: readonly RoomSummary[] = [];
  #room = '';
  #me = '';

  constructor(actions: SideActions) {
    this.#setUpRoomForm(actions);
    byId('logout', HTMLButtonElement).addEventListener('click', () => actions.logOut());
    this.#menu.addEventListener('click', () => this.#setDrawer(!this.#isDrawerOpen()));
    byId('backdrop', HTMLElement).addEventListener('click', () => this.#setDrawer(false));
    this.#rooms.addEventListener('click', () => this.#setDrawer(false));
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && this.#isDrawerOpen()) this.#setDrawer(false);
    });
  }

  showMe(name: string): void {
    this.#me = name;
    byId('me', HTMLElement).replaceChildren(createAvatar(name), createElement('span', '', name));
  }

  showRoom(name: string): void {
    this.#room = name;
    this.#title.textContent = `# ${name}`;
    document.title = `#${name} · Asyngular chat`;
    this.showPeople([]);
    this.#renderRooms();
  }

  /** Everything in the open room up to this time is on the screen. */
  showRead(time: number): void {
    this.#readMarks.read(this.#room, time);
    this.#renderRooms();
  }

  forgetRead(): void {
    this.#readMarks.clear();
    this.#summaries = [];
  }

  showRooms(summaries: readonly RoomSummary[]): void {
    this.#summaries = summaries;
    this.#renderRooms();
  }

  showPeople(names: readonly string[]): void {
    this.#people.replaceChildren(...names.map((name) => this.#createPerson(name)));
    const { length } = names;
    this.#count.textContent = length === 0 ? '' : length === 1 ? 'Only you' : `${length} people`;
  }

  #createPerson(name: string): HTMLElement {
    const item = createElement('li', '');
    item.append(createAvatar(name), createElement('span', 'name', name));
    if (name === this.#me) item.append(createElement('span', 'muted', 'you'));
    return item;
  }

  /** The room I am in is listed even before the server has counted me. */
  #renderRooms(): void {
    const isListed = this.#summaries.some(({ name }) => name === this.#room);
    const missing = isListed || !this.#room ? [] : [{ name: this.#room, members: 0, latest: 0 }];
    const unread = this.#readMarks.unreadIn(this.#summaries);
    this.#menu.classList.toggle('unread', unread.size > 0);
    this.#menu.ariaLabel = unread.size > 0 ? 'Rooms and people, new messages' : 'Rooms and people';
    const focused = document.activeElement?.getAttribute('href');
    this.#rooms.replaceChildren(
      ...[...this.#summaries, ...missing].map((room) =>
        this.#createRoomLink(room, unread.has(room.name)),
      ),
    );
    if (focused) this.#rooms.querySelector<HTMLElement>(`[href="${CSS.escape(focused)}"]`)?.focus();
  }

  #createRoomLink({ name, members }: RoomSummary, isUnread: boolean): HTMLElement {
    const item = createElement('li', '');
    const link = createElement('a', '');
    link.href = `#${encodeURIComponent(name)}`;
    if (name === this.#room) link.ariaCurrent = 'page';
    link.append(createElement('span', 'room-name', name));
    if (isUnread) {
      link.className = 'unread';
      link.append(createElement('span', 'hidden-label', 'new messages'));
    }
    if (members > 0) {
      const count = createElement('span', 'count', String(members));
      count.append(createElement('span', 'hidden-label', members === 1 ? ' person' : ' people'));
      link.append(count);
    }
    item.append(link);
    return item;
  }

  #setUpRoomForm(actions: SideActions): void {
    const input = byId('room-name', HTMLInputElement);
    const error = byId('room-error', HTMLElement);
    const showError = (text: string) => {
      error.textContent = text;
      input.setAttribute('aria-invalid', String(text !== ''));
    };
    input.maxLength = MAX_ROOM_LENGTH;
    input.addEventListener('input', () => showError(''));
    byId('room-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      try {
        actions.openRoom(checkRoom(input.value));
        input.value = '';
        this.#setDrawer(false);
      } catch (cause) {
        showError(describeError(cause));
      }
    });
  }

  #isDrawerOpen(): boolean {
    return document.body.dataset.drawer === 'open';
  }

  #setDrawer(isOpen: boolean): void {
    if (isOpen === this.#isDrawerOpen()) return;
    document.body.dataset.drawer = isOpen ? 'open' : 'closed';
    this.#menu.setAttribute('aria-expanded', String(isOpen));
    if (isOpen) this.#rooms.querySelector<HTMLElement>('[aria-current]')?.focus();
    else this.#menu.focus();
  }
}

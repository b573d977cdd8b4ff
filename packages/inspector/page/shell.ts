import type { Overview } from '../src/api/snapshots.js';
import { el, icon, setText } from './dom.js';
import { compact, counted } from './format.js';
import { themeButton } from './theme.js';

/** The views, in the order in which they stand at the side. */
const places = [
  { name: 'overview', text: 'Overview', path: 'M3 11l7-7 7 7M5 9v8h10V9' },
  { name: 'sockets', text: 'Sockets', path: 'M7 3v4m6-4v4M5 7h10v3a5 5 0 0 1-10 0V7Zm5 8v3' },
  { name: 'channels', text: 'Channels', path: 'M3 6h14M3 10h14M3 14h9' },
  { name: 'limits', text: 'Limits', path: 'M3 15a7 7 0 1 1 14 0M10 15l4-5' },
  { name: 'broker', text: 'Broker', path: 'M10 3v4M5 17v-4h10v4M10 7v6M3 17h4m6 0h4M8 3h4' },
  { name: 'publish', text: 'Publish', path: 'M3 10l14-6-5 13-3-5-6-2Z' },
] as const;

export interface ShellOwner {
  readonly mayAct: boolean;
  readonly viewer: string;
  onServer(id: string): void;
  onPause(isPaused: boolean): void;
}

/** What stands around the views: where one is, which server is looked at, and how it is. */
export class Shell {
  /** Has the focus by Tab, so that the arrow keys scroll it. */
  readonly main = el('main', { id: 'main', tabindex: '0' });
  readonly #owner: ShellOwner;
  readonly #links = new Map<string, HTMLAnchorElement>();
  readonly #counts = new Map<string, HTMLElement>();
  readonly #server: HTMLSelectElement;
  readonly #status = el('span', { class: 'status' });
  readonly #cost = el('span', { class: 'cost' });
  readonly #message = el('div', { class: 'message', role: 'status' });
  readonly #trouble = el('div', { class: 'trouble', role: 'alert', hidden: true });
  #messageTimer: ReturnType<typeof setTimeout> | undefined;
  #servers = '';

  constructor(owner: ShellOwner) {
    this.#owner = owner;
    this.#server = el('select', {
      'aria-label': 'Server',
      change: () => owner.onServer(this.#server.value),
    });
    document.body.replaceChildren(
      el(
        'a',
        { href: '#main', class: 'skip', click: (event: Event) => this.#skip(event) },
        'To the content',
      ),
      el(
        'div',
        { class: 'shell' },
        this.#side(),
        el('div', { class: 'page' }, this.#top(), this.main),
      ),
      this.#message,
    );
  }

  /** Says which view is shown. */
  showPlace(name: string): void {
    for (const [place, link] of this.#links) {
      if (place === name) {
        link.setAttribute('aria-current', 'page');
        // On a phone the row of links is longer than the screen.
        link.scrollIntoView({ block: 'nearest', inline: 'nearest' });
      } else link.removeAttribute('aria-current');
    }
    document.title = `${places.find((place) => place.name === name)?.text ?? name} · Asyngular inspector`;
  }

  showOverview(overview: Overview, usedMs: number): void {
    const { id, servers, status, stats } = overview;
    this.#trouble.hidden = true;
    setText(this.#status, status);
    this.#status.dataset.status = status;
    setText(this.#cost, `${usedMs.toFixed(1)} ms per look`);
    setText(this.#counts.get('sockets')!, compact(stats.clients));
    setText(this.#counts.get('channels')!, compact(stats.channels));
    this.#showServers(id, servers);
  }

  /** Something does not work, and is tried again. */
  showTrouble(text: string): void {
    setText(this.#trouble, text);
    this.#trouble.hidden = false;
  }

  notify(text: string, kind: 'good' | 'bad'): void {
    clearTimeout(this.#messageTimer);
    this.#message.className = `message ${kind} shown`;
    // Where a dialog is open everything else is out of reach, messages too.
    (document.querySelector('dialog[open]') ?? document.body).append(this.#message);
    this.#message.textContent = text;
    this.#messageTimer = setTimeout(() => {
      this.#message.className = 'message';
      this.#message.textContent = '';
    }, 6_000);
  }

  #skip(event: Event): void {
    // The address names the view.
    event.preventDefault();
    this.main.focus();
  }

  #side(): HTMLElement {
    const mark = el('img', { src: 'icon.svg', alt: '', width: 26, height: 26 });
    const links = places
      .filter(({ name }) => name !== 'publish' || this.#owner.mayAct)
      .map(({ name, text, path }) => {
        const count = el('span', { class: 'count' });
        const link = el('a', { href: `#/${name}` }, icon(path), el('span', {}, text), count);
        this.#links.set(name, link);
        this.#counts.set(name, count);
        return el('li', {}, link);
      });
    return el(
      'header',
      { class: 'side' },
      el('div', { class: 'brand' }, mark, el('span', {}, 'Asyngular')),
      el('nav', { 'aria-label': 'Views' }, el('ul', {}, ...links)),
      el(
        'div',
        { class: 'foot' },
        el(
          'p',
          { class: 'viewer' },
          this.#owner.mayAct ? this.#owner.viewer : `${this.#owner.viewer}, read-only`,
        ),
        themeButton(),
      ),
    );
  }

  #top(): HTMLElement {
    let isPaused = false;
    const pause = el(
      'button',
      { type: 'button', class: 'button small', 'aria-pressed': 'false' },
      'Pause',
    );
    pause.addEventListener('click', () => {
      isPaused = !isPaused;
      pause.setAttribute('aria-pressed', String(isPaused));
      this.#owner.onPause(isPaused);
    });
    return el(
      'section',
      { class: 'top', 'aria-label': 'The server that is looked at' },
      el(
        'div',
        { class: 'bar' },
        this.#server,
        this.#status,
        el('span', { class: 'grow' }),
        this.#cost,
        pause,
      ),
      this.#trouble,
    );
  }

  #showServers(id: string, servers: Overview['servers']): void {
    const shown = JSON.stringify([id, servers.map((server) => [server.id, server.clients])]);
    // A list that is open must not change.
    if (shown === this.#servers || document.activeElement === this.#server) return;
    this.#servers = shown;
    const options = servers.map((server) =>
      el('option', { value: server.id }, `${server.id} · ${counted(server.clients, 'client')}`),
    );
    this.#server.replaceChildren(...options);
    this.#server.value = id;
  }
}

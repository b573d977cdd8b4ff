import type { Tail, TailLine } from '../src/api/snapshots.js';
import type { App } from './app.js';
import { button, el, setText } from './dom.js';
import { count, timeOfDay } from './format.js';

const PAUSE_MS = 1_000;
/** Lines that are shown. */
const MAX_LINES = 300;

const ways: Record<TailLine['way'], string> = { in: '→', out: '←', on: '•' };
const wayTexts: Record<TailLine['way'], string> = {
  in: 'from the client',
  out: 'to the client',
  on: 'published',
};

/** A sample of what passes on a channel or a socket, from the press of a button until it is closed. */
export class TailPanel {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #of: 'channel' | 'socket';
  readonly #name: string;
  readonly #state = el('p', { class: 'note' }, 'Nothing is watched until you begin.');
  readonly #lines = el('ol');
  readonly #scroller: HTMLElement;
  readonly #button: HTMLButtonElement;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isRunning = false;
  /** Number of the press of the button; answers to an earlier one come too late. */
  #run = 0;
  #after = 0;

  constructor(app: App, of: 'channel' | 'socket', name: string) {
    this.#app = app;
    this.#of = of;
    this.#name = name;
    this.#button = button('Watch', () => (this.#isRunning ? this.close() : this.#start()));
    // Read out on demand only: twenty lines per second are too many for anybody.
    const log = { tabindex: '0', role: 'log', 'aria-live': 'off' };
    this.#scroller = el(
      'div',
      { class: 'lines', ...log, 'aria-label': `What passes on the ${of}`, hidden: true },
      this.#lines,
    );
    this.element = el(
      'section',
      { class: 'tail' },
      el('header', {}, el('h3', {}, 'What passes'), this.#button),
      this.#state,
      this.#scroller,
    );
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#isRunning = false;
    this.#run++;
    setText(this.#button, 'Watch');
  }

  #start(): void {
    this.#isRunning = true;
    this.#after = 0;
    this.#lines.replaceChildren();
    this.#scroller.hidden = false;
    setText(this.#button, 'Stop');
    void this.#pull();
  }

  async #pull(): Promise<void> {
    const run = this.#run;
    try {
      const parameters = { of: this.#of, name: this.#name, after: this.#after };
      const tail = await this.#app.api.get<Tail>('tail', parameters);
      if (run !== this.#run) return;
      this.#show(tail);
      if (tail.ended !== undefined) this.close();
      else this.#timer = setTimeout(() => void this.#pull(), PAUSE_MS);
    } catch (error) {
      if (run !== this.#run) return;
      this.close();
      this.#app.fail(error);
    }
  }

  #show({ seen, shown, perSecond, ended, lines }: Tail): void {
    const sample =
      shown < seen
        ? `A sample: ${count(shown)} of ${count(seen)} shown, at most ${perSecond} per second.`
        : `All ${count(seen)} shown.`;
    setText(this.#state, ended === undefined ? sample : `${sample} It has ended. ${ended}`);
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < 40;
    for (const line of lines) {
      this.#after = line.number;
      this.#lines.append(lineOf(line));
    }
    while (this.#lines.childElementCount > MAX_LINES) this.#lines.firstElementChild!.remove();
    if (isAtEnd) this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }
}

function lineOf({ way, at, text }: TailLine): HTMLLIElement {
  return el(
    'li',
    { class: way },
    el('time', {}, timeOfDay(at)),
    el('span', { class: 'way', role: 'img', 'aria-label': wayTexts[way] }, ways[way]),
    el('code', {}, text),
  );
}

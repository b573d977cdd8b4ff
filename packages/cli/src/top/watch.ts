import { scrape } from '../metrics/scrape.js';
import { note, print, type Style, styled, type Terminal } from '../terminal.js';
import { showValue } from '../values.js';
import { drawTop, sortTitles, type TopLine } from './draw.js';
import { type Pair, type Reading, type TopView, viewOf } from './view.js';

/** What `top` shows, and how. */
export interface TopOptions {
  readonly urls: readonly string[];
  readonly intervalMs: number;
  readonly once: boolean;
  readonly json: boolean;
  readonly sortBy: string;
}

// ECMA-48 and xterm: the second screen, whose end gives back what was on the first; the cursor; home; clear what is below.
const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const END_OF_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

const styles: { readonly [Kind in TopLine['kind']]: Style } = {
  head: 'bold',
  titles: 'inverse',
  row: 'reset',
  note: 'yellow',
};

/** Shows a picture after each interval, until it is interrupted or `q` is pressed; with `once`, one. */
export async function watch(options: TopOptions, terminal: Terminal): Promise<void> {
  const top = new Top(options, terminal);
  // The first readings have to succeed: an address that is wrong should say so, rather than show an empty table.
  await top.begin();
  if (options.once) return top.next();
  const isScreen = terminal.isInteractive && !options.json;
  if (isScreen) terminal.write(ENTER);
  try {
    // Not awaited: no key may ever be pressed.
    if (isScreen && terminal.keys) void top.readKeys(terminal.keys);
    while (!top.isEnded) await top.next();
  } finally {
    if (isScreen) terminal.write(LEAVE);
  }
}

class Top {
  readonly #options: TopOptions;
  readonly #terminal: Terminal;
  #readings: readonly Reading[] = [];
  #view: TopView = { servers: [], procedures: [], patterns: [] };
  #notes: readonly string[] = [];
  #sortBy: string;
  #wake = () => {};
  isEnded = false;

  constructor(options: TopOptions, terminal: Terminal) {
    this.#options = options;
    this.#terminal = terminal;
    this.#sortBy = options.sortBy;
    terminal.signal.addEventListener('abort', () => this.#end(), { once: true });
  }

  async begin(): Promise<void> {
    this.#readings = await Promise.all(this.#options.urls.map(read));
  }

  /** Waits for the interval, reads, and shows what happened meanwhile. */
  async next(): Promise<void> {
    await this.#wait();
    if (this.isEnded) return;
    const pairs = await Promise.all(this.#readings.map((reading) => this.#readAgain(reading)));
    this.#notes = pairs.flatMap((pair) => ('error' in pair ? [pair.error] : []));
    const good = pairs.flatMap((pair) => ('error' in pair ? [] : [pair.pair]));
    this.#readings = this.#readings.map(
      (reading) => good.find(([earlier]) => earlier === reading)?.[1] ?? reading,
    );
    this.#view = viewOf(good);
    this.#show();
  }

  async #readAgain(earlier: Reading): Promise<{ pair: Pair } | { error: string }> {
    try {
      return { pair: [earlier, await read(earlier.url)] };
    } catch (error) {
      return { error: (error as Error).message };
    }
  }

  /** Each key changes the picture at once. */
  async readKeys(keys: AsyncIterable<string>): Promise<void> {
    for await (const key of keys) {
      if (key === 'q') return this.#end();
      const step = { '<': -1, '>': 1, s: 1 }[key];
      if (step === undefined) continue;
      const index = sortTitles.indexOf(this.#sortBy) + step + sortTitles.length;
      this.#sortBy = sortTitles[index % sortTitles.length] ?? this.#sortBy;
      this.#show();
    }
  }

  #end(): void {
    this.isEnded = true;
    this.#wake();
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => {
      if (this.isEnded) return resolve();
      const timer = setTimeout(resolve, this.#options.intervalMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #show(): void {
    if (this.#options.json) this.#showJson();
    else if (this.#isScreen) this.#showScreen();
    else print(this.#terminal, `${this.#lines(Number.POSITIVE_INFINITY).join('\n')}\n`);
  }

  get #isScreen(): boolean {
    return this.#terminal.isInteractive && !this.#options.once;
  }

  #showJson(): void {
    for (const text of this.#notes) note(this.#terminal, text);
    print(this.#terminal, showValue({ time: new Date().toISOString(), ...this.#view }));
  }

  /** Line by line over what is there: a screen that is cleared first flickers. */
  #showScreen(): void {
    const lines = this.#lines(this.#terminal.size.rows).map((line) => `${line}${END_OF_LINE}`);
    this.#terminal.write(`${HOME}${lines.join('\r\n')}${CLEAR_BELOW}`);
  }

  #lines(rows: number): string[] {
    const terminal = this.#terminal;
    const state = {
      time: new Date().toTimeString().slice(0, 8),
      sortBy: this.#sortBy,
      notes: this.#notes,
      hasKeys: this.#isScreen && terminal.keys !== undefined,
    };
    const { columns } = terminal.size;
    return drawTop(this.#view, state, { columns, rows }).map(({ kind, text }) =>
      kind === 'row' ? text : styled(terminal, styles[kind], text),
    );
  }
}

async function read(url: string): Promise<Reading> {
  return { url, at: performance.now(), samples: await scrape(url) };
}

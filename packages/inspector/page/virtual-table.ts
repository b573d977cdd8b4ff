import type { Page } from '../src/api/snapshots.js';
import { el, setText } from './dom.js';

/** Height of a row in the style sheet, in pixels. */
const ROW = 40;
/** Rows that are asked for together. */
const CHUNK = 50;
/** Rows above and below those that are seen. */
const MARGIN = 8;
/** Parts of the list that are kept. */
const MAX_CHUNKS = 40;

export interface Column<Row> {
  readonly title: string;
  /** What the list is ordered by when the title is pressed. */
  readonly order?: string | undefined;
  readonly kind?: 'number' | 'text' | 'medium' | 'wide';
  readonly text: (row: Row) => string;
  /** Where the text leads. */
  readonly link?: (row: Row) => string;
  /** More about how the cell looks. */
  readonly tone?: (row: Row) => string;
}

export interface TableSource<Row> {
  /** Reads a part of the list; `list` names the one that earlier parts came from. */
  read(part: { list?: string | undefined; offset: number; limit: number }): Promise<Page<Row>>;
  onOrder(order: string): void;
  onFailure(error: unknown): void;
}

/** A table of any length: only the rows that are seen exist, and only their data are asked for. */
export class VirtualTable<Row> {
  readonly element: HTMLElement;
  readonly #columns: readonly Column<Row>[];
  readonly #source: TableSource<Row>;
  readonly #heads: HTMLElement[];
  readonly #body = el('tbody', { class: 'rows' });
  readonly #above = el('td');
  readonly #below = el('td');
  readonly #table: HTMLTableElement;
  readonly #rows: HTMLTableRowElement[] = [];
  #chunks = new Map<number, readonly Row[]>();
  #list: string | undefined;
  #length = 0;
  /** Of the list that is wanted; answers for an earlier one come too late. */
  #generation = 0;
  #isReading = false;
  #isWanted = false;
  #frame = 0;

  constructor(caption: string, columns: readonly Column<Row>[], source: TableSource<Row>) {
    this.#columns = columns;
    this.#source = source;
    this.#heads = columns.map((column) => this.#head(column));
    const spacer = (cell: HTMLElement) => {
      cell.setAttribute('colspan', String(columns.length));
      return el('tbody', { 'aria-hidden': 'true', class: 'spacer' }, el('tr', {}, cell));
    };
    this.#table = el(
      'table',
      { class: 'virtual' },
      el('caption', { class: 'unseen' }, caption),
      el('thead', {}, el('tr', {}, ...this.#heads)),
      spacer(this.#above),
      this.#body,
      spacer(this.#below),
    );
    this.element = el(
      'div',
      { class: 'scroller', tabindex: '0', role: 'region', 'aria-label': caption },
      this.#table,
    );
    this.element.addEventListener('scroll', () => this.#schedule(), { passive: true });
  }

  /** How many rows there are. */
  get length(): number {
    return this.#length;
  }

  /** Says by what the list is ordered. */
  showOrder(order: string): void {
    for (const [place, column] of this.#columns.entries()) {
      const isOrder = column.order === order;
      this.#heads[place]!.setAttribute('aria-sort', isOrder ? 'descending' : 'none');
    }
  }

  /** Begins at the top of another list. */
  restart(): void {
    this.#generation++;
    this.#chunks.clear();
    this.#list = undefined;
    this.element.scrollTop = 0;
  }

  /** Reads what is seen anew. Resolves to the newest page. */
  async refresh(): Promise<Page<Row>> {
    const generation = this.#generation;
    const [first, last] = this.#seen();
    const chunks = new Map<number, readonly Row[]>();
    let list: string | undefined;
    let page: Page<Row> | undefined;
    for (let chunk = Math.floor(first / CHUNK); chunk <= Math.floor(last / CHUNK); chunk++) {
      page = await this.#source.read({ list, offset: chunk * CHUNK, limit: CHUNK });
      list = page.list;
      chunks.set(chunk, page.rows);
    }
    if (generation !== this.#generation) return page!;
    // Parts of an earlier list do for rows that are scrolled to, until they are read anew.
    if (this.#list === list)
      for (const [at, rows] of this.#chunks) if (!chunks.has(at)) chunks.set(at, rows);
    this.#chunks = chunks;
    this.#list = list;
    this.#length = page!.matching;
    this.#render();
    return page!;
  }

  #head({ title, order, kind = 'text' }: Column<Row>): HTMLElement {
    const attributes = { scope: 'col', class: kind };
    if (order === undefined) return el('th', attributes, title);
    const press = () => this.#source.onOrder(order);
    return el('th', attributes, el('button', { type: 'button', click: press }, title));
  }

  /** The first and the last row that are seen. */
  #seen(): [number, number] {
    const first = Math.max(0, Math.floor(this.element.scrollTop / ROW) - MARGIN);
    const count = Math.ceil(this.element.clientHeight / ROW) + 2 * MARGIN;
    return [first, first + count];
  }

  #schedule(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#render();
    });
  }

  #render(): void {
    const [wanted, end] = this.#seen();
    const last = Math.min(end, this.#length);
    const first = Math.min(wanted, last);
    this.#above.style.height = `${first * ROW}px`;
    this.#below.style.height = `${(this.#length - last) * ROW}px`;
    this.#table.setAttribute('aria-rowcount', String(this.#length + 1));
    while (this.#rows.length < last - first) this.#rows.push(this.#createRow());
    const shown = this.#rows.slice(0, last - first);
    let isMissing = false;
    for (const [place, element] of shown.entries()) {
      const at = first + place;
      const row = this.#chunks.get(Math.floor(at / CHUNK))?.[at % CHUNK];
      isMissing ||= row === undefined;
      this.#fill(element, row, at);
    }
    if (this.#body.childElementCount !== shown.length) this.#body.replaceChildren(...shown);
    if (isMissing) void this.#readMissing();
  }

  #createRow(): HTMLTableRowElement {
    const cells = this.#columns.map(({ kind = 'text', link }) =>
      el('td', { class: kind }, link ? el('a') : undefined),
    );
    return el('tr', {}, ...cells);
  }

  #fill(element: HTMLTableRowElement, row: Row | undefined, at: number): void {
    element.setAttribute('aria-rowindex', String(at + 2));
    element.classList.toggle('odd', at % 2 === 1);
    for (const [place, { text, link, tone, kind = 'text' }] of this.#columns.entries()) {
      const cell = element.cells[place]!;
      const content = row === undefined ? '…' : text(row);
      const className = row !== undefined && tone ? `${kind} ${tone(row)}` : kind;
      if (cell.className !== className) cell.className = className;
      if (link === undefined) setText(cell, content);
      else {
        const anchor = cell.firstElementChild as HTMLAnchorElement;
        setText(anchor, content);
        if (row === undefined) anchor.removeAttribute('href');
        else anchor.setAttribute('href', link(row));
      }
    }
  }

  /** Reads the parts that are seen and not there, one after the other, and only what is still seen. */
  async #readMissing(): Promise<void> {
    this.#isWanted = true;
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      while (this.#isWanted) {
        this.#isWanted = false;
        const chunk = this.#firstMissing();
        if (chunk === undefined) break;
        const offset = chunk * CHUNK;
        const generation = this.#generation;
        const page = await this.#source.read({ list: this.#list, offset, limit: CHUNK });
        if (generation === this.#generation) this.#take(chunk, page);
        this.#render();
      }
    } catch (error) {
      this.#source.onFailure(error);
    } finally {
      this.#isReading = false;
    }
  }

  #firstMissing(): number | undefined {
    const [first, last] = this.#seen();
    const end = Math.min(last, this.#length);
    for (let chunk = Math.floor(first / CHUNK); chunk * CHUNK < end; chunk++) {
      if (!this.#chunks.has(chunk)) return chunk;
    }
    return undefined;
  }

  #take(chunk: number, page: Page<Row>): void {
    if (page.list !== this.#list) this.#chunks.clear();
    this.#list = page.list;
    this.#length = page.matching;
    this.#chunks.set(chunk, page.rows);
    for (const oldest of this.#chunks.keys()) {
      if (this.#chunks.size <= MAX_CHUNKS) break;
      this.#chunks.delete(oldest);
    }
  }
}

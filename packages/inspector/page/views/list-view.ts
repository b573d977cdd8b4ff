import type { Page } from '../../src/api/snapshots.js';
import type { App, View } from '../app.js';
import { el, setText } from '../dom.js';
import { count } from '../format.js';
import { type Column, VirtualTable } from '../virtual-table.js';

/** What differs between lists. */
export interface ListSettings<Row> {
  readonly view: 'sockets' | 'channels';
  readonly title: string;
  readonly orders: readonly { readonly value: string; readonly text: string }[];
  readonly columns: readonly Column<Row>[];
  readonly searchLabel: string;
  readonly searchHint: string;
}

/** How long one may type before the list is asked for, in ms. */
const TYPING_MS = 150;

/** A list that is searched, ordered and scrolled through. */
export class ListView<Row> implements View {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #settings: ListSettings<Row>;
  readonly #table: VirtualTable<Row>;
  readonly #search: HTMLInputElement;
  readonly #order: HTMLSelectElement;
  readonly #summary = el('p', { class: 'summary', role: 'status' });
  /** Of the last list that was asked for; answers to earlier ones are not shown. */
  #generation = 0;
  #typing: ReturnType<typeof setTimeout> | undefined;

  constructor(app: App, settings: ListSettings<Row>, search: string) {
    this.#app = app;
    this.#settings = settings;
    const { title, columns, orders, searchLabel, searchHint } = settings;
    this.#search = el('input', {
      type: 'search',
      value: search,
      placeholder: searchHint,
      'aria-label': searchLabel,
      maxlength: 1_000,
      spellcheck: 'false',
      input: () => {
        clearTimeout(this.#typing);
        this.#typing = setTimeout(() => this.#restart(), TYPING_MS);
      },
    });
    this.#order = el(
      'select',
      { change: () => this.#restart() },
      ...orders.map(({ value, text }) => el('option', { value }, text)),
    );
    this.#table = new VirtualTable(title, columns, {
      read: (part) => this.#read(part),
      onOrder: (order) => this.#setOrder(order),
      onFailure: (error) => app.fail(error),
    });
    this.element = el(
      'div',
      { class: 'view list' },
      el('div', { class: 'list-head' }, el('h1', {}, title), this.#summary),
      el('div', { class: 'controls' }, this.#search, el('label', {}, 'Order', this.#order)),
      this.#table.element,
    );
  }

  async update(): Promise<void> {
    const generation = this.#generation;
    this.#table.showOrder(this.#order.value);
    const { matching, total } = await this.#table.refresh();
    if (generation !== this.#generation) return;
    const text = matching === total ? count(total) : `${count(matching)} of ${count(total)}`;
    setText(this.#summary, matching === 0 ? this.#nothing(total) : text);
  }

  close(): void {
    clearTimeout(this.#typing);
  }

  #nothing(total: number): string {
    const { view } = this.#settings;
    return total === 0 ? `No ${view} on this server` : `None of ${count(total)} ${view} fits`;
  }

  #read(part: { list?: string | undefined; offset: number; limit: number }): Promise<Page<Row>> {
    const parameters = { ...part, order: this.#order.value, search: this.#search.value.trim() };
    return this.#app.api.get(this.#settings.view, parameters);
  }

  #setOrder(order: string): void {
    // The one that is there already is turned round, where there is its opposite.
    const opposite: Record<string, string> = { newest: 'oldest', oldest: 'newest' };
    const next = this.#order.value === order ? (opposite[order] ?? order) : order;
    this.#order.value = next;
    this.#restart();
  }

  #restart(): void {
    this.#generation++;
    this.#table.restart();
    void this.update().catch((error) => this.#app.fail(error));
  }
}

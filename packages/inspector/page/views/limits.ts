import type { LimitName } from '@asyngular/server';
import type { App, View } from '../app.js';
import { el, setText } from '../dom.js';
import { count } from '../format.js';
import { limitTexts } from './limit-texts.js';

/** How often each limit was reached, those that were first. */
export class LimitsView implements View {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #summary = el('p', { class: 'summary', role: 'status' });
  readonly #body = el('tbody');
  readonly #rows = new Map<LimitName, HTMLTableRowElement>();
  #server = '';
  #atFirst: Readonly<Record<string, number>> = {};

  constructor(app: App) {
    this.#app = app;
    const head = (text: string, kind = '') => el('th', { scope: 'col', class: kind }, text);
    this.element = el(
      'div',
      { class: 'view' },
      el('div', { class: 'list-head' }, el('h1', {}, 'Limits'), this.#summary),
      el(
        'div',
        { class: 'card table-scroll', tabindex: '0', role: 'region', 'aria-label': 'Limits' },
        el(
          'table',
          { class: 'limits' },
          el(
            'thead',
            {},
            el(
              'tr',
              {},
              head('Limit'),
              head('Reached', 'number'),
              head('Since you look', 'number'),
              head('What happened'),
            ),
          ),
          this.#body,
        ),
      ),
    );
  }

  update(): void {
    const { overview } = this.#app;
    if (overview === undefined) return;
    const { limits } = overview.stats;
    if (this.#server !== overview.id) {
      this.#server = overview.id;
      this.#atFirst = limits;
    }
    // A server of another version may have limits that this page does not know.
    const entries = Object.entries(limits) as [LimitName, number][];
    const reached = entries.filter(([, times]) => times > 0).length;
    setText(
      this.#summary,
      reached === 0 ? 'No limit was reached' : `${reached} of ${entries.length} reached`,
    );
    entries.sort(([, one], [, other]) => other - one);
    for (const [place, [name, times]] of entries.entries()) this.#show(place, name, times);
  }

  #show(place: number, name: LimitName, times: number): void {
    let row = this.#rows.get(name);
    if (row === undefined) {
      row = el(
        'tr',
        {},
        el('th', { scope: 'row', class: 'mono' }, name),
        el('td', { class: 'number' }),
        el('td', { class: 'number' }),
        el('td', {}, limitTexts[name] ?? ''),
      );
      this.#rows.set(name, row);
    }
    const since = times - (this.#atFirst[name] ?? 0);
    row.className = since > 0 ? 'hot' : times > 0 ? 'reached' : 'quiet';
    setText(row.cells[1]!, count(times));
    setText(row.cells[2]!, since > 0 ? `+${count(since)}` : '–');
    if (this.#body.rows[place] !== row)
      this.#body.insertBefore(row, this.#body.rows[place] ?? null);
  }
}

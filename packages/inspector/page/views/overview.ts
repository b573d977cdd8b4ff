import type { Overview, ServerRow } from '../../src/api/snapshots.js';
import type { App, View } from '../app.js';
import { Chart } from '../chart.js';
import { el, Facts, setText } from '../dom.js';
import { bytes, compact, count, dateAndTime, duration, percent, rate } from '../format.js';

const powersOfTwo = Array.from({ length: 45 }, (_, exponent) => 2 ** exponent);

/** How the server does, and which others there are. */
export class OverviewView implements View {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #charts: readonly Chart[];
  readonly #facts = new Facts();
  readonly #servers = el('tbody');

  constructor(app: App) {
    this.#app = app;
    const { history } = app;
    this.#charts = [
      new Chart({ title: 'Clients', name: 'clients', format: compact }, history),
      new Chart({ title: 'Publications per second', name: 'publications', format: rate }, history),
      new Chart(
        {
          title: 'Event loop busy',
          name: 'load',
          format: (value) => `${Math.round(value)} %`,
          max: 100,
        },
        history,
      ),
      new Chart(
        { title: 'Unsent bytes', name: 'buffered', format: bytes, steps: powersOfTwo },
        history,
      ),
    ];
    this.element = el(
      'div',
      { class: 'view' },
      el('h1', {}, 'Overview'),
      el('div', { class: 'charts' }, ...this.#charts.map(({ element }) => element)),
      el(
        'section',
        { class: 'card' },
        el('h2', {}, 'Servers'),
        el(
          'div',
          { class: 'table-scroll', tabindex: '0', role: 'region', 'aria-label': 'Servers' },
          el(
            'table',
            {},
            el(
              'thead',
              {},
              el(
                'tr',
                {},
                el('th', { scope: 'col' }, 'Server'),
                el('th', { scope: 'col', class: 'number' }, 'Clients'),
                el('th', { scope: 'col' }, 'Busy'),
                el('th', { scope: 'col' }, 'Running for'),
                el('th', { scope: 'col' }, 'Version'),
              ),
            ),
            this.#servers,
          ),
        ),
      ),
      el('section', { class: 'card' }, el('h2', {}, 'This server'), this.#facts.element),
    );
  }

  update(): void {
    for (const chart of this.#charts) chart.update();
    const { overview } = this.#app;
    if (overview === undefined) return;
    this.#facts.show(factsOf(overview));
    this.#showServers(overview);
  }

  close(): void {
    for (const chart of this.#charts) chart.close();
  }

  #showServers({ id, servers }: Overview): void {
    while (this.#servers.rows.length > servers.length) this.#servers.deleteRow(-1);
    while (this.#servers.rows.length < servers.length) this.#servers.append(serverRow());
    for (const [place, server] of servers.entries()) {
      fillServer(this.#servers.rows[place]!, server, server.id === id);
    }
  }
}

function serverRow(): HTMLTableRowElement {
  const meter = el('meter', {
    min: 0,
    max: 1,
    low: 0.7,
    high: 0.9,
    optimum: 0,
    'aria-label': 'Busy',
  });
  return el(
    'tr',
    {},
    el('th', { scope: 'row', class: 'mono' }),
    el('td', { class: 'number' }),
    el('td', { class: 'load' }, meter, el('span')),
    el('td'),
    el('td'),
  );
}

function fillServer(row: HTMLTableRowElement, server: ServerRow, isThis: boolean): void {
  const [name, clients, load, since, version] = [...row.cells];
  setText(name!, isThis ? `${server.id} (looked at)` : server.id);
  setText(clients!, count(server.clients));
  load!.querySelector('meter')!.value = server.load;
  setText(load!.querySelector('span')!, percent(server.load));
  setText(since!, duration(Date.now() - server.since));
  setText(version!, server.version);
}

function factsOf({ id, since, stats, memory, status, broker }: Overview): Record<string, string> {
  return {
    Id: id,
    Status: status,
    'Running since': dateAndTime(since),
    Clients: count(stats.clients),
    'Handshakes under way': count(stats.pendingHandshakes),
    'Handshakes in all': count(stats.handshakes),
    Channels: count(stats.channels),
    Broker: `${broker.name}, ${broker.status}`,
    'Sockets with unsent bytes': count(stats.stalledSockets),
    'Waiting in streams': `${count(stats.backlogMessages)}, ${bytes(stats.backlogBytes)}`,
    'Unhandled messages': count(stats.unhandledTransmits),
    'Unhandled calls': count(stats.unhandledCalls),
    'Messages against the contract': count(stats.invalidMessages),
    'Blocked by middleware': count(stats.blockedActions),
    'Memory of the process': bytes(memory.rss),
    Heap: bytes(memory.heapUsed),
  };
}

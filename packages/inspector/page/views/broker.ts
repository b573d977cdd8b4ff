import type { Overview } from '../../src/api/snapshots.js';
import type { App, View } from '../app.js';
import { el, Facts } from '../dom.js';
import { bytes, count, dateAndTime, duration } from '../format.js';

/** What carries publications between servers, and what is kept of them. */
export class BrokerView implements View {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #broker = new Facts();
  readonly #history = new Facts();
  readonly #presence = new Facts();
  readonly #noHistory = el('p', { class: 'note' }, 'No channel keeps history.');
  readonly #noPresence = el('p', { class: 'note' }, 'No channel shows who is there.');

  constructor(app: App) {
    this.#app = app;
    const card = (title: string, ...parts: HTMLElement[]) =>
      el('section', { class: 'card' }, el('h2', {}, title), ...parts);
    this.element = el(
      'div',
      { class: 'view' },
      el('h1', {}, 'Broker'),
      card('Between the servers', this.#broker.element),
      card('Channels with history', this.#noHistory, this.#history.element),
      card('Channels with presence', this.#noPresence, this.#presence.element),
    );
  }

  update(): void {
    const { overview } = this.#app;
    if (overview === undefined) return;
    this.#broker.show(brokerFacts(overview));
    const { history, presence } = overview.stats;
    this.#noHistory.hidden = history !== undefined;
    this.#noPresence.hidden = presence !== undefined;
    if (history !== undefined) {
      this.#history.show({
        'Followed here': count(history.channels),
        'Catching up': count(history.catchingUp),
        Recovered: count(history.recovered),
        'Could not be recovered': count(history.unrecovered),
        'Reads of logs': count(history.reads),
        Gaps: `${count(history.gaps)}, healed otherwise ${count(history.healed)}`,
        Interruptions: count(history.interruptions),
        Appended: `${count(history.appended)}, ${count(history.duplicates)} twice`,
        'Kept in this process': `${count(history.publications)} publications in ${count(history.logs)} logs, ${bytes(history.bytes)}`,
        'Forgotten early': count(history.evictions),
      });
    }
    if (presence !== undefined) {
      this.#presence.show(
        Object.fromEntries(
          Object.entries(presence).map(([name, value]) => [inWords(name), count(Number(value))]),
        ),
      );
    }
  }
}

function brokerFacts({ broker }: Overview): Record<string, string | undefined> {
  const { lastInterruption: lost } = broker;
  return {
    Kind: broker.name,
    Status: `${broker.status} for ${duration(Date.now() - broker.since)}`,
    'This server there': broker.node,
    Subscriptions: count(broker.subscriptions),
    Published: count(broker.published),
    Received: count(broker.received),
    Duplicates: count(broker.duplicates),
    Waiting: `${count(broker.queuedMessages)}, ${bytes(broker.queuedBytes)}`,
    Interruptions: count(broker.interruptions),
    'Last interruption':
      lost && `${dateAndTime(lost.since)} to ${dateAndTime(lost.until)}: ${lost.reason}`,
  };
}

/** `remoteMembers` → `Remote members`. */
function inWords(name: string): string {
  const words = name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

import type { ChannelDetails } from '../../src/api/snapshots.js';
import { addressOf } from '../address.js';
import type { App } from '../app.js';
import { Sheet } from '../dialogs.js';
import { button, el, Facts, setText } from '../dom.js';
import { compact, count, counted, rate, timeOfDay } from '../format.js';
import { TailPanel } from '../tail-panel.js';

/** Everything about one channel. */
export class ChannelSheet {
  readonly #app: App;
  readonly #name: string;
  readonly #sheet: Sheet;
  readonly #facts = new Facts();
  readonly #parts = el('div', { class: 'parts' });
  readonly #tail: TailPanel;
  #shown = '';

  constructor(app: App, name: string, onClose: () => void) {
    this.#app = app;
    this.#name = name;
    this.#tail = new TailPanel(app, 'channel', name);
    this.#sheet = new Sheet('Channel', name, () => {
      this.#tail.close();
      onClose();
    });
    const publish = () => app.go(addressOf('publish', name));
    this.#sheet.body.append(
      this.#facts.element,
      ...(app.mayAct ? [el('div', { class: 'buttons' }, button('Publish…', publish))] : []),
      this.#tail.element,
      this.#parts,
    );
  }

  async update(): Promise<void> {
    const details = await this.#app.api.get<ChannelDetails>('channel', { name: this.#name });
    const { sockets, published, hasExchange } = details;
    this.#facts.show({
      'Subscribers here': count(sockets),
      'Published here': `${compact(published)} since somebody looks, ${rate(details.rate)} / s`,
      Application: hasExchange ? 'subscribed by the exchange' : 'not subscribed',
      History: details.hasHistory ? 'kept' : 'none',
      Presence: details.presence && `${counted(details.presence.count, 'member')} on all servers`,
    });
    this.#showParts(details);
  }

  close(): void {
    this.#sheet.close();
  }

  /** Made anew only when something has changed, so that nothing moves under the pointer. */
  #showParts(details: ChannelDetails): void {
    const { subscribers, presence, history, historyError } = details;
    const shown = JSON.stringify([subscribers, presence, history, historyError]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const parts: HTMLElement[] = [];
    if (presence !== undefined) {
      const members = presence.members.map(({ key, state, connections, joinedAt }) =>
        el(
          'li',
          {},
          el('strong', {}, key),
          ` since ${timeOfDay(joinedAt)}, ${counted(connections, 'connection')} `,
          el('code', {}, state),
        ),
      );
      parts.push(part('Who is here', members, presence.count));
    }
    if (history !== undefined) {
      const lines = history.map(({ position, preview }) =>
        el('li', {}, el('span', { class: 'faint mono' }, position), ' ', el('code', {}, preview)),
      );
      parts.push(part('Newest of its log', lines, lines.length));
    }
    if (historyError !== undefined) parts.push(el('p', { class: 'bad' }, historyError));
    const links = subscribers.map(({ id, user }) =>
      el(
        'li',
        {},
        el('a', { href: addressOf('sockets', id), class: 'mono' }, id),
        user === undefined ? '' : ` ${user}`,
      ),
    );
    parts.push(part('Subscribers', links, details.sockets));
    this.#parts.replaceChildren(...parts);
  }
}

function part(title: string, items: HTMLElement[], total: number): HTMLElement {
  const heading = el('h3');
  const some = items.length < total && items.length > 0;
  setText(heading, some ? `${title}: the first ${items.length} of ${count(total)}` : title);
  const nothing = el('p', { class: 'note' }, 'None.');
  return el(
    'section',
    {},
    heading,
    items.length > 0 ? el('ul', { class: 'plain' }, ...items) : nothing,
  );
}

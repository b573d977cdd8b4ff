import type { SocketDetails } from '../../src/api/snapshots.js';
import { addressOf } from '../address.js';
import type { App } from '../app.js';
import { confirmed, Sheet } from '../dialogs.js';
import { button, el, Facts } from '../dom.js';
import { bytes, count, counted, dateAndTime, duration, rate } from '../format.js';
import { TailPanel } from '../tail-panel.js';

/** Everything about one socket, and what can be done to it. */
export class SocketSheet {
  readonly #app: App;
  readonly #id: string;
  readonly #sheet: Sheet;
  readonly #facts = new Facts();
  readonly #channels = el('ul', { class: 'chips' });
  readonly #channelTitle = el('h3', {}, 'Channels');
  readonly #tail: TailPanel;
  #names = '';

  constructor(app: App, id: string, onClose: () => void) {
    this.#app = app;
    this.#id = id;
    this.#tail = new TailPanel(app, 'socket', id);
    this.#sheet = new Sheet('Socket', id, () => {
      this.#tail.close();
      onClose();
    });
    this.#sheet.body.append(
      this.#facts.element,
      ...(app.mayAct ? [this.#disconnectButtons()] : []),
      el('section', {}, this.#channelTitle, this.#channels),
      this.#tail.element,
    );
  }

  async update(): Promise<void> {
    const details = await this.#app.api.get<SocketDetails>('socket', { id: this.#id });
    this.#facts.show(factsOf(details));
    this.#showChannels(details);
  }

  close(): void {
    this.#sheet.close();
  }

  #disconnectButtons(): HTMLElement {
    return el(
      'div',
      { class: 'buttons' },
      button('Disconnect…', () => void this.#disconnect(3_000), 'danger'),
      button('Disconnect for good…', () => void this.#disconnect(1_000), 'danger'),
    );
  }

  async #disconnect(code: number): Promise<void> {
    const reason = el('input', { type: 'text', maxlength: 100, id: 'reason' });
    const more = el('div', { class: 'field' }, el('label', { for: 'reason' }, 'Reason'), reason);
    const isWanted = await confirmed({
      title: 'Disconnect this socket?',
      text:
        code === 1_000
          ? 'It is closed with 1000: the client does not come back by itself.'
          : 'It is closed with 3000: the client may connect again.',
      act: 'Disconnect',
      more,
    });
    if (!isWanted) return;
    await this.#act({ action: 'disconnect', id: this.#id, code, reason: reason.value });
    this.#sheet.close();
  }

  async #kick(channel: string): Promise<void> {
    const isWanted = await confirmed({
      title: 'Take this socket out of the channel?',
      text: `The client is told that it was kicked out of ${channel}. It may subscribe again.`,
      act: 'Kick out',
    });
    if (isWanted) await this.#act({ action: 'kick', id: this.#id, channel });
  }

  async #act(action: Record<string, unknown>): Promise<void> {
    try {
      this.#app.notify(`You ${await this.#app.api.act(action)}.`, 'good');
      if (action.action === 'kick') await this.update();
    } catch (error) {
      this.#app.fail(error);
    }
  }

  #showChannels({ names, channels }: SocketDetails): void {
    const all = names.join('\n');
    if (all === this.#names && this.#channels.childElementCount > 0) return;
    this.#names = all;
    const more = channels - names.length;
    this.#channelTitle.textContent =
      channels === 0
        ? 'No channels'
        : `${counted(channels, 'channel')}${more > 0 ? ', some of them:' : ''}`;
    this.#channels.replaceChildren(...names.map((name) => this.#chip(name)));
  }

  #chip(name: string): HTMLLIElement {
    return el(
      'li',
      {},
      el('a', { href: addressOf('channels', name) }, name),
      this.#app.mayAct &&
        el(
          'button',
          {
            type: 'button',
            'aria-label': `Kick out of ${name}`,
            title: 'Kick out…',
            click: () => void this.#kick(name),
          },
          '×',
        ),
    );
  }
}

function factsOf(details: SocketDetails): Record<string, string | undefined> {
  const { since, tokenExpires } = details;
  return {
    User: details.user ?? 'unknown',
    State: details.isPaused ? 'open, held up by a backlog' : details.state,
    Connected: `${dateAndTime(since)}, ${duration(Date.now() - since)} ago`,
    Address: details.address,
    'Forwarded for': details.forwardedFor,
    Origin: details.origin,
    Agent: details.userAgent,
    Token: details.isAuthenticated ? 'valid' : 'none',
    'Token expires': tokenExpires === undefined ? undefined : dateAndTime(tokenExpires),
    Received: `${count(details.received)} messages, ${bytes(details.bytesReceived)}, ${rate(details.receivedRate)} / s`,
    Sent: `${count(details.sent)} messages, ${rate(details.sentRate)} / s`,
    Unsent: bytes(details.buffered),
    'Not consumed yet': `${counted(details.unconsumed, 'message')}, ${bytes(details.unconsumedBytes)}`,
    'Dropped publications': count(details.dropped),
    'Protocol version': String(details.protocolVersion),
  };
}

import type { Form, Forms } from '../../src/api/snapshots.js';
import type { App, View } from '../app.js';
import { confirmed } from '../dialogs.js';
import { el, setText } from '../dom.js';
import { type Field, fieldOf, InputError, jsonField } from '../schema-form.js';

/** Longest preview of what is published, in characters. */
const MAX_PREVIEW = 2_000;

/** Publishes on a channel, by a form made from the contract where there is one. */
export class PublishView implements View {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #channel: HTMLInputElement;
  readonly #known = el('datalist', { id: 'known-channels' });
  readonly #note = el('p', { class: 'note' });
  readonly #place = el('div', { class: 'form-place' });
  readonly #asJson: HTMLInputElement;
  readonly #problem = el('p', { class: 'bad', role: 'alert' });
  #forms: Forms | undefined;
  #shown: Form | 'json' | undefined;
  #field: Field = jsonField('Data');

  constructor(app: App, channel: string) {
    this.#app = app;
    this.#channel = el('input', {
      type: 'text',
      id: 'publish-channel',
      class: 'mono',
      value: channel,
      list: 'known-channels',
      maxlength: 1_000,
      spellcheck: 'false',
      autocomplete: 'off',
      input: () => this.#showForm(),
    });
    this.#asJson = el('input', { type: 'checkbox', id: 'as-json', change: () => this.#showForm() });
    const submit = (event: SubmitEvent) => {
      event.preventDefault();
      void this.#publish();
    };
    this.element = el(
      'div',
      { class: 'view' },
      el('h1', {}, 'Publish'),
      el(
        'form',
        { class: 'card publish', submit },
        el(
          'div',
          { class: 'field' },
          el('label', { for: 'publish-channel' }, 'Channel'),
          this.#channel,
          this.#known,
        ),
        this.#note,
        this.#place,
        el(
          'div',
          { class: 'field switch' },
          this.#asJson,
          el('label', { for: 'as-json' }, 'Type it as JSON'),
        ),
        this.#problem,
        el('div', { class: 'buttons' }, el('button', { class: 'button primary' }, 'Publish…')),
      ),
    );
  }

  /** The contract is read once; it does not change while a server runs. */
  async update(): Promise<void> {
    if (this.#forms !== undefined) return;
    this.#forms = await this.#app.api.get<Forms>('forms');
    const patterns = this.#forms.forms.map(({ channel }) => el('option', { value: channel }));
    this.#known.replaceChildren(...patterns);
    this.#showForm();
  }

  #showForm(): void {
    if (this.#forms === undefined) return;
    const { isOpen, forms } = this.#forms;
    const name = this.#channel.value;
    const form = formFor(forms, name);
    setText(this.#note, noteOn(form, name, isOpen));
    const wanted = form === undefined || this.#asJson.checked ? 'json' : form;
    if (this.#shown === wanted) return;
    this.#shown = wanted;
    this.#field = wanted === 'json' ? jsonField('Data') : fieldOf('Data', wanted.schema);
    this.#place.replaceChildren(this.#field.element);
  }

  async #publish(): Promise<void> {
    setText(this.#problem, '');
    const channel = this.#channel.value;
    try {
      if (channel === '') throw new InputError('Which channel?');
      if (/\{[^{}]*\}/.test(channel)) {
        throw new InputError(`${channel} is a pattern: put a name in place of the braces`);
      }
      const data = this.#field.read();
      const text = JSON.stringify(data, null, 2) ?? 'nothing';
      const isWanted = await confirmed({
        title: `Publish on ${channel}?`,
        text: 'Every subscriber gets this, on all servers:',
        act: 'Publish',
        more: el('pre', { tabindex: '0' }, text.slice(0, MAX_PREVIEW)),
      });
      if (!isWanted) return;
      this.#app.notify(
        `You ${await this.#app.api.act({ action: 'publish', channel, data })}.`,
        'good',
      );
    } catch (error) {
      setText(this.#problem, error instanceof Error ? error.message : String(error));
    }
  }
}

function noteOn(form: Form | undefined, name: string, isOpen: boolean): string {
  if (form !== undefined) return `The contract says what ${form.channel} takes.`;
  if (isOpen || name === '') return 'Anything that is JSON may be published.';
  return 'The contract has no such channel; the server will refuse it.';
}

/** The form of a channel: of several patterns that fit, the one with more text outside of braces. */
function formFor(forms: readonly Form[], name: string): Form | undefined {
  const literalLength = ({ channel }: Form) => channel.replaceAll(/\{[^{}]*\}/g, '').length;
  return forms
    .filter(({ channel }) => channel === name || fits(channel, name))
    .sort((one, other) => literalLength(other) - literalLength(one))[0];
}

/** Whether a name fits a pattern, each parameter being one character or more. */
function fits(pattern: string, name: string): boolean {
  const escaped = pattern
    .split(/\{[^{}]*\}/)
    .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  return new RegExp(`^${escaped.join('[^]+')}$`).test(name);
}

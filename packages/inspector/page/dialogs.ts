import { button, el } from './dom.js';

/** Asks before something is done that cannot be undone. Resolves to whether it is wanted. */
export function confirmed(options: {
  readonly title: string;
  readonly text: string;
  readonly act: string;
  readonly more?: HTMLElement | undefined;
}): Promise<boolean> {
  const { title, text, act, more } = options;
  return new Promise((resolve) => {
    const cancel = button('Cancel', () => dialog.close());
    const dialog = el(
      'dialog',
      { class: 'confirm', 'aria-labelledby': 'confirm-title' },
      el('h2', { id: 'confirm-title' }, title),
      el('p', {}, text),
      more,
      el(
        'div',
        { class: 'buttons' },
        cancel,
        button(act, () => dialog.close('yes'), 'danger'),
      ),
    );
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
    document.body.append(dialog);
    dialog.showModal();
    // What does no harm is at hand.
    cancel.focus();
  });
}

/** A part of the page that comes in from the side, above a view, until it is closed. */
export class Sheet {
  readonly element: HTMLDialogElement;
  readonly body = el('div', { class: 'sheet-body' });

  constructor(title: string, subtitle: string, onClose: () => void) {
    const close = el(
      'button',
      { type: 'button', class: 'close', 'aria-label': 'Close', click: () => this.element.close() },
      '×',
    );
    this.element = el(
      'dialog',
      { class: 'sheet', 'aria-label': `${title} ${subtitle}` },
      el(
        'header',
        {},
        el('div', {}, el('p', { class: 'kind' }, title), el('h2', { class: 'name' }, subtitle)),
        close,
      ),
      this.body,
    );
    this.element.addEventListener('close', () => {
      this.element.remove();
      onClose();
    });
    // A click beside it closes it, too.
    this.element.addEventListener('click', (event) => {
      if (event.target === this.element) this.element.close();
    });
    document.body.append(this.element);
    this.element.showModal();
  }

  close(): void {
    this.element.close();
  }
}

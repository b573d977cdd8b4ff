type Child = Node | string | false | undefined;
/** As a method, so that listeners may ask for the kind of event that they are named after. */
type Listener = { on(event: Event): void }['on'];
type Attributes = Readonly<Record<string, string | number | boolean | undefined | Listener>>;

/**
 * An element. Attributes are set as attributes, `true` as an empty one, and left out when `false` or `undefined`; functions
 * are listeners of the event they are named after. Text is never read as markup.
 */
export function el<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== false && child !== undefined));
  return element;
}

/** Changes a text only if it is another one, so that nothing is drawn or read out without need. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** A button that does something on this page. */
export function button(text: string, onClick: () => void, kind = ''): HTMLButtonElement {
  return el('button', { type: 'button', class: `button ${kind}`, click: onClick }, text);
}

const SVG = 'http://www.w3.org/2000/svg';

/** A picture of lines, 20 by 20, that says nothing to those who do not see it. */
export function icon(path: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 20 20');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(SVG, 'path');
  line.setAttribute('d', path);
  svg.append(line);
  return svg;
}

/** Names and values that change: a list of facts. */
export class Facts {
  readonly element = el('dl', { class: 'facts' });
  readonly #values = new Map<string, HTMLElement>();

  /** Values that are `undefined` are left out. */
  show(facts: Readonly<Record<string, string | undefined>>): void {
    for (const [name, value] of Object.entries(facts)) {
      let element = this.#values.get(name);
      if (element === undefined) {
        if (value === undefined) continue;
        element = el('dd');
        this.#values.set(name, element);
        this.element.append(el('div', {}, el('dt', {}, name), element));
      }
      setText(element, value ?? '');
      element.parentElement!.hidden = value === undefined;
    }
  }
}
